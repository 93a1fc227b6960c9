#include "assignment.h"

#include <algorithm>
#include <limits>

namespace segmentd::learn {
namespace {

using Index = Eigen::Index;
constexpr double kFar = std::numeric_limits<double>::infinity();

// The Hungarian method by shortest augmenting paths: rows are taken in one after the other, and
// potentials keep all reduced costs at 0 or above.
class Hungarian {
 public:
  explicit Hungarian(const Eigen::MatrixXd& costs)
      : costs_(costs),
        of_row_(Eigen::VectorXd::Zero(costs.rows())),
        of_column_(Eigen::VectorXd::Zero(costs.cols())),
        row_at_(static_cast<std::size_t>(costs.cols()), -1) {}

  std::vector<int> Run() {
    for (Index row = 0; row < costs_.rows(); ++row) Augment(row);
    std::vector<int> column_of(static_cast<std::size_t>(costs_.rows()), -1);
    for (std::size_t column = 0; column < row_at_.size(); ++column) {
      if (row_at_[column] >= 0) {
        column_of[static_cast<std::size_t>(row_at_[column])] = static_cast<int>(column);
      }
    }
    return column_of;
  }

 private:
  void Augment(Index start) {
    const auto columns = static_cast<std::size_t>(costs_.cols());
    std::vector<double> distance(columns, kFar);
    std::vector<Index> from(columns, -1);  // the column before on the path; -1: `start`
    std::vector<bool> reached(columns, false);
    std::vector<Index> path_rows = {start};
    Index row = start;
    Index column = -1;
    for (;;) {
      Index next = -1;
      for (std::size_t c = 0; c < columns; ++c) {
        if (reached[c]) continue;
        const auto at = static_cast<Index>(c);
        const double reduced = costs_(row, at) - of_row_(row) - of_column_(at);
        if (reduced < distance[c]) {
          distance[c] = reduced;
          from[c] = column;
        }
        if (next < 0 || distance[c] < distance[static_cast<std::size_t>(next)]) next = at;
      }
      const double step = distance[static_cast<std::size_t>(next)];
      for (const Index on_path : path_rows) of_row_(on_path) += step;
      for (std::size_t c = 0; c < columns; ++c) {
        if (reached[c]) {
          of_column_(static_cast<Index>(c)) -= step;
        } else {
          distance[c] -= step;
        }
      }
      reached[static_cast<std::size_t>(next)] = true;
      column = next;
      row = row_at_[static_cast<std::size_t>(column)];
      if (row < 0) break;
      path_rows.push_back(row);
    }
    while (column >= 0) {
      const Index before = from[static_cast<std::size_t>(column)];
      row_at_[static_cast<std::size_t>(column)] =
          before < 0 ? start : row_at_[static_cast<std::size_t>(before)];
      column = before;
    }
  }

  const Eigen::MatrixXd& costs_;
  Eigen::VectorXd of_row_;
  Eigen::VectorXd of_column_;
  std::vector<Index> row_at_;  // by column; -1: free
};

}  // namespace

std::vector<int> LeastCost(const Eigen::MatrixXd& costs) {
  if (costs.rows() <= costs.cols()) return Hungarian(costs).Run();
  const Eigen::MatrixXd turned = costs.transpose();
  const std::vector<int> row_of = Hungarian(turned).Run();
  std::vector<int> column_of(static_cast<std::size_t>(costs.rows()), -1);
  for (std::size_t column = 0; column < row_of.size(); ++column) {
    column_of[static_cast<std::size_t>(row_of[column])] = static_cast<int>(column);
  }
  return column_of;
}

}  // namespace segmentd::learn
