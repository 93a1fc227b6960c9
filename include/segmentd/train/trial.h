#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "segmentd/base/ids.h"
#include "segmentd/base/result.h"
#include "segmentd/feature/feature_set.h"
#include "segmentd/learn/placing.h"
#include "segmentd/learn/reservoir.h"
#include "segmentd/model/bundle.h"
#include "segmentd/model/succession.h"

namespace segmentd::train {

// A bundle made ready to place customers by their records. Shared, immutable.
struct Seat {
  std::string version;  // empty: nobody sits there
  std::shared_ptr<const model::Bundle> bundle;
  std::shared_ptr<const feature::FeatureSet> features;

  static Result<Seat> Take(std::string version, model::Bundle bundle);
  bool empty() const { return bundle == nullptr; }
  learn::Schema schema() const;
  // The customers as of their own samples. kCorruption: a record is none.
  Result<learn::Placed> Place(const std::vector<learn::Reservoir::Held>& customers) const;
};

// A challenger scored in silence beside the champion, on what comes in.
class Trial {
 public:
  struct Move {
    SegmentId from;
    SegmentId to;
    std::uint64_t samples = 0;
  };
  struct Told {
    std::string challenger;
    std::int64_t since_ms = 0;  // event time
    std::int64_t until_ms = 0;
    std::uint64_t samples = 0;
    std::uint64_t differing = 0;  // placed elsewhere than where their segment went
    std::vector<Move> matrix;     // what occurred, ascending

    double disagreement() const {
      return samples > 0 ? static_cast<double>(differing) / static_cast<double>(samples) : 0;
    }
  };

  Trial(Seat challenger, std::int64_t since_ms, std::int64_t until_ms);

  // champion: where it places the same customers.
  Status Score(const std::vector<learn::Reservoir::Held>& customers, const model::Bundle& champion,
               const learn::Placed& placed);
  Told told() const;
  const Seat& challenger() const { return challenger_; }

 private:
  Seat challenger_;
  model::Succession succession_;
  Told told_;
  std::map<std::pair<SegmentId, SegmentId>, std::uint64_t> counts_;
};

// {"samples","disagreement","since","until","matrix":[{"from","to","samples"}]}.
std::string TrialJson(const Trial::Told& told);

}  // namespace segmentd::train
