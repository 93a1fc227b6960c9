#pragma once

#include <cstdint>
#include <vector>

#include "segmentd/base/ids.h"
#include "segmentd/model/matrix.h"

namespace segmentd::learn {

struct MiniBatchOptions {
  std::int64_t half_life_ms = 7 * kDayMs;  // after so long a point counts half,
  double half_life_points_min = 5'000;     // and not before so many others have come
  double mass_max = 20'000;                // of a centroid: the newest always count for something
};

// Centroids that follow a stream of codes between retrains. Each is the mean of what came to it,
// the older the less; the start counts as `mass` points each. Deterministic in the order of
// batches. One thread.
class MiniBatch {
 public:
  MiniBatch(model::Matrix centroids, double mass, const MiniBatchOptions& options);

  // Every point goes to its nearest centroid as they stood before the batch. elapsed_ms: of event
  // time since the batch before.
  void Update(const model::Matrix& codes, const std::vector<double>& weights,
              std::int64_t elapsed_ms);
  // What was learned so far counts a twentieth: on a drift alarm.
  void Boost();

  const model::Matrix& centroids() const { return centroids_; }
  const std::vector<double>& masses() const { return masses_; }

 private:
  MiniBatchOptions options_;
  model::Matrix centroids_;
  std::vector<double> masses_;
};

}  // namespace segmentd::learn
