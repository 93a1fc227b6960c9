// A model exchanged for another at a restart: each customer meets the new one once, whatever breaks
// meanwhile.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "support/bundles.h"
#include "support/shard_world.h"

namespace segmentd::runtime {
namespace {

using pipeline::Topic;
using support::Chaos;
using support::ShardWorld;

constexpr Partition kFirst{0};

// alpha: weeks; the smaller, the sooner a silence is too long. lenient: calls the silent Loyal.
std::shared_ptr<const pipeline::Model> Model(std::uint32_t sequence, double alpha, bool lenient) {
  model::Bundle bundle = support::OrdersBundle();
  bundle.sequence = sequence;
  if (lenient) bundle.segments[0].centroid(0) = 30;
  bundle.risk.kind = risk::Kind::kMbgNbd;
  bundle.risk.r = bundle.risk.a = 1;
  bundle.risk.alpha = alpha;
  bundle.risk.b = 3;
  bundle.risk.spend_mean = 20;
  return support::LoadModel(bundle);
}

// Of the two who stay away.
std::vector<std::string> With(const std::vector<std::string>& texts, const std::string& part) {
  std::vector<std::string> found;
  for (const std::string& text : texts) {
    if (text[0] == 'c' && text.find(part) != std::string::npos) found.push_back(text);
  }
  return found;
}

// Two customers who stay away, the model exchanged a month later; then time passes by others'
// events.
void Exchange(ShardWorld& world, const std::shared_ptr<const pipeline::Model>& next) {
  world.models.Use(Model(1, 20, false));
  for (const char* customer : {"c1", "c2"}) {
    for (int day = 0; day < 6; ++day) world.AddPurchase(kFirst, customer, day);
  }
  world.AddPurchase(kFirst, "other", 40);
  ASSERT_TRUE(world.RunUntilDrained().has_value());
  if (next != nullptr) world.models.Add(next);
  world.models.Activate(next);
  for (int day = 42; day < 400; day += 20) world.AddPurchase(kFirst, "other", day);
  ASSERT_TRUE(world.RunUntilDrained().has_value());
}

TEST(ShardModelTest, TellsOnceOfEachCustomerWhomTheNewModelMoves) {
  ShardWorld world(1);
  Exchange(world, Model(2, 20, true));
  const auto moved = With(world.Output(Topic::kSegmentChanged, kFirst), "ce_reason=model");
  EXPECT_THAT(moved,
              testing::UnorderedElementsAre(testing::StartsWith("c1"), testing::StartsWith("c2")));
  EXPECT_TRUE(With(world.Output(Topic::kAtRisk, kFirst), R"("kind":"model")").empty());
  EXPECT_EQ(world.Violations(), "");
}

TEST(ShardModelTest, GoesOnWithTheLastGoodOneWhileNoneIsUsable) {
  ShardWorld undisturbed(1);
  const auto same = Model(1, 20, false);
  Exchange(undisturbed, same);
  ShardWorld world(1);
  world.models.Add(same);
  Exchange(world, nullptr);
  EXPECT_EQ(world.AllOutput(), undisturbed.AllOutput());
  EXPECT_FALSE(With(world.Output(Topic::kAtRisk, kFirst), R"("state":"at_risk")").empty());
}

TEST(ShardModelTest, CountsTheMembersOfSegmentsAcrossRestartsAndModels) {
  ShardWorld world(1);
  Exchange(world, Model(2, 20, true));
  std::optional<ports::Members> seen;
  const Status ended = world.RunForPolls(20, [&](int) {
    const auto& partitions = world.probe.last.partitions;
    if (!partitions.empty()) seen = partitions[0].members;
  });
  ASSERT_TRUE(ended.has_value()) << ended.error().message;
  EXPECT_EQ(seen, (ports::Members{{SegmentId{2}, 3}})) << "c1 and c2 have followed, as the other";
}

TEST(ShardModelTest, RaisesNoAlertForAModelsSake) {
  ShardWorld patient(1);
  Exchange(patient, Model(2, 20, false));
  ASSERT_EQ(With(patient.Output(Topic::kAtRisk, kFirst), R"("state":"at_risk")").size(), 2U)
      << "in time, they are at risk by the former model";
  ShardWorld impatient(1);
  Exchange(impatient, Model(2, 0.1, false));
  EXPECT_TRUE(With(impatient.Output(Topic::kAtRisk, kFirst), R"("state":"at_risk")").empty())
      << "by the new one they were long since";
}

TEST(ShardModelTest, GivesTheSameWhateverCrashesMeanwhile) {
  ShardWorld undisturbed(1);
  Exchange(undisturbed, Model(2, 6, true));
  for (std::uint64_t seed = 1; seed <= 20; ++seed) {
    ShardWorld world(1);
    world.chaos = Chaos(seed, {.crash = 0.02, .abort = 0.02});
    world.options.poll_records_max = 3;
    world.options.commit_records_max = 2;
    Exchange(world, Model(2, 6, true));
    EXPECT_EQ(world.AllOutput(), undisturbed.AllOutput()) << "seed " << seed;
    EXPECT_EQ(world.Violations(), "");
  }
}

}  // namespace
}  // namespace segmentd::runtime
