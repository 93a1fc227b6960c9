#pragma once

#include <map>
#include <string>

#include "segmentd/train/live_trainer.h"
#include "telemetry/families.h"

namespace segmentd::telemetry {

// What the trainer tells; absent in a process that has none. One thread at a time.
class LearningChildren {
 public:
  explicit LearningChildren(prometheus::Registry& registry) : families_(registry) {}

  void Set(const train::LiveStatus& trainer);
  void OnRetrain(double seconds);

 private:
  void SetReport(const learn::Report& report);
  static void Follow(prometheus::Counter& counter, std::uint64_t now, std::uint64_t& before);
  void SetGauge(Gauges& family, const prometheus::Labels& labels, double value);

  LearningFamilies families_;
  std::map<std::string, std::uint64_t> outcomes_;
  std::uint64_t alarms_ = 0;
};

}  // namespace segmentd::telemetry
