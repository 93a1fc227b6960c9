// Goal: while nothing arrives, wall time finds who has gone quiet; a replay, which knows no wall,
// finds the same. Method: a week of a small shop, fed as the manual clock passes, with nights and
// idle partitions, crashes, and a wall clock that jumps by an hour either way in the afternoons;
// then the same log once from its start.
#include <gtest/gtest.h>

#include <algorithm>

#include "segmentd/base/random.h"
#include "segmentd/base/time_text.h"
#include "support/bundles.h"
#include "support/shard_world.h"

namespace segmentd::support {
namespace {

constexpr std::int64_t kHourMs = 3'600 * kSecondMs;
constexpr int kDays = 8;
// Small enough for proofs in a row, large enough for days to pass.
constexpr std::int64_t kStepMs = 15 * kSecondMs;

// By whose risk parameters a silence of some days is too long.
std::shared_ptr<const pipeline::Model> HastyModel() {
  model::Bundle bundle = OrdersBundle();
  bundle.risk.kind = risk::Kind::kMbgNbd;
  bundle.risk.r = bundle.risk.a = 1;
  bundle.risk.alpha = 0.1;
  bundle.risk.b = 3;
  bundle.risk.spend_mean = 20;
  return LoadModel(bundle);
}

struct Sale {
  std::int64_t time_ms = 0;
  int customer = 0;
};

// From two in the night to noon, so that no event comes behind what a jump of an hour can bring
// due. Half of the customers stay away from the third day on.
std::vector<Sale> Sales(std::uint64_t seed, std::int64_t midnight_ms) {
  Random random(seed);
  std::vector<Sale> sales;
  for (int day = 0; day < kDays - 2; ++day) {
    for (int n = 0; n < 12; ++n) {
      const auto customer = static_cast<int>(random.Below(day < 3 ? 16 : 8));
      const auto at_ms = static_cast<std::int64_t>(random.Below(10 * kHourMs));
      sales.push_back({midnight_ms + day * kDayMs + 2 * kHourMs + at_ms, customer});
    }
  }
  std::sort(sales.begin(), sales.end(),
            [](const Sale& a, const Sale& b) { return a.time_ms < b.time_ms; });
  return sales;
}

void Feed(const Sale& sale, ShardWorld& world) {
  FakeBroker::Entry entry;
  entry.key = fmt::format("c{}", sale.customer);
  entry.value = fmt::format(R"({{"customer_id":"{}","event_time":"{}","amount":5}})", *entry.key,
                            FormatRfc3339(sale.time_ms));
  entry.timestamp_ms = sale.time_ms;
  world.broker.Append("transactions", Partition{sale.customer % 5 == 0 ? 1 : 0}, std::move(entry));
}

// One in each partition, behind all that wall time has brought due.
void FeedLast(std::int64_t time_ms, ShardWorld& world) {
  for (const int customer : {100, 101}) Feed({time_ms, customer}, world);
}

class Shop {
 public:
  explicit Shop(std::uint64_t seed) : random_(seed) {
    world_.models.Use(HastyModel());
    began_ms_ = world_.clock.WallMs();
    midnight_ms_ = (began_ms_ / kDayMs + 1) * kDayMs;
    sales_ = Sales(seed, midnight_ms_);
    world_.options.until_drained = false;
    world_.options.idle_grace_ms = 30 * kSecondMs;
    world_.options.poll_records_max = 1 + static_cast<int>(random_.Below(20));
    world_.options.store_interval_ms = static_cast<std::int64_t>(random_.Below(3'000'000));
    world_.chaos = Chaos(seed, {.crash = 0.0004, .retry = 0.002, .abort = 0.0005});
  }

  // Runs until all days are over, again after each crash.
  void Live() {
    while (NowMs() < EndMs()) {
      std::stop_source stop;
      world_.chaos.Watch([&](Call call) {
        if (call == Call::kPoll) Pass(stop);
        return Ok();
      });
      const std::optional<Status> ended = world_.RunOnce(stop.get_token());
      EXPECT_TRUE(!ended || ended->has_value());
    }
    world_.chaos.Watch({});
    FeedLast(EndMs() + 600 * kSecondMs, world_);
    world_.options.until_drained = true;
    EXPECT_TRUE(world_.RunUntilDrained().has_value());
  }

  // What a run without a wall makes of the same log.
  std::string Replayed() const {
    ShardWorld world(2);
    world.models.Use(HastyModel());
    for (const Sale& sale : sales_) Feed(sale, world);
    FeedLast(EndMs() + 600 * kSecondMs, world);
    EXPECT_TRUE(world.RunUntilDrained().has_value());
    return world.AllOutput();
  }

  ShardWorld& world() { return world_; }

 private:
  std::int64_t EndMs() const { return midnight_ms_ + kDays * kDayMs; }
  // What a clock would say that never jumps.
  std::int64_t NowMs() const {
    return began_ms_ + (world_.clock.MonotonicNs() - 1'000'000'000) / 1'000'000;
  }

  void Pass(std::stop_source& stop) {
    world_.clock.AdvanceMs(kStepMs);
    while (fed_ < sales_.size() && sales_[fed_].time_ms <= NowMs()) Feed(sales_[fed_++], world_);
    const std::int64_t hour = NowMs() % kDayMs / kHourMs;
    if (jump_ms_ == 0 && hour >= 13 && hour < 22 && random_.Chance(0.002)) {
      jump_ms_ = random_.Chance(0.5) ? kHourMs : -kHourMs;
      world_.clock.JumpMs(jump_ms_);
    } else if (jump_ms_ != 0 && hour >= 23) {
      world_.clock.JumpMs(-std::exchange(jump_ms_, 0));
    }
    if (NowMs() >= EndMs()) stop.request_stop();
  }

  Random random_;
  ShardWorld world_{2};
  std::int64_t began_ms_ = 0;
  std::int64_t midnight_ms_ = 0;
  std::vector<Sale> sales_;
  std::size_t fed_ = 0;
  std::int64_t jump_ms_ = 0;
};

class IdleSimTest : public testing::TestWithParam<std::uint64_t> {};

TEST_P(IdleSimTest, FindsWhatAReplayFinds) {
  Shop shop(GetParam());
  shop.Live();
  EXPECT_EQ(shop.world().AllOutput(), shop.Replayed());
  EXPECT_EQ(shop.world().Violations(), "");
  int silent = 0;
  std::size_t alerts = 0;
  for (const int p : {0, 1}) {
    alerts += shop.world().Output(pipeline::Topic::kAtRisk, Partition{p}).size();
    for (const std::string& text :
         shop.world().Output(pipeline::Topic::kSegmentChanged, Partition{p})) {
      silent += text.find("ce_reason=inactivity") == std::string::npos ? 0 : 1;
    }
  }
  EXPECT_GT(silent, 0);
  EXPECT_GT(alerts, 0U);
  EXPECT_GT(shop.world().crashes, 0);
}

INSTANTIATE_TEST_SUITE_P(Seeds, IdleSimTest, testing::Range<std::uint64_t>(1, 4));

}  // namespace
}  // namespace segmentd::support
