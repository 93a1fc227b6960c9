#include "telemetry/families.h"

#include <string>

namespace segmentd::telemetry {
namespace {

Counters& MakeCounters(prometheus::Registry& registry, const std::string& name, const char* help) {
  return prometheus::BuildCounter().Name("segmentd_" + name).Help(help).Register(registry);
}

Gauges& MakeGauges(prometheus::Registry& registry, const std::string& name, const char* help) {
  return prometheus::BuildGauge().Name("segmentd_" + name).Help(help).Register(registry);
}

Histograms& MakeHistograms(prometheus::Registry& registry, const std::string& name,
                           const char* help) {
  return prometheus::BuildHistogram().Name("segmentd_" + name).Help(help).Register(registry);
}

}  // namespace

RekeyFamilies::RekeyFamilies(prometheus::Registry& r)
    : records(MakeCounters(r, "rekeyed_records_total", "Records copied to their customer's key")),
      lag(MakeGauges(r, "rekey_lag_records", "Records waiting to be copied")) {}

TroubleFamilies::TroubleFamilies(prometheus::Registry& r)
    : errors(MakeCounters(r, "kafka_errors_total", "Errors, by what was done about them")),
      fencing(MakeCounters(r, "fencing_total", "Producers fenced, partitions lost")),
      rebalances(MakeCounters(r, "kafka_rebalances_total", "Changes of ownership")),
      rebalance_duration(MakeHistograms(r, "rebalance_duration_seconds",
                                        "From a call to give partitions up until that was done")),
      disk_free(MakeGauges(r, "state_disk_free_bytes", "Free where the state lies")),
      overlay_bytes(MakeGauges(r, "overlay_bytes", "Customers' bytes that wait for a commit")) {}

ProgressFamilies::ProgressFamilies(prometheus::Registry& r)
    : lag_records(MakeGauges(r, "kafka_consumer_lag_records", "Records waiting")),
      lag_seconds(MakeGauges(r, "kafka_consumer_lag_seconds",
                             "Age of the oldest waiting record, 0 when none waits")),
      held_back(
          MakeGauges(r, "input_lso_blocked_seconds",
                     "How long a transaction upstream has held input back, 0 when none does")),
      watermark(MakeGauges(r, "watermark_timestamp_seconds", "A partition's event-time clock")),
      watermark_lag(MakeGauges(r, "watermark_lag_seconds",
                               "How far a partition's clock is behind the wall clock")),
      drained(MakeGauges(r, "partition_drained", "1 when it is proved that nothing waits")) {}

StoreFamilies::StoreFamilies(prometheus::Registry& r)
    : restore_duration(MakeHistograms(r, "state_restore_duration_seconds",
                                      "From opening a store to a partition that runs")),
      bytes(MakeGauges(r, "state_bytes", "Bytes of the store's tables")),
      customers(MakeGauges(r, "state_customers", "Customers in the store, about")),
      age(MakeGauges(r, "checkpoint_age_seconds", "How far the store is behind what is committed")),
      compaction_bytes(MakeGauges(r, "rocksdb_pending_compaction_bytes",
                                  "Bytes of the store that wait to be merged")),
      memtable_bytes(
          MakeGauges(r, "rocksdb_memtable_bytes", "Bytes of the store's newest writes, in memory")),
      errors(MakeGauges(r, "store_background_errors", "Failures of the store's own work")),
      stopped(MakeGauges(r, "store_write_stopped", "1 while the store takes no writes")) {}

LearningFamilies::LearningFamilies(prometheus::Registry& r)
    : customers(MakeGauges(r, "trainer_customers", "Customers held to learn from")),
      fresh(MakeGauges(r, "trainer_fresh_samples", "Samples since the last retrain")),
      updates(MakeCounters(r, "model_updates_total", "Retrains, by what came of them")),
      duration(MakeHistograms(r, "model_update_duration_seconds", "Time that a retrain took")),
      published(MakeGauges(r, "model_published_timestamp_seconds",
                           "When the trainer last let a model score")),
      disagreement(MakeGauges(r, "model_shadow_disagreement_ratio",
                              "Share of samples that a challenger on trial places elsewhere")),
      alarm(MakeGauges(r, "model_drift_alarm", "1 while drift makes a retrain due early")),
      alarms(MakeCounters(r, "model_drift_alarms_total", "Times that drift did so")),
      feature_psi(MakeGauges(r, "feature_drift_psi", "Population stability index, by feature")),
      share_psi(MakeGauges(r, "segment_share_psi", "The same of the segments' shares")),
      silhouette(MakeGauges(r, "model_silhouette_ratio", "Of the last retrain")),
      davies_bouldin(MakeGauges(r, "model_davies_bouldin", "Of the last retrain")),
      calinski_harabasz(MakeGauges(r, "model_calinski_harabasz", "Of the last retrain")),
      inertia(MakeGauges(r, "model_inertia", "Of the last retrain")),
      error(MakeGauges(r, "model_reconstruction_error", "Of the last retrain, held-out customers")),
      churn(MakeGauges(r, "model_assignment_churn_ratio",
                       "Share of customers that the last retrain would move")) {}

MemberFamilies::MemberFamilies(prometheus::Registry& r)
    : members(MakeGauges(r, "segment_members", "Customers in a segment, of partitions that run")),
      ratio(MakeGauges(r, "segment_members_ratio", "Their share of this process's customers")) {}

SurfaceFamilies::SurfaceFamilies(prometheus::Registry& r)
    : http_requests(MakeCounters(r, "http_requests_total", "HTTP requests answered")),
      http_duration(MakeHistograms(r, "http_request_duration_seconds", "Time to answer")),
      log_messages(MakeCounters(r, "log_messages_total", "Lines logged, by level")) {}

Families::Families(prometheus::Registry& r)
    : rekey(r),
      surface(r),
      trouble(r),
      progress(r),
      store(r),
      member(r),
      build_info(MakeGauges(r, "build_info", "1; what runs")),
      config_info(MakeGauges(r, "config_info", "1; a hash of the configuration in force")),
      start_time(MakeGauges(r, "start_time_seconds", "When the daemon started")),
      phase(MakeGauges(r, "phase", "1 for the current phase")),
      model_info(MakeGauges(r, "model_info", "1; the model that scores")),
      segment_info(MakeGauges(r, "segment_info", "1; a segment's name, to join by segment")),
      model_failures(
          MakeCounters(r, "model_load_failures_total", "Published models that cannot be used")),
      records_consumed(MakeCounters(r, "records_consumed_total", "Input records processed")),
      record_bytes(MakeCounters(r, "record_bytes_total", "Bytes of input values processed")),
      records_dropped(MakeCounters(r, "records_dropped_total", "Valid records without effect")),
      dead_letters(MakeCounters(r, "dead_letter_records_total", "Records refused, by code")),
      events_processed(MakeCounters(r, "events_processed_total", "Records accepted")),
      late_events(
          MakeCounters(r, "late_events_total", "Events older than their customer's newest")),
      events_without_id(MakeCounters(r, "events_without_id_total", "Events without event_id")),
      transitions(MakeCounters(r, "segment_transitions_total", "Changes of segment published")),
      suppressed(MakeCounters(r, "transitions_suppressed_total", "Decisions not taken")),
      crossings(MakeCounters(r, "at_risk_crossings_total", "Risk states entered or left")),
      followed(MakeCounters(r, "model_followed_customers_total", "Customers that met a new model")),
      samples(MakeCounters(r, "samples_total", "Customers' records given to be learned from")),
      future_events(MakeCounters(r, "future_events_total", "Events from the future")),
      lateness(MakeHistograms(r, "event_lateness_seconds",
                              "How far late events came behind their customer's newest instant")),
      timers_fired(MakeCounters(r, "timers_fired_total", "Looks at silent customers, by kind")),
      timer_delay(MakeHistograms(r, "timer_lateness_seconds",
                                 "From a timer's deadline to its firing, by the wall clock")),
      event_to_emit(MakeHistograms(r, "event_to_emit_duration_seconds",
                                   "The newest event's time at the broker, or the oldest "
                                   "deadline, to the commit of what came of it")),
      event_skew(MakeHistograms(r, "event_time_skew_seconds",
                                "The newest event's own time to its commit")),
      stage_duration(MakeHistograms(r, "stage_duration_seconds",
                                    "Time in a stage, of all that a commit holds")),
      partition_state(MakeGauges(r, "partition_state", "1 for a partition's current state")),
      state_seconds(MakeGauges(r, "partition_state_seconds",
                               "How long a partition has been in its current state")),
      overdue(MakeGauges(r, "partition_overdue",
                         "1 when a partition has come no further for too long")),
      last_record(MakeGauges(r, "last_record_processed_timestamp_seconds",
                             "The broker's time of the newest record processed")),
      heartbeat(MakeGauges(r, "heartbeat_timestamp_seconds", "When its owner last lived")),
      timers_pending(MakeGauges(r, "timers_pending", "Timers armed, about")),
      restore_remaining(
          MakeGauges(r, "state_restore_remaining_records", "Changelog offsets still to read")),
      restored_offsets(MakeCounters(r, "restored_offsets_total", "Changelog offsets read back")),
      restore_eta(MakeGauges(r, "state_restore_eta_seconds",
                             "Time left of a restore at its rate until now")),
      restore_stalls(
          MakeCounters(r, "restore_stalls_total", "Restores begun again because they stood still")),
      partitions_assigned(MakeGauges(r, "partitions_assigned", "Partitions owned")),
      transactions(MakeCounters(r, "kafka_transactions_total", "Commits, by outcome")),
      transaction_duration(MakeHistograms(r, "kafka_transaction_duration_seconds",
                                          "Commits, from their first record to their end")),
      commit_duration(MakeHistograms(r, "commit_duration_seconds", "Commits, by phase")),
      last_commit(MakeGauges(r, "last_commit_timestamp_seconds", "When a shard last committed")),
      last_tick(
          MakeGauges(r, "loop_last_tick_timestamp_seconds", "When a shard's loop last turned")),
      producer_recycles(MakeCounters(r, "producer_recycles_total", "Producers made anew")),
      cache_customers(MakeGauges(r, "cache_customers", "Customers held in memory")),
      cache_bytes(MakeGauges(r, "cache_bytes", "Their bytes")),
      cache_hits(MakeCounters(r, "cache_hits_total", "Customers found in memory")),
      cache_misses(MakeCounters(r, "cache_misses_total", "Customers read from the store")) {}

}  // namespace segmentd::telemetry
