#pragma once

#include <fmt/format.h>

#include <array>
#include <optional>
#include <string>
#include <utility>

#include "segmentd/ports/probe.h"
#include "telemetry/count_totals.h"
#include "telemetry/families.h"
#include "telemetry/trouble_children.h"

namespace segmentd::telemetry {

inline double ToSeconds(std::int64_t instant_ms) { return static_cast<double>(instant_ms) / 1000; }

// What is shown of a partition while a shard owns it; taken down when it leaves.
class PartitionChildren {
 public:
  PartitionChildren(Families& families, const std::string& topic, Partition partition)
      : families_(families),
        labels_{{"topic", topic}, {"partition", fmt::format("{}", partition.value())}},
        drained_(families.progress.drained.Add(labels_)),
        held_back_(families.progress.held_back.Add(labels_)),
        timers_(families.timers_pending.Add(labels_)),
        restore_remaining_(families.restore_remaining.Add(labels_)),
        restored_counter_(families.restored_offsets.Add(labels_)),
        restored_(restored_counter_),
        stalls_counter_(families.restore_stalls.Add(labels_)),
        stalls_(stalls_counter_),
        state_seconds_(families.state_seconds.Add(labels_)),
        overdue_(families.overdue.Add(labels_)),
        heartbeat_(families.heartbeat.Add(labels_)),
        store_(families.store, labels_) {
    for (std::size_t i = 0; i < states_.size(); ++i) {
      prometheus::Labels labels = labels_;
      labels.emplace("state", ports::TaskStateName(static_cast<ports::TaskState>(i)));
      states_[i] = &families.partition_state.Add(labels);
    }
  }
  PartitionChildren(const PartitionChildren&) = delete;
  PartitionChildren& operator=(const PartitionChildren&) = delete;

  ~PartitionChildren() {
    families_.restore_remaining.Remove(&restore_remaining_);
    families_.restored_offsets.Remove(&restored_counter_);
    families_.restore_stalls.Remove(&stalls_counter_);
    families_.state_seconds.Remove(&state_seconds_);
    families_.overdue.Remove(&overdue_);
    families_.heartbeat.Remove(&heartbeat_);
    if (last_record_ != nullptr) families_.last_record.Remove(last_record_);
    if (restore_eta_ != nullptr) families_.restore_eta.Remove(restore_eta_);
    for (prometheus::Gauge* state : states_) families_.partition_state.Remove(state);
    if (lag_records_ != nullptr) families_.progress.lag_records.Remove(lag_records_);
    if (lag_seconds_ != nullptr) families_.progress.lag_seconds.Remove(lag_seconds_);
    if (watermark_ != nullptr) families_.progress.watermark.Remove(watermark_);
    if (watermark_lag_ != nullptr) families_.progress.watermark_lag.Remove(watermark_lag_);
    families_.progress.drained.Remove(&drained_);
    families_.progress.held_back.Remove(&held_back_);
    families_.timers_pending.Remove(&timers_);
  }

  int reporter = 0;  // the shard that named the partition last
  std::optional<ports::Members> members;

  void Set(const ports::PartitionStatus& status, std::int64_t now_ms) {
    for (std::size_t i = 0; i < states_.size(); ++i) {
      states_[i]->Set(static_cast<std::size_t>(status.state) == i ? 1 : 0);
    }
    restore_remaining_.Set(static_cast<double>(status.restore_remaining));
    restored_.Set(status.restored);
    stalls_.Set(status.restore_stalls);
    state_seconds_.Set(status.state_s);
    overdue_.Set(status.overdue ? 1 : 0);
    heartbeat_.Set(ToSeconds(now_ms));
    store_.Set(status);
    if (status.restore_eta_s >= 0) {
      Lazy(families_.restore_eta, restore_eta_).Set(status.restore_eta_s);
    } else if (restore_eta_ != nullptr) {
      families_.restore_eta.Remove(std::exchange(restore_eta_, nullptr));
    }
    // What is not known yet is absent, not 0.
    if (status.last_record_ms >= 0) {
      Lazy(families_.last_record, last_record_).Set(ToSeconds(status.last_record_ms));
    }
    if (status.lag_records >= 0) {
      Lazy(families_.progress.lag_records, lag_records_)
          .Set(static_cast<double>(status.lag_records));
      Lazy(families_.progress.lag_seconds, lag_seconds_).Set(status.lag_seconds);
    }
    if (status.clock_ms != INT64_MIN) {
      Lazy(families_.progress.watermark, watermark_).Set(ToSeconds(status.clock_ms));
      Lazy(families_.progress.watermark_lag, watermark_lag_)
          .Set(ToSeconds(now_ms - status.clock_ms));
    }
    drained_.Set(status.drained ? 1 : 0);
    held_back_.Set(status.held_back_s);
    timers_.Set(static_cast<double>(status.timers));
  }

 private:
  prometheus::Gauge& Lazy(Gauges& family, prometheus::Gauge*& child) {
    if (child == nullptr) child = &family.Add(labels_);
    return *child;
  }

  Families& families_;
  const prometheus::Labels labels_;
  prometheus::Gauge& drained_;
  prometheus::Gauge& held_back_;
  prometheus::Gauge& timers_;
  prometheus::Gauge& restore_remaining_;
  prometheus::Counter& restored_counter_;
  Total restored_;
  prometheus::Counter& stalls_counter_;
  Total stalls_;
  prometheus::Gauge& state_seconds_;
  prometheus::Gauge& overdue_;
  prometheus::Gauge& heartbeat_;
  StoreChildren store_;
  std::array<prometheus::Gauge*, ports::kTaskStates> states_{};
  prometheus::Gauge* lag_records_ = nullptr;
  prometheus::Gauge* lag_seconds_ = nullptr;
  prometheus::Gauge* watermark_ = nullptr;
  prometheus::Gauge* last_record_ = nullptr;
  prometheus::Gauge* restore_eta_ = nullptr;
  prometheus::Gauge* watermark_lag_ = nullptr;
};

}  // namespace segmentd::telemetry
