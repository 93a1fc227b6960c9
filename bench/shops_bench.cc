// The trainer alone, on the samples of generated shops: how challengers fare, how many customers
// move, and how far segments agree with the kinds of customers. A line per shop, so that two builds
// can be compared in pairs, and means. A change of the rules shows here in a minute, where the
// daemon's regimes take ten.
#include <fmt/format.h>

#include <algorithm>
#include <atomic>
#include <cmath>
#include <map>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "segmentd/base/assert.h"
#include "segmentd/base/bytes.h"
#include "segmentd/base/hash.h"
#include "segmentd/feature/fold.h"
#include "segmentd/feature/record.h"
#include "segmentd/generate/generator.h"
#include "segmentd/model/agreement.h"
#include "segmentd/train/live_trainer.h"
#include "segmentd/train/trainer.h"

namespace segmentd {
namespace {

constexpr int kDays = 300;
constexpr int kFirstModelDays = 60;
constexpr int kLiveDays = 90;  // from then on the trainer trains
constexpr int kLookEvery = 10;
constexpr std::int64_t kActiveMs = 60 * kDayMs;
constexpr std::uint64_t kSeeds = 4;
constexpr int kWeekdays = 6;

generate::Options ShopOf(std::uint64_t seed, int weekday) {
  generate::Options options;
  options.customers = 3'000;
  options.events = 200'000;
  options.days = kDays;
  options.new_kind_share = 0.08;
  options.seed = seed;
  options.start_ms += weekday * kDayMs;
  return options;
}

// The text after a key in a line of the truth, up to the next quotation mark.
std::string After(std::string_view line, std::string_view key) {
  const std::size_t from = line.find(key) + key.size();
  return std::string(line.substr(from, line.find('"', from) - from));
}

std::map<std::uint64_t, int> KindsOf(const generate::Generator& generator) {
  std::map<std::uint64_t, int> kinds;
  std::map<std::string, int> numbers;
  generator.VisitTruth([&](std::string_view line) {
    if (!line.starts_with(R"({"truth":"customer")")) return;
    const auto number = static_cast<int>(numbers.size());
    kinds[Hash64(After(line, R"("customer_id":")"))] =
        numbers.emplace(After(line, R"("archetype":")"), number).first->second;
  });
  return kinds;
}

struct Score {
  std::vector<double> agreements;
  double moved = 0;
  double moved_most = 0;
  int promoted = 0;
  int rejected = 0;
  int splits = 0;
  std::size_t segments = 0;

  double agreement() const {
    double sum = 0;
    for (const double one : agreements) sum += one;
    return sum / static_cast<double>(agreements.size());
  }
};

class Shop {
 public:
  explicit Shop(const generate::Options& options)
      : options_(options),
        generator_(generate::Generator::Create(options).value()),
        kinds_(KindsOf(generator_)),
        trainer_(LiveOptions(), FirstModel()) {}

  Score Run() {
    generate::Record record;
    int day = 0;
    while (generator_.Next(record)) {
      while (day < (record.emitted_ms - options_.start_ms) / kDayMs) EndDay(++day);
      Take(record);
    }
    score_.segments = trainer_.status().bundle->segments.size();
    return score_;
  }

 private:
  struct Customer {
    feature::Record record;
    std::int64_t sampled_day = -1;
  };

  static train::LiveOptions LiveOptions() {
    train::LiveOptions options;
    options.app = "shop";
    options.retrain_samples = 10'000'000;
    options.retrain_every_ms = 10 * kDayMs;
    options.retrain_spacing_ms = kDayMs;
    options.trial_ms = 3 * kDayMs;
    return options;
  }

  train::Seat FirstModel() const {
    generate::Generator generator = generate::Generator::Create(options_).value();
    train::History history;
    generate::Record record;
    const std::int64_t until_ms = options_.start_ms + kFirstModelDays * kDayMs;
    while (generator.Next(record) && record.emitted_ms < until_ms) {
      history.Add(generate::ToEvent(record));
    }
    train::Options options;
    options.embedding = model::EmbeddingKind::kDae;
    train::Fit fit = train::FitModel(history, options, {}).value();
    return train::Seat::Take(model::BundleVersion(model::EncodeBundle(fit.bundle)),
                             std::move(fit.bundle))
        .value();
  }

  learn::Row RowOf(const std::string& id, const Customer& customer, std::int64_t as_of_ms) const {
    learn::Row row = {Hash64(id), as_of_ms, SegmentId{}, {}};
    ByteWriter out(row.record);
    feature::EncodeRecord(customer.record, out);
    return row;
  }

  // A sample after the first event of a day, as a daemon takes it.
  void Take(const generate::Record& record) {
    std::unique_ptr<Customer>& customer = customers_[record.customer_id];
    if (customer == nullptr) customer = std::make_unique<Customer>();
    const event::Event event = generate::ToEvent(record);
    const bool applied =
        feature::Fold(event, {}, customer->record) == feature::FoldResult::kApplied;
    const std::int64_t day = event.event_time_ms / kDayMs;
    if (!applied || day <= customer->sampled_day) return;
    customer->sampled_day = day;
    trainer_.dictionary().AddCategory(event.category);
    trainer_.dictionary().AddChannel(event.channel);
    trainer_.TakeSample(RowOf(record.customer_id, *customer, event.event_time_ms));
  }

  void EndDay(int day) {
    Write(trainer_.Advance(++wall_ms_));
    if (day < kLiveDays) return;
    if (day % kLookEvery == 0) Look();
    auto lesson = trainer_.NextLesson();
    if (!lesson) return;
    auto learned = lesson->Run({}).value();
    const double moved = learned.report.movement.moved;
    const std::string version = model::BundleVersion(model::EncodeBundle(learned.challenger));
    moved_by_[version] = moved;
    Write(trainer_.Finish(*lesson, std::move(learned), ++wall_ms_).value());
  }

  // What the trainer publishes comes back to it.
  void Write(std::vector<model::TopicRecord> records) {
    while (!records.empty()) {
      for (const model::TopicRecord& record : records) {
        const std::string_view value = record.value ? std::string_view(*record.value) : "";
        SEGMENTD_ASSERT(trainer_.TakeModelRecord(record.key, record.value ? &value : nullptr).ok(),
                        "a trainer reads what it wrote");
      }
      records = trainer_.Advance(++wall_ms_);
    }
    const auto& last = trainer_.status().last;
    if (!last || (last->state != "promoted" && last->state != "rejected")) return;
    if (last->version == decided_) return;
    decided_ = last->version;
    if (last->state == "rejected") ++score_.rejected;
    if (last->state == "promoted") NotePromoted(last->version);
  }

  void NotePromoted(const std::string& version) {
    ++score_.promoted;
    score_.moved += moved_by_[version];
    score_.moved_most = std::max(score_.moved_most, moved_by_[version]);
    const model::Bundle& bundle = *trainer_.status().bundle;
    score_.splits += static_cast<int>(std::ranges::count_if(bundle.lineage, [&](const auto& entry) {
      return entry.sequence == bundle.sequence && entry.kind == model::Lineage::Kind::kSplit;
    }));
  }

  void Look() {
    const train::LiveStatus& status = trainer_.status();
    std::vector<learn::Reservoir::Held> held;
    std::vector<int> kinds;
    for (const auto& [id, customer] : customers_) {
      const std::int64_t last_ms = customer->record.last_event_ms;
      if (last_ms < status.now_ms - kActiveMs) continue;
      learn::Row row = RowOf(id, *customer, std::max(last_ms, status.now_ms));
      kinds.push_back(kinds_.at(row.customer));
      held.push_back({std::make_shared<const learn::Row>(std::move(row)), 1});
    }
    const train::Seat seat = train::Seat::Take("champion", *status.bundle).value();
    score_.agreements.push_back(model::AdjustedRand(seat.Place(held).value().labels, kinds));
  }

  const generate::Options options_;
  generate::Generator generator_;
  const std::map<std::uint64_t, int> kinds_;
  train::LiveTrainer trainer_;
  std::map<std::string, std::unique_ptr<Customer>> customers_;
  std::map<std::string, double> moved_by_;  // by version
  std::string decided_;
  std::int64_t wall_ms_ = 0;
  Score score_;
};

std::vector<Score> RunAll(const std::vector<generate::Options>& shops) {
  std::vector<Score> scores(shops.size());
  std::atomic<std::size_t> next{0};
  {
    std::vector<std::jthread> threads;
    for (unsigned i = 0; i < std::max(1U, std::thread::hardware_concurrency()); ++i) {
      threads.emplace_back([&] {
        for (std::size_t at = next++; at < shops.size(); at = next++) {
          scores[at] = Shop(shops[at]).Run();
        }
      });
    }
  }
  return scores;
}

template <typename Of>
void PrintMean(std::string_view what, const std::vector<Score>& scores, Of of) {
  const auto count = static_cast<double>(scores.size());
  double mean = 0;
  double squares = 0;
  for (const Score& score : scores) mean += static_cast<double>(of(score)) / count;
  for (const Score& score : scores) squares += std::pow(static_cast<double>(of(score)) - mean, 2);
  fmt::print("{:40} {:.4f} +- {:.4f}\n", what, mean, std::sqrt(squares / (count - 1) / count));
}

int Main() {
  std::vector<generate::Options> shops;
  for (std::uint64_t seed = 0; seed < kSeeds; ++seed) {
    for (int weekday = 0; weekday < kWeekdays; ++weekday)
      shops.push_back(ShopOf(7 + seed, weekday));
  }
  const std::vector<Score> scores = RunAll(shops);
  for (std::size_t i = 0; i < scores.size(); ++i) {
    const Score& score = scores[i];
    fmt::print(
        "seed {} weekday {}: agreement {:.4f} moved {:.3f} promoted {} rejected {} splits {}\n",
        shops[i].seed, i % kWeekdays, score.agreement(), score.moved, score.promoted,
        score.rejected, score.splits);
  }
  PrintMean("agreement with the kinds", scores, [](const Score& s) { return s.agreement(); });
  PrintMean("customers moved, all retrains", scores, [](const Score& s) { return s.moved; });
  PrintMean("customers moved at once at most", scores, [](const Score& s) { return s.moved_most; });
  PrintMean("challengers promoted", scores, [](const Score& s) { return s.promoted; });
  PrintMean("challengers rejected", scores, [](const Score& s) { return s.rejected; });
  PrintMean("segments split off", scores, [](const Score& s) { return s.splits; });
  PrintMean("segments at the end", scores, [](const Score& s) { return s.segments; });
  return 0;
}

}  // namespace
}  // namespace segmentd

int main() { return segmentd::Main(); }
