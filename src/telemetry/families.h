#pragma once

#include <prometheus/counter.h>
#include <prometheus/family.h>
#include <prometheus/gauge.h>
#include <prometheus/histogram.h>
#include <prometheus/registry.h>

namespace segmentd::telemetry {

using Counters = prometheus::Family<prometheus::Counter>;
using Gauges = prometheus::Family<prometheus::Gauge>;
using Histograms = prometheus::Family<prometheus::Histogram>;

// Of the stage before the shards.
struct RekeyFamilies {
  explicit RekeyFamilies(prometheus::Registry& registry);

  Counters& records;
  Gauges& lag;
};

// Of what goes wrong, by shard.
struct TroubleFamilies {
  explicit TroubleFamilies(prometheus::Registry& registry);

  Counters& errors;
  Counters& fencing;
  Counters& rebalances;
  Histograms& rebalance_duration;
  Gauges& disk_free;
  Gauges& overlay_bytes;
};

// Of how far a partition has come in its input.
struct ProgressFamilies {
  explicit ProgressFamilies(prometheus::Registry& registry);

  Gauges& lag_records;
  Gauges& lag_seconds;
  Gauges& held_back;
  Gauges& watermark;
  Gauges& watermark_lag;
  Gauges& drained;
};

// Of the local stores, by partition.
struct StoreFamilies {
  explicit StoreFamilies(prometheus::Registry& registry);

  Histograms& restore_duration;  // of all of them
  Gauges& bytes;
  Gauges& customers;
  Gauges& age;
  Gauges& compaction_bytes;
  Gauges& memtable_bytes;
  Gauges& errors;
  Gauges& stopped;
};

// Of the trainer.
struct LearningFamilies {
  explicit LearningFamilies(prometheus::Registry& registry);

  Gauges& customers;
  Gauges& fresh;
  Counters& updates;
  Histograms& duration;
  Gauges& published;
  Gauges& disagreement;
  Gauges& alarm;
  Counters& alarms;
  Gauges& feature_psi;
  Gauges& share_psi;
  Gauges& silhouette;
  Gauges& davies_bouldin;
  Gauges& calinski_harabasz;
  Gauges& inertia;
  Gauges& error;
  Gauges& churn;
};

// Of how many customers are where.
struct MemberFamilies {
  explicit MemberFamilies(prometheus::Registry& registry);

  Gauges& members;
  Gauges& ratio;
};

// Of what people and programs see.
struct SurfaceFamilies {
  explicit SurfaceFamilies(prometheus::Registry& registry);

  Counters& http_requests;
  Histograms& http_duration;
  Counters& log_messages;
};

// Every metric's name and help, registered once. Names are promises to dashboards and alerts.
struct Families {
  explicit Families(prometheus::Registry& registry);

  RekeyFamilies rekey;
  SurfaceFamilies surface;
  TroubleFamilies trouble;
  ProgressFamilies progress;
  StoreFamilies store;
  MemberFamilies member;

  Gauges& build_info;
  Gauges& config_info;
  Gauges& start_time;
  Gauges& phase;
  Gauges& model_info;
  Gauges& segment_info;
  Counters& model_failures;

  Counters& records_consumed;
  Counters& record_bytes;
  Counters& records_dropped;
  Counters& dead_letters;
  Counters& events_processed;
  Counters& late_events;
  Counters& events_without_id;
  Counters& transitions;
  Counters& suppressed;
  Counters& crossings;
  Counters& followed;
  Counters& samples;
  Counters& future_events;
  Histograms& lateness;
  Counters& timers_fired;
  Histograms& timer_delay;
  Histograms& event_to_emit;
  Histograms& event_skew;
  Histograms& stage_duration;

  Gauges& partition_state;
  Gauges& state_seconds;
  Gauges& overdue;
  Gauges& last_record;
  Gauges& heartbeat;
  Gauges& timers_pending;
  Gauges& restore_remaining;
  Counters& restored_offsets;
  Gauges& restore_eta;
  Counters& restore_stalls;
  Gauges& partitions_assigned;

  Counters& transactions;
  Histograms& transaction_duration;
  Histograms& commit_duration;
  Gauges& last_commit;
  Gauges& last_tick;
  Counters& producer_recycles;

  Gauges& cache_customers;
  Gauges& cache_bytes;
  Counters& cache_hits;
  Counters& cache_misses;
};

}  // namespace segmentd::telemetry
