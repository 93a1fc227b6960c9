#include "movement.h"

#include "segmentd/learn/placing.h"
#include "segmentd/model/agreement.h"
#include "segmentd/model/succession.h"

namespace segmentd::learn {
namespace {

// Of each row the line that its segment is of.
std::vector<int> Lines(const model::Succession& succession, const model::Bundle& bundle,
                       const std::vector<int>& labels) {
  std::vector<int> of_segment;
  for (const model::Segment& segment : bundle.segments) {
    of_segment.push_back(static_cast<int>(succession.LineOf(segment.id).value()));
  }
  std::vector<int> lines;
  lines.reserve(labels.size());
  for (const int label : labels) lines.push_back(of_segment[static_cast<std::size_t>(label)]);
  return lines;
}

}  // namespace

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
  const model::Succession succession(challenger);
  report.adjusted_rand = model::AdjustedRand(Lines(succession, champion, before),
                                             Lines(succession, challenger, after));
  report.mutual_information = model::MutualInformation(before, after);
  return report;
}

}  // namespace segmentd::learn
