#pragma once

#include <vector>

#include "segmentd/ports/probe.h"

namespace segmentd::support {

class RecordingProbe final : public ports::Probe {
 public:
  void OnStatus(const ports::ShardStatus& status) override {
    last = status;
    if (!status.problem.empty()) problems.push_back(status.problem);
  }
  void OnCommit(int, const ports::CommitSample& sample) override { commits.push_back(sample); }
  void OnChanges(std::span<const pipeline::ChangeNote> notes) override {
    changes.insert(changes.end(), notes.begin(), notes.end());
  }

  void OnAlerts(std::span<const pipeline::AlertNote> notes) override {
    alerts.insert(alerts.end(), notes.begin(), notes.end());
  }

  ports::ShardStatus last;
  std::vector<std::string> problems;
  std::vector<ports::CommitSample> commits;
  std::vector<pipeline::ChangeNote> changes;
  std::vector<pipeline::AlertNote> alerts;
};

}  // namespace segmentd::support
