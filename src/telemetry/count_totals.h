#pragma once

#include <array>
#include <optional>
#include <string>
#include <tuple>
#include <vector>

#include "segmentd/event/event.h"
#include "segmentd/pipeline/pipeline.h"
#include "segmentd/telemetry/metrics.h"
#include "telemetry/families.h"

namespace segmentd::telemetry {

inline constexpr std::size_t kRejectCodes = std::tuple_size_v<decltype(pipeline::Counts::rejected)>;

// A histogram fed with totals since the start.
class TotalSpread {
 public:
  explicit TotalSpread(prometheus::Histogram& histogram) : histogram_(&histogram) {}
  void Set(const pipeline::Spread& total) {
    std::vector<double> more;
    for (std::size_t i = 0; i < total.counts.size(); ++i) {
      more.push_back(static_cast<double>(total.counts[i] - last_.counts[i]));
    }
    histogram_->ObserveMultiple(more, total.sum_s - last_.sum_s);
    last_ = total;
  }
  static prometheus::Histogram::BucketBoundaries Bounds() {
    return {pipeline::Spread::kBoundsS.begin(), pipeline::Spread::kBoundsS.end()};
  }

 private:
  prometheus::Histogram* histogram_;
  pipeline::Spread last_;
};

// A counter fed with totals since the start.
class Total {
 public:
  Total() = default;
  explicit Total(prometheus::Counter& counter) : counter_(&counter) {}
  void Set(std::uint64_t total) {
    if (total > last_) counter_->Increment(static_cast<double>(total - last_));
    last_ = total;
  }

 private:
  prometheus::Counter* counter_ = nullptr;
  std::uint64_t last_ = 0;
};

// The labels of counts are the same for all shards; each shard feeds its own totals into them.
struct CountTotals {
  CountTotals(Families& f, const Identity& identity)
      : transactions(f.records_consumed.Add({{"topic", identity.transactions_topic}})),
        bytes(f.record_bytes.Add({{"topic", identity.transactions_topic}})),
        accepted(f.events_processed.Add({{"topic", identity.transactions_topic}})),
        duplicates(f.records_dropped.Add(
            {{"topic", identity.transactions_topic}, {"reason", "duplicate"}})),
        erased(
            f.records_dropped.Add({{"topic", identity.transactions_topic}, {"reason", "erased"}})),
        late(f.late_events.Add({{"action", "applied"}})),
        without_id(f.events_without_id.Add({})),
        suppressed(f.suppressed.Add({{"reason", "hysteresis"}})),
        stayed(f.followed.Add({{"moved", "false"}})),
        moved(f.followed.Add({{"moved", "true"}})),
        samples(f.samples.Add({})),
        future(f.future_events.Add({{"action", "dlq"}})),
        lateness(f.lateness.Add({}, TotalSpread::Bounds())) {
    for (int i = 0; i < pipeline::kTimerKinds; ++i) {
      const prometheus::Labels kind{
          {"kind", std::string(pipeline::TimerKindName(static_cast<pipeline::TimerKind>(i)))}};
      fired.emplace_back(f.timers_fired.Add(kind));
      delay.emplace_back(f.timer_delay.Add(kind, TotalSpread::Bounds()));
    }
    if (!identity.profiles_topic.empty()) {
      profiles.emplace(f.records_consumed.Add({{"topic", identity.profiles_topic}}));
    }
    for (std::size_t i = 0; i < kRejectCodes; ++i) {
      const std::string code(event::RejectCodeName(static_cast<event::RejectCode>(i)));
      rejected[i] =
          Total(f.dead_letters.Add({{"topic", identity.transactions_topic}, {"code", code}}));
    }
  }

  void Set(const pipeline::Counts& counts) {
    transactions.Set(counts.records - counts.profiles);
    if (profiles) profiles->Set(counts.profiles);
    bytes.Set(counts.bytes);
    accepted.Set(counts.accepted);
    duplicates.Set(counts.duplicates);
    erased.Set(counts.erased);
    late.Set(counts.late);
    without_id.Set(counts.without_id);
    suppressed.Set(counts.suppressed);
    stayed.Set(counts.followed - counts.moved);
    moved.Set(counts.moved);
    samples.Set(counts.samples);
    future.Set(counts.rejected[static_cast<std::size_t>(event::RejectCode::kFromFuture)]);
    lateness.Set(counts.lateness);
    for (std::size_t i = 0; i < fired.size(); ++i) {
      fired[i].Set(counts.fired[i]);
      delay[i].Set(counts.delay[i]);
    }
    for (std::size_t i = 0; i < kRejectCodes; ++i) rejected[i].Set(counts.rejected[i]);
  }

  Total transactions;
  std::optional<Total> profiles;
  Total bytes;
  Total accepted;
  Total duplicates;
  Total erased;
  Total late;
  Total without_id;
  Total suppressed;
  Total stayed;
  Total moved;
  Total samples;
  Total future;
  TotalSpread lateness;
  std::vector<Total> fired;
  std::vector<TotalSpread> delay;
  std::array<Total, kRejectCodes> rejected;
};

}  // namespace segmentd::telemetry
