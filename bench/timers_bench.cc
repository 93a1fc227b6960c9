// What silent customers cost: per event, per look, in a storm, and when none is due.
#include <benchmark/benchmark.h>
#include <fmt/format.h>
#include <time.h>

#include <algorithm>
#include <string>
#include <vector>

#include "segmentd/base/assert.h"
#include "segmentd/base/random.h"
#include "segmentd/base/time_text.h"
#include "segmentd/feature/fold.h"
#include "segmentd/pipeline/pipeline.h"
#include "segmentd/rocks/stores.h"
#include "segmentd/runtime/record_cache.h"
#include "segmentd/runtime/timer_index.h"
#include "segmentd/train/trainer.h"
#include "support/bundles.h"
#include "support/pipeline_harness.h"
#include "support/temp_dir.h"

namespace segmentd {
namespace {

constexpr std::int64_t kStartMs = 1'700'000'000'000;
constexpr std::size_t kSlice = 512;  // timers that the loop fires in a turn

double CpuNs() {
  timespec now{};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
  return static_cast<double>(now.tv_sec) * 1e9 + static_cast<double>(now.tv_nsec);
}

event::Event Purchase(Random& random, std::int64_t at_ms) {
  event::Event event;
  event.event_time_ms = at_ms;
  event.has_id = true;
  event.id_hash = random.Next();
  event.amount = static_cast<double>(random.Below(9'000) + 500) / 100;
  event.category = random.Chance(0.5) ? "food" : "garden";
  event.channel = random.Chance(0.8) ? "web" : "store";
  return event;
}

// A model over the whole catalogue, with risk parameters.
std::shared_ptr<const pipeline::Model> TrainedModel() {
  static const std::shared_ptr<const pipeline::Model> kModel = [] {
    Random random(1);
    train::History history;
    for (int i = 0; i < 1500; ++i) {
      const std::string id = fmt::format("c{}", i);
      const double gap_days = 2 + 30 * random.Uniform();
      std::int64_t at_ms = kStartMs;
      for (int n = 0; n < 40 && !random.Chance(0.05); ++n) {
        at_ms += static_cast<std::int64_t>(random.Exponential(gap_days * kDayMs));
        event::Event event = Purchase(random, at_ms);
        event.customer_id = id;
        history.Add(event);
      }
    }
    train::Options options;
    options.k_min = options.k_max = 8;
    auto fit = train::FitModel(history, options, {});
    SEGMENTD_ASSERT(fit.ok(), "the history is long enough");
    return support::LoadModel(fit->bundle);
  }();
  return kModel;
}

// One partition as the runtime keeps it: cache, index and store around the pipeline.
class Partitioned {
 public:
  Partitioned() {
    auto stores = rocks::OpenStores({.dir = dir_.path()}, wall_);
    SEGMENTD_ASSERT(stores.ok(), "a fresh directory can be opened");
    stores_ = std::move(*stores);
    store_ = *stores_->Open(Partition{0});
    pipeline_ = *pipeline::Pipeline::Create(support::TestOptions());
    pipeline_->UseModel(TrainedModel());
    SEGMENTD_ASSERT(index_.Open(*store_).ok(), "an empty store can be read");
  }

  void Run(std::span<const event::RawRecord> records) {
    pipeline_->Decode(records, batch_);
    Fetch(batch_.customers());
    if (index_.next_ms() != pipeline::kNever) clock_.fired_ms = index_.next_ms() - 1;
    effects_.Clear();
    pipeline_->Apply(batch_, customers_, outcomes_, clock_, wall_ms_, effects_);
    Keep(batch_.customers());
  }

  // One turn's timers; how many customers were looked at.
  std::size_t Fire() {
    const Status taken = index_.Take(*store_, clock_.clock_ms, kSlice, due_);
    SEGMENTD_ASSERT(taken.ok(), "timers can be read");
    std::vector<pipeline::DueTimer> views;
    std::vector<std::string_view> ids;
    for (const ports::Timer& timer : due_) {
      views.push_back({timer.deadline_ms, timer.customer_id});
      ids.push_back(timer.customer_id);
    }
    Fetch(ids);
    effects_.Clear();
    pipeline_->Fire(Partition{0}, views, customers_, outcomes_, clock_, wall_ms_, effects_);
    Keep(ids);
    for (const std::uint64_t fired : effects_.counts.fired) looks_ += fired;
    return ids.size();
  }

  void WriteStore() {
    cache_.Committed();
    const auto items = cache_.Unstored();
    const auto timers = index_.Unstored();
    SEGMENTD_ASSERT(store_->Write({items, {}, timers.taken, timers.armed}).ok(),
                    "it can be written");
    cache_.Stored();
    index_.Stored(*store_);
  }

  bool due() const { return index_.next_ms() <= clock_.clock_ms; }
  void PassTime(std::int64_t to_ms) { clock_.clock_ms = std::max(clock_.clock_ms, to_ms); }
  std::int64_t clock_ms() const { return clock_.clock_ms; }
  std::uint64_t looks() const { return looks_; }
  runtime::TimerIndex& index() { return index_; }
  ports::StateStore& store() { return *store_; }

 private:
  void Fetch(std::span<const std::string_view> ids) {
    customers_.assign(ids.size(), {});
    outcomes_.assign(ids.size(), {});
    for (std::size_t i = 0; i < ids.size(); ++i) {
      const auto image = cache_.Find(ids[i]);
      if (!image || image->empty()) continue;
      SEGMENTD_ASSERT(pipeline::DecodeCustomer(*image, customers_[i]).ok(), "it was encoded");
    }
  }
  void Keep(std::span<const std::string_view> ids) {
    for (std::size_t i = 0; i < ids.size(); ++i) {
      if (outcomes_[i].arm_ms != pipeline::kNever) index_.Arm(outcomes_[i].arm_ms, ids[i]);
      if (!outcomes_[i].changed) continue;
      pipeline::EncodeCustomer(customers_[i], image_);
      cache_.Put(ids[i], image_);
    }
  }

  const support::TempDir dir_;
  const SystemClock wall_;
  const std::int64_t wall_ms_ = kStartMs + 4000 * kDayMs;
  std::unique_ptr<ports::StoreFactory> stores_;
  std::unique_ptr<ports::StateStore> store_;
  std::unique_ptr<pipeline::Pipeline> pipeline_;
  runtime::RecordCache cache_{4LL << 30};
  runtime::TimerIndex index_;
  pipeline::PartitionClock clock_;
  pipeline::Batch batch_;
  pipeline::Effects effects_;
  std::vector<pipeline::Customer> customers_;
  std::vector<pipeline::Outcome> outcomes_;
  std::vector<ports::Timer> due_;
  std::string image_;
  std::uint64_t looks_ = 0;
};

// Purchases of a number of customers, each about every gap_days.
class Stream {
 public:
  Stream(std::uint64_t customers, double gap_days)
      : customers_(customers), step_ms_(gap_days * kDayMs / static_cast<double>(customers)) {}

  std::span<const event::RawRecord> Next(std::size_t n) {
    owned_.clear();
    raw_.clear();
    for (std::size_t i = 0; i < n; ++i) {
      now_ms_ += step_ms_;
      owned_.push_back(support::Purchase(
          fmt::format("c{:07}", random_.Below(customers_)),
          FormatRfc3339(kStartMs + static_cast<std::int64_t>(now_ms_)),
          static_cast<double>(random_.Below(9'000)) / 100, fmt::format("o{}", ++ids_)));
    }
    for (const support::OwnedRecord& record : owned_) {
      event::RawRecord& raw = raw_.emplace_back();
      raw.key = *record.key;
      raw.value = *record.value;
    }
    return raw_;
  }

 private:
  Random random_{7};
  const std::uint64_t customers_;
  const double step_ms_;
  double now_ms_ = 0;
  std::uint64_t ids_ = 0;
  std::vector<support::OwnedRecord> owned_;
  std::vector<event::RawRecord> raw_;
};

// The looks that a history costs, and what the path costs without them.
void TimersInAHistory(benchmark::State& state) {
  constexpr std::size_t kEvents = 200'000;
  for (auto _ : state) {
    Partitioned partition;
    Stream stream(20'000, 5);
    double path_ns = 0;
    double looks_ns = 0;
    for (std::size_t done = 0; done < kEvents; done += kSlice) {
      const auto records = stream.Next(kSlice);
      const double began_ns = CpuNs();
      partition.Run(records);
      const double ran_ns = CpuNs();
      while (partition.due()) partition.Fire();
      path_ns += ran_ns - began_ns;
      looks_ns += CpuNs() - ran_ns;
      if (done % (kSlice * 100) == 0) partition.WriteStore();
    }
    const auto looks = static_cast<double>(partition.looks());
    state.counters["path_ns_per_event"] = path_ns / kEvents;
    state.counters["looks_per_event"] = looks / kEvents;
    state.counters["ns_per_look"] = looks_ns / looks;
    state.counters["looks_per_s"] = looks / looks_ns * 1e9;
  }
}
BENCHMARK(TimersInAHistory)->Iterations(1)->Unit(benchmark::kMillisecond);

// What keeping the index costs an event: its deadlines before and after, and the timer if one has
// to be armed, with its share of the store's write. looks: none is due.
void TimersPerEvent(benchmark::State& state) {
  constexpr std::int64_t kCustomers = 100'000;
  Partitioned partition;
  pipeline::DeadlineRules rules;
  rules.parameters = TrainedModel()->bundle.risk;
  const pipeline::Deadlines deadlines(rules);
  Random random(3);
  std::vector<feature::Record> records(kCustomers);
  std::vector<std::string> ids;
  for (std::int64_t i = 0; i < kCustomers; ++i) {
    ids.push_back(fmt::format("c{:07}", i));
    Fold(Purchase(random, kStartMs), {}, records[static_cast<std::size_t>(i)]);
  }
  std::int64_t now_ms = kStartMs;
  std::int64_t events = 0;
  for (auto _ : state) {
    const auto at = random.Below(kCustomers);
    feature::Record& record = records[at];
    now_ms += 4'000;
    const std::int64_t before_ms =
        deadlines.Next(record, true, std::max(record.as_of_ms, now_ms - kDayMs)).at_ms;
    record.last_purchase_ms = record.last_event_ms = record.as_of_ms = now_ms;
    const std::int64_t after_ms = deadlines.Next(record, true, record.as_of_ms).at_ms;
    if (after_ms < before_ms) partition.index().Arm(after_ms, ids[at]);
    if (++events % kCustomers == 0) partition.WriteStore();
  }
  state.SetItemsProcessed(state.iterations());
}
BENCHMARK(TimersPerEvent);

// Half a million customers due at once: how long a turn's slice takes, and all of them.
void TimersInAStorm(benchmark::State& state) {
  const auto customers = static_cast<std::size_t>(state.range(0));
  for (auto _ : state) {
    Partitioned partition;
    std::vector<event::RawRecord> raw;
    std::vector<support::OwnedRecord> owned;
    for (std::size_t from = 0; from < customers; from += kSlice) {
      owned.clear();
      raw.clear();
      for (std::size_t i = from; i < std::min(customers, from + kSlice); ++i) {
        owned.push_back(support::Purchase(fmt::format("c{:07}", i), FormatRfc3339(kStartMs), 20));
      }
      for (const support::OwnedRecord& record : owned) {
        raw.emplace_back().key = *record.key;
        raw.back().value = *record.value;
      }
      partition.Run(raw);
    }
    partition.WriteStore();
    partition.PassTime(kStartMs + kDayMs);
    double longest_ns = 0;
    double all_ns = 0;
    while (partition.due()) {
      const double began_ns = CpuNs();
      partition.Fire();
      const double slice_ns = CpuNs() - began_ns;
      longest_ns = std::max(longest_ns, slice_ns);
      all_ns += slice_ns;
    }
    state.counters["looks"] = static_cast<double>(partition.looks());
    state.counters["longest_slice_ms"] = longest_ns / 1e6;
    state.counters["looks_per_s"] = static_cast<double>(partition.looks()) / all_ns * 1e9;
  }
}
BENCHMARK(TimersInAStorm)->Arg(500'000)->Iterations(1)->Unit(benchmark::kMillisecond);

// What a turn of the loop pays with a million timers armed and none due.
void TimersNoneDue(benchmark::State& state) {
  Partitioned partition;
  for (std::int64_t i = 0; i < state.range(0); ++i) {
    partition.index().Arm(kStartMs + kDayMs + i, fmt::format("c{:07}", i));
  }
  if (state.range(0) > 0) partition.WriteStore();
  partition.PassTime(kStartMs);
  for (auto _ : state) benchmark::DoNotOptimize(partition.due());
}
BENCHMARK(TimersNoneDue)->Arg(0)->Arg(1'000'000);

}  // namespace
}  // namespace segmentd
