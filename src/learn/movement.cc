#include "movement.h"

#include "segmentd/learn/placing.h"
#include "segmentd/model/agreement.h"

namespace segmentd::learn {

MovementReport MeasureMovement(const model::Bundle& champion, const std::vector<int>& before,
                               const model::Bundle& challenger, const std::vector<int>& after,
                               const std::vector<double>& weights) {
  MovementReport report;
  report.matrix = Overlap(before, static_cast<Eigen::Index>(champion.segments.size()), after,
                          static_cast<Eigen::Index>(challenger.segments.size()), weights);
  double moved = 0;
  double all = 0;
  for (std::size_t i = 0; i < before.size(); ++i) {
    all += weights[i];
    if (champion.segments[static_cast<std::size_t>(before[i])].id !=
        challenger.segments[static_cast<std::size_t>(after[i])].id) {
      moved += weights[i];
    }
  }
  report.moved = all > 0 ? moved / all : 0;
  report.adjusted_rand = model::AdjustedRand(before, after);
  report.mutual_information = model::MutualInformation(before, after);
  return report;
}

}  // namespace segmentd::learn
