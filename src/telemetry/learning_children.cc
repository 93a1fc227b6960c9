#include "telemetry/learning_children.h"

namespace segmentd::telemetry {
namespace {

const prometheus::Histogram::BucketBoundaries& RetrainBuckets() {
  static const prometheus::Histogram::BucketBoundaries buckets = {.1, .5, 1,  2.5, 5,
                                                                  10, 30, 60, 300, 900};
  return buckets;
}

}  // namespace

void LearningChildren::Set(const train::LiveStatus& trainer) {
  SetGauge(families_.customers, {}, static_cast<double>(trainer.customers));
  SetGauge(families_.fresh, {}, static_cast<double>(trainer.fresh));
  for (const auto& [outcome, count] : trainer.outcomes) {
    Follow(families_.updates.Add({{"outcome", outcome}}), count, outcomes_[outcome]);
  }
  Follow(families_.alarms.Add({}), trainer.alarms, alarms_);
  if (trainer.last && trainer.last->state == "promoted") {
    SetGauge(families_.published, {}, static_cast<double>(trainer.last->at_ms) / 1000);
  }
  SetGauge(families_.disagreement, {}, trainer.trial ? trainer.trial->disagreement() : 0);
  SetGauge(families_.alarm, {}, trainer.alarm.empty() ? 0 : 1);
  SetGauge(families_.share_psi, {}, trainer.drift.shares.psi);
  for (std::size_t i = 0; i < trainer.drift.features.size(); ++i) {
    SetGauge(families_.feature_psi, {{"feature", trainer.bundle->features[i]}},
             trainer.drift.features[i].psi);
  }
  if (trainer.report) SetReport(*trainer.report);
}

void LearningChildren::SetReport(const learn::Report& report) {
  SetGauge(families_.silhouette, {}, report.clusters.silhouette);
  SetGauge(families_.davies_bouldin, {}, report.clusters.davies_bouldin);
  SetGauge(families_.calinski_harabasz, {}, report.clusters.calinski_harabasz);
  SetGauge(families_.inertia, {}, report.clusters.inertia);
  SetGauge(families_.error, {}, report.embedding.error);
  SetGauge(families_.churn, {}, report.movement.moved);
}

// A trainer that begins again counts from nothing; the counter goes on.
void LearningChildren::Follow(prometheus::Counter& counter, std::uint64_t now,
                              std::uint64_t& before) {
  if (now > before) counter.Increment(static_cast<double>(now - before));
  before = now;
}

void LearningChildren::OnRetrain(double seconds) {
  families_.duration.Add({}, RetrainBuckets()).Observe(seconds);
}

void LearningChildren::SetGauge(Gauges& family, const prometheus::Labels& labels, double value) {
  family.Add(labels).Set(value);
}

}  // namespace segmentd::telemetry
