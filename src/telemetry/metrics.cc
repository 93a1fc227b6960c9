#include "segmentd/telemetry/metrics.h"

#include <fmt/format.h>
#include <prometheus/text_serializer.h>

#include <algorithm>
#include <array>
#include <iterator>
#include <map>
#include <optional>
#include <set>

#include "segmentd/base/mutex.h"
#include "segmentd/model/bundle.h"
#include "telemetry/count_totals.h"
#include "telemetry/families.h"
#include "telemetry/learning_children.h"
#include "telemetry/member_children.h"
#include "telemetry/partition_children.h"
#include "telemetry/process_stats.h"
#include "telemetry/trouble_children.h"

namespace segmentd::telemetry {
namespace {

using Buckets = prometheus::Histogram::BucketBoundaries;

constexpr std::array<std::string_view, 5> kPhases = {"starting", "restoring", "catching_up",
                                                     "running", "draining"};

const Buckets& LatencyBuckets() {
  static const Buckets buckets = {.005, .01, .025, .05, .1, .25, .5, 1, 2.5, 5, 10, 30};
  return buckets;
}

const Buckets& CommitBuckets() {
  static const Buckets buckets = {.001, .0025, .005, .01, .025, .05, .1, .25, .5, 1, 2.5, 5, 10};
  return buckets;
}

const Buckets& StageBuckets() {
  static const Buckets buckets = {.0001, .0005, .001, .0025, .005, .01, .025, .05, .1, .25, 1, 5};
  return buckets;
}

const Buckets& SkewBuckets() {
  static const Buckets buckets = {.1, .5, 1, 5, 15, 60, 300, 3'600, 86'400, 604'800};
  return buckets;
}

struct ShardChildren {
  ShardChildren(Families& f, const Identity& identity, const prometheus::Labels& labels)
      : counts(f, identity),
        committed(f.transactions.Add(With(labels, "outcome", "committed"))),
        aborted(f.transactions.Add(With(labels, "outcome", "aborted"))),
        fenced(f.transactions.Add(With(labels, "outcome", "fenced"))),
        recycles(f.producer_recycles.Add(labels)),
        rebalances(f.trouble.rebalances.Add(labels)),
        hits(f.cache_hits.Add(labels)),
        misses(f.cache_misses.Add(labels)),
        assigned(f.partitions_assigned.Add(labels)),
        last_tick(f.last_tick.Add(labels)),
        cache_customers(f.cache_customers.Add(labels)),
        cache_bytes(f.cache_bytes.Add(labels)),
        transaction(f.transaction_duration.Add(labels, CommitBuckets())),
        produce(f.commit_duration.Add(With(labels, "phase", "produce"), CommitBuckets())),
        end(f.commit_duration.Add(With(labels, "phase", "end_txn"), CommitBuckets())),
        store(f.commit_duration.Add(With(labels, "phase", "store"), CommitBuckets())),
        families(f),
        troubles(f.trouble, labels),
        shard_labels(labels) {}

  static prometheus::Labels With(prometheus::Labels labels, const char* name, const char* value) {
    labels.emplace(name, value);
    return labels;
  }

  void Set(const ports::ShardStatus& status) {
    counts.Set(status.counts);
    troubles.Set(status);
    committed.Set(status.commits);
    // Each fence is recovered from by an abort.
    aborted.Set(status.aborts - std::min(status.aborts, status.troubles.fenced));
    fenced.Set(status.troubles.fenced);
    recycles.Set(status.producer_resets);
    rebalances.Set(status.rebalances);
    hits.Set(status.cache_hits);
    misses.Set(status.cache_misses);
    assigned.Set(static_cast<double>(status.partitions.size()));
    // Absent before the first: its age is what alerts look at.
    if (status.last_commit_ms > 0) {
      if (last_commit == nullptr) last_commit = &families.last_commit.Add(shard_labels);
      last_commit->Set(ToSeconds(status.last_commit_ms));
    }
    if (status.rekey_lag_records >= 0) {
      if (rekey_lag == nullptr) {
        rekey_lag = &families.rekey.lag.Add({});
        rekeyed.emplace(families.rekey.records.Add({}));
      }
      rekey_lag->Set(static_cast<double>(status.rekey_lag_records));
      rekeyed->Set(status.counts.rekeyed);
    }
    last_tick.Set(ToSeconds(status.tick_ms));
    cache_customers.Set(static_cast<double>(status.cached_customers));
    cache_bytes.Set(static_cast<double>(status.cached_bytes));
  }

  CountTotals counts;
  Total committed, aborted, fenced, recycles, rebalances, hits, misses;
  prometheus::Gauge &assigned, &last_tick, &cache_customers, &cache_bytes;
  prometheus::Histogram &transaction, &produce, &end, &store;
  Families& families;
  TroubleChildren troubles;
  const prometheus::Labels shard_labels;
  prometheus::Gauge* last_commit = nullptr;
  prometheus::Gauge* rekey_lag = nullptr;  // with the next: of the stage that re-keys
  std::optional<Total> rekeyed;
};

std::string_view AtRiskLabel(risk::Crossing crossing) {
  switch (crossing) {
    case risk::Crossing::kNone:
      return "none";
    case risk::Crossing::kRecovered:
      return "left";
    default:
      return "entered";
  }
}

std::string SegmentLabel(SegmentId id) { return id.value() == 0 ? "none" : model::SegmentText(id); }

}  // namespace

struct Metrics::Body {
  explicit Body(const Identity& id) : identity(id), families(registry), members(families.member) {}

  ShardChildren& Shard(int shard) SEGMENTD_REQUIRES(mutex) {
    const auto found = shards.find(shard);
    if (found != shards.end()) return found->second;
    return shards
        .try_emplace(shard, families, identity,
                     prometheus::Labels{{"shard", fmt::format("{}", shard)}})
        .first->second;
  }

  // While ownership moves between two shards of this process, both may name a partition for a
  // moment; it has one set of children, which goes when its last reporter no longer names it.
  void SetPartitions(const ports::ShardStatus& status) SEGMENTD_REQUIRES(mutex) {
    bool moved = false;
    for (const ports::PartitionStatus& partition : status.partitions) {
      const auto [at, fresh] = partitions.try_emplace(
          partition.partition, families, identity.transactions_topic, partition.partition);
      at->second.reporter = status.shard;
      at->second.Set(partition, status.tick_ms);
      moved |= at->second.members != partition.members;
      at->second.members = partition.members;
    }
    const std::size_t gone = std::erase_if(partitions, [&status](const auto& entry) {
      return entry.second.reporter == status.shard &&
             std::ranges::find(status.partitions, entry.first,
                               &ports::PartitionStatus::partition) == status.partitions.end();
    });
    if (moved || gone > 0) ShowMembers();
  }

  void ShowMembers() SEGMENTD_REQUIRES(mutex) {
    ports::Members all;
    bool known = false;
    for (const auto& [partition, children] : partitions) {
      known |= children.members.has_value();
      for (const auto& [segment, customers] : children.members.value_or(ports::Members{})) {
        all[segment] += customers;
      }
    }
    members.Set(all, known);
  }

  const Identity identity;
  prometheus::Registry registry;
  Families families;
  LearningChildren learning SEGMENTD_GUARDED_BY(mutex){registry};
  std::array<prometheus::Gauge*, kPhases.size()> phases{};
  prometheus::Histogram* event_to_emit = nullptr;
  prometheus::Histogram* timer_to_emit = nullptr;
  prometheus::Histogram* event_skew = nullptr;
  std::array<prometheus::Histogram*, pipeline::kSteps> steps{};
  prometheus::Histogram* commit = nullptr;

  Mutex mutex;
  std::map<int, ShardChildren> shards SEGMENTD_GUARDED_BY(mutex);
  std::map<Partition, PartitionChildren> partitions SEGMENTD_GUARDED_BY(mutex);
  MemberChildren members SEGMENTD_GUARDED_BY(mutex);
  std::vector<prometheus::Gauge*> segment_names SEGMENTD_GUARDED_BY(mutex);
  prometheus::Gauge* model = nullptr;
  Total model_failures SEGMENTD_GUARDED_BY(mutex);
};

Metrics::Metrics(const Identity& identity) : body_(std::make_unique<Body>(identity)) {
  Families& f = body_->families;
  f.build_info
      .Add({{"version", identity.version},
            {"revision", identity.revision},
            {"compiler", identity.compiler}})
      .Set(1);
  f.config_info.Add({{"hash", identity.config_hash}}).Set(1);
  f.start_time.Add({}).SetToCurrentTime();
  for (std::size_t i = 0; i < kPhases.size(); ++i) {
    body_->phases[i] = &f.phase.Add({{"phase", std::string(kPhases[i])}});
  }
  {
    const MutexLock lock(body_->mutex);
    body_->model_failures = Total(f.model_failures.Add({}));
  }
  body_->event_to_emit = &f.event_to_emit.Add({{"path", "event"}}, LatencyBuckets());
  body_->timer_to_emit = &f.event_to_emit.Add({{"path", "timer"}}, LatencyBuckets());
  body_->event_skew = &f.event_skew.Add({{"topic", identity.transactions_topic}}, SkewBuckets());
  for (std::size_t i = 0; i < body_->steps.size(); ++i) {
    const auto step = static_cast<pipeline::Step>(i);
    body_->steps[i] =
        &f.stage_duration.Add({{"stage", std::string(pipeline::StepName(step))}}, StageBuckets());
  }
  body_->commit = &f.stage_duration.Add({{"stage", "commit"}}, StageBuckets());
}

Metrics::~Metrics() = default;

void Metrics::OnStatus(const ports::ShardStatus& status) {
  const MutexLock lock(body_->mutex);
  body_->Shard(status.shard).Set(status);
  body_->SetPartitions(status);
}

void Metrics::OnCommit(int shard, const ports::CommitSample& sample) {
  const MutexLock lock(body_->mutex);
  ShardChildren& children = body_->Shard(shard);
  children.transaction.Observe(sample.produce_s + sample.end_s);
  children.produce.Observe(sample.produce_s);
  children.end.Observe(sample.end_s);
  children.store.Observe(sample.store_s);
  if (sample.event_latency_s >= 0) body_->event_to_emit->Observe(sample.event_latency_s);
  if (sample.timer_latency_s >= 0) body_->timer_to_emit->Observe(sample.timer_latency_s);
  if (sample.event_skew_s >= 0) body_->event_skew->Observe(sample.event_skew_s);
  for (std::size_t i = 0; i < body_->steps.size(); ++i) {
    body_->steps[i]->Observe(sample.step_s[i]);
  }
  body_->commit->Observe(sample.produce_s + sample.end_s + sample.store_s);
}

void Metrics::OnChanges(std::span<const pipeline::ChangeNote> changes) {
  for (const pipeline::ChangeNote& change : changes) {
    body_->families.transitions
        .Add({{"from", SegmentLabel(change.previous)},
              {"to", SegmentLabel(change.current)},
              {"reason", std::string(change.reason)},
              {"at_risk", std::string(AtRiskLabel(change.crossing))}})
        .Increment();
  }
}

void Metrics::OnAlerts(std::span<const pipeline::AlertNote> alerts) {
  for (const pipeline::AlertNote& alert : alerts) {
    body_->families.crossings.Add({{"to", std::string(risk::CrossingName(alert.crossing))}})
        .Increment();
  }
}

void Metrics::OnHttpRequest(std::string_view route, std::string_view method, int status,
                            double seconds) {
  const prometheus::Labels labels{{"route", std::string(route)}, {"method", std::string(method)}};
  body_->families.surface.http_duration.Add(labels, LatencyBuckets()).Observe(seconds);
  body_->families.surface.http_requests
      .Add(ShardChildren::With(labels, "code", fmt::format("{}", status).c_str()))
      .Increment();
}

void Metrics::OnLogMessage(std::string_view level) {
  body_->families.surface.log_messages.Add({{"level", std::string(level)}}).Increment();
}

void Metrics::SetModel(const ModelIdentity& model) {
  const MutexLock lock(body_->mutex);
  Families& f = body_->families;
  if (body_->model != nullptr) f.model_info.Remove(body_->model);
  std::set<SegmentId> segments;
  for (const auto& [id, name] : model.names) segments.insert(id);
  body_->members.SetModel(std::move(segments));
  body_->ShowMembers();
  for (prometheus::Gauge* name : body_->segment_names) f.segment_info.Remove(name);
  body_->segment_names.clear();
  body_->model = &f.model_info.Add({{"version", model.version},
                                    {"k", fmt::format("{}", model.segments)},
                                    {"kind", model.embedding}});
  body_->model->Set(1);
  for (const auto& [id, name] : model.names) {
    prometheus::Gauge& info =
        f.segment_info.Add({{"segment", model::SegmentText(id)}, {"name", name}});
    info.Set(1);
    body_->segment_names.push_back(&info);
  }
}

void Metrics::SetModelFailures(std::uint64_t total) {
  const MutexLock lock(body_->mutex);
  body_->model_failures.Set(total);
}

void Metrics::SetLearning(const train::LiveStatus& trainer) {
  const MutexLock lock(body_->mutex);
  body_->learning.Set(trainer);
}

void Metrics::OnRetrain(double seconds) {
  const MutexLock lock(body_->mutex);
  body_->learning.OnRetrain(seconds);
}

void Metrics::SetPhase(std::string_view phase) {
  for (std::size_t i = 0; i < kPhases.size(); ++i)
    body_->phases[i]->Set(kPhases[i] == phase ? 1 : 0);
}

std::string Metrics::Text() const {
  std::vector<prometheus::MetricFamily> families = body_->registry.Collect();
  std::vector<prometheus::MetricFamily> process = CollectProcessStats();
  std::move(process.begin(), process.end(), std::back_inserter(families));
  return prometheus::TextSerializer{}.Serialize(families);
}

}  // namespace segmentd::telemetry
