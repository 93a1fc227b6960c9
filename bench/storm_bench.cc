// Half a million customers who fall due at once, through the whole loop of a shard: RocksDB, cache,
// timers and commits are those that ship; of Kafka there is what takes and hands out records. Says
// how long the longest turn of the loop was away from polling, and whether what was published is
// the same as when the customers fall due bit by bit; and what a retrain beside it does to turns
// that read events. usage: bench_storm [CUSTOMERS]
#include <fmt/format.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <charconv>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "segmentd/base/assert.h"
#include "segmentd/base/hash.h"
#include "segmentd/base/time_text.h"
#include "segmentd/generate/generator.h"
#include "segmentd/rocks/stores.h"
#include "segmentd/train/trainer.h"
#include "support/bundles.h"
#include "support/shard_world.h"
#include "support/temp_dir.h"

namespace segmentd {
namespace {

constexpr std::int64_t kStartMs = 1'780'000'000'000;
constexpr int kSilentDays = 300;
constexpr int kStepDays = 10;  // of the drizzle
constexpr Partition kPartition{0};
constexpr std::string_view kClock = "clock";  // a customer whose purchases move the clock

std::int64_t NowNs(clockid_t clock) {
  timespec now{};
  clock_gettime(clock, &now);
  return now.tv_sec * 1'000'000'000 + now.tv_nsec;
}

train::History SomeHistory() {
  generate::Options options;
  options.customers = 3'000;
  options.events = 90'000;
  auto generator = generate::Generator::Create(options);
  SEGMENTD_ASSERT(generator.ok(), "the options are valid");
  train::History history;
  generate::Record record;
  while (generator->Next(record)) history.Add(generate::ToEvent(record));
  return history;
}

std::shared_ptr<const pipeline::Model> TrainedModel() {
  auto fit = train::FitModel(SomeHistory(), {}, {});
  SEGMENTD_ASSERT(fit.ok(), "the history is long enough");
  return support::LoadModel(fit->bundle);
}

// Trains autoencoders one after the other, on a thread that gives way to all others as the
// trainer's does.
class Retrains {
 public:
  ~Retrains() {
    thread_.request_stop();
    thread_.join();
  }
  int count() const { return count_; }

 private:
  void Run(const std::stop_token& stop) {
    constexpr int kNice = 10;
    static_cast<void>(::setpriority(PRIO_PROCESS, static_cast<id_t>(::gettid()), kNice));
    const train::History history = SomeHistory();
    train::Options options;
    options.embedding = model::EmbeddingKind::kDae;
    while (!stop.stop_requested()) {
      const auto fit = train::FitModel(history, options, {});
      SEGMENTD_ASSERT(fit.ok(), "the history is long enough");
      ++count_;
    }
  }

  std::atomic<int> count_{0};
  std::jthread thread_{[this](const std::stop_token& stop) { Run(stop); }};  // last
};

// Keeps no changes, of which there are millions.
class CountingProbe final : public ports::Probe {
 public:
  void OnStatus(const ports::ShardStatus& status) override { counts_ = status.counts; }
  void OnCommit(int /*shard*/, const ports::CommitSample& /*sample*/) override { ++commits_; }
  void OnChanges(std::span<const pipeline::ChangeNote> /*changes*/) override {}

  const pipeline::Counts& counts() const { return counts_; }
  std::size_t commits() const { return commits_; }

 private:
  pipeline::Counts counts_;
  std::size_t commits_ = 0;
};

// Takes everything, and remembers a sum of hashes: the same for the same records in any order.
class SummingSink final : public ports::Sink {
 public:
  explicit SummingSink(support::FakeBroker& broker) : broker_(broker) {}

  Status Reset() override { return Ok(); }
  Status Begin() override { return Ok(); }
  Status Abort() override { return Fail(Code::kFatal, "nothing goes wrong here"); }
  Status Send(const pipeline::OutRecord& record) override {
    if (record.key == kClock) return Ok();
    sum_ += Hash64(*record.key) * 3 + Hash64(record.value.value_or(""));
    ++records_;
    return Ok();
  }
  Status SendImage(Partition, std::string_view key, const std::string_view* value) override {
    taken_.assign(key);
    if (value != nullptr) taken_.append(*value);
    if (key.front() != ports::kMetaKey) return Ok();
    meta_.key = std::string(key);
    meta_.value = *value;
    return Ok();
  }
  Result<ports::CommitReceipt> Commit(std::span<const ports::InputPosition> positions) override {
    for (const auto& position : positions) broker_.SetCommitted(position.input, position.next);
    broker_.Append("changelog", kPartition, meta_);
    return ports::CommitReceipt{{{kPartition, broker_.High("changelog", kPartition)}}};
  }

  std::uint64_t sum() const { return sum_; }
  std::uint64_t records() const { return records_; }

 private:
  support::FakeBroker& broker_;
  std::string taken_;
  support::FakeBroker::Entry meta_;  // all that a later shard needs, for the store has the rest
  std::uint64_t sum_ = 0;
  std::uint64_t records_ = 0;
};

// From one poll to the next.
struct Turns {
  std::vector<double> wall_ms;
  std::vector<double> cpu_ms;
};

std::string Shown(std::vector<double> turns) {
  std::sort(turns.begin(), turns.end());
  return fmt::format("longest {:.1f} ms, 99.9 % within {:.1f} ms, 99 % within {:.1f} ms",
                     turns.back(), turns[turns.size() * 999 / 1000],
                     turns[turns.size() * 99 / 100]);
}

class World {
 public:
  World(int customers, std::shared_ptr<const pipeline::Model> model) : model_(std::move(model)) {
    auto stores = rocks::OpenStores({.dir = dir_.path()}, clock_);
    SEGMENTD_ASSERT(stores.ok(), "a fresh directory can be opened");
    stores_ = std::move(*stores);
    const std::int64_t step_ms = kDayMs / customers;
    for (const int day : {0, 7}) {
      for (int i = 0; i < customers; ++i) {
        AddPurchase(fmt::format("c{:07}", i), kStartMs + day * kDayMs + i * step_ms, 20 + i % 90);
      }
    }
    reading_ = Run();
  }

  const Turns& reading() const { return reading_; }

  // Somebody else's purchase moves the clock, and a shard works until nothing is due.
  Turns PassTime(int day) {
    AddPurchase(std::string(kClock), kStartMs + (8 + day) * kDayMs, 20);
    return Run();
  }

  const SummingSink& sink() const { return sink_; }
  const pipeline::Counts& counts() const { return counts_; }
  std::size_t commits() const { return probe_.commits(); }

 private:
  void AddPurchase(const std::string& customer, std::int64_t at_ms, int amount) {
    support::FakeBroker::Entry entry;
    entry.key = customer;
    entry.value = fmt::format(R"({{"customer_id":"{}","event_time":"{}","amount":{}}})", customer,
                              FormatRfc3339(at_ms), amount);
    entry.timestamp_ms = at_ms;
    broker_.Append("transactions", kPartition, std::move(entry));
  }

  Turns Run() {
    support::FakeSource source(broker_, clock_, chaos_);
    support::FakeChangelogReader changelog(broker_, chaos_);
    support::StepHelpers helpers(changelog);
    source.AnswerInFull();
    source.SetMeanwhile([&] { helpers.StepAll(); });
    const auto pipeline = support::MakePipeline();
    support::FakeModels models({model_});
    runtime::ShardOptions options;
    options.until_drained = true;
    Turns turns;
    bool runs = false;  // helpers, which restore it first, have no thread of their own here
    std::int64_t wall_ns = NowNs(CLOCK_MONOTONIC);
    std::int64_t cpu_ns = NowNs(CLOCK_THREAD_CPUTIME_ID);
    chaos_.Watch([&](support::Call call) {
      if (call != support::Call::kPoll && call != support::Call::kStartAt) return Ok();
      const double turn_ms = static_cast<double>(NowNs(CLOCK_MONOTONIC) - wall_ns) / 1e6;
      const double turn_cpu_ms = static_cast<double>(NowNs(CLOCK_THREAD_CPUTIME_ID) - cpu_ns) / 1e6;
      clock_.AdvanceMs(static_cast<std::int64_t>(turn_ms));
      if (runs) {
        turns.wall_ms.push_back(turn_ms);
        turns.cpu_ms.push_back(turn_cpu_ms);
      }
      runs = runs || call == support::Call::kStartAt;
      wall_ns = NowNs(CLOCK_MONOTONIC);
      cpu_ns = NowNs(CLOCK_THREAD_CPUTIME_ID);
      return Ok();
    });
    runtime::Shard shard(options,
                         {clock_, source, sink_, helpers, *stores_, probe_, *pipeline, models});
    const Status ended = shard.Run({});
    chaos_.Watch({});
    if (!ended.has_value()) {
      fmt::print(stderr, "bench_storm: {}\n", ended.error().message);
      std::exit(1);
    }
    counts_.Add(probe_.counts());
    return turns;
  }

  const std::shared_ptr<const pipeline::Model> model_;
  const support::TempDir dir_;
  support::ManualClock clock_;
  support::Chaos chaos_;
  support::FakeBroker broker_{1, false};
  SummingSink sink_{broker_};
  CountingProbe probe_;
  Turns reading_;
  std::unique_ptr<ports::StoreFactory> stores_;
  pipeline::Counts counts_;
};

int Measure(int customers) {
  const auto model = TrainedModel();
  World storm(customers, model);
  const std::uint64_t before = storm.sink().records();
  const std::size_t commits = storm.commits();
  const std::int64_t began_ns = NowNs(CLOCK_MONOTONIC);
  const Turns turns = storm.PassTime(kSilentDays);
  const double took_s = static_cast<double>(NowNs(CLOCK_MONOTONIC) - began_ns) / 1e9;
  std::uint64_t looks = 0;
  for (const std::uint64_t fired : storm.counts().fired) looks += fired;
  fmt::print(
      "{} customers due at once for {} days: {} looks, {} records published, {} commits, {:.1f} s\n"
      "    {} turns of the loop: {}\n    of CPU: {}\n",
      customers, kSilentDays, looks, storm.sink().records() - before, storm.commits() - commits,
      took_s, turns.wall_ms.size(), Shown(turns.wall_ms), Shown(turns.cpu_ms));
  std::fflush(stdout);

  World drizzle(customers, model);
  for (int day = kStepDays; day <= kSilentDays; day += kStepDays) drizzle.PassTime(day);
  const auto expected = drizzle.sink().sum();
  const bool same = storm.sink().sum() == expected;
  fmt::print("    published when they fall due bit by bit: {}\n", same ? "the same" : "DIFFERENT");
  fmt::print("reading {} events: {} turns, {}\n", 2 * customers, storm.reading().wall_ms.size(),
             Shown(storm.reading().wall_ms));
  const Retrains retrains;
  const World beside(customers, model);
  fmt::print("    beside retrains ({} were done): {}\n", retrains.count(),
             Shown(beside.reading().wall_ms));
  return same ? 0 : 1;
}

}  // namespace
}  // namespace segmentd

int main(int count, char** arguments) {
  int customers = 500'000;
  if (count > 1) {
    const char* end = arguments[1] + std::strlen(arguments[1]);
    if (std::from_chars(arguments[1], end, customers).ptr != end || customers < 1) {
      fmt::print(stderr, "usage: bench_storm [CUSTOMERS]\n");
      return 2;
    }
  }
  return segmentd::Measure(customers);
}
