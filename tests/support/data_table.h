#pragma once

#include <Eigen/Core>
#include <algorithm>
#include <cmath>
#include <fstream>
#include <limits>
#include <set>
#include <sstream>
#include <string>
#include <vector>

#include "support/public_data.h"

namespace segmentd {

struct DataTable {
  std::vector<std::string> names;
  Eigen::MatrixXd values;  // a row per name, a column per line; an empty cell is NaN

  bool absent() const { return values.size() == 0; }
};

// The columns of a CSV file from `first` on.
inline DataTable ReadData(const std::string& name, int first) {
  std::ifstream file(PathOfData(name));
  const auto cells_of = [first](const std::string& line, const auto& take) {
    std::stringstream cells(line + ",");
    std::string cell;
    for (int i = 0; std::getline(cells, cell, ','); ++i) {
      if (i >= first) take(cell);
    }
  };
  DataTable table;
  std::vector<double> values;
  Eigen::Index points = 0;
  std::string line;
  std::getline(file, line);
  cells_of(line, [&](const std::string& cell) { table.names.push_back(cell); });
  for (; std::getline(file, line); ++points) {
    cells_of(line, [&](const std::string& cell) {
      values.push_back(cell.empty() ? std::numeric_limits<double>::quiet_NaN() : std::stod(cell));
    });
  }
  if (points > 0) {
    table.values = Eigen::Map<Eigen::MatrixXd>(
        values.data(), static_cast<Eigen::Index>(values.size()) / points, points);
  }
  return table;
}

inline void ImputeMedian(Eigen::MatrixXd& values) {
  for (Eigen::Index i = 0; i < values.rows(); ++i) {
    std::vector<double> present;
    for (const double value : values.row(i)) {
      if (!std::isnan(value)) present.push_back(value);
    }
    std::sort(present.begin(), present.end());
    const double median = (present[(present.size() - 1) / 2] + present[present.size() / 2]) / 2;
    for (double& value : values.row(i)) value = std::isnan(value) ? median : value;
  }
}

// 8,950 holders of credit cards in 17 columns, imputed, those of money and counts as logarithms.
inline DataTable ReadCreditCards() {
  DataTable table = ReadData("CC_GENERAL.csv", 1);
  if (table.absent()) return table;
  ImputeMedian(table.values);
  const std::set<std::string> grown = {
      "BALANCE",      "PURCHASES",       "ONEOFF_PURCHASES", "INSTALLMENTS_PURCHASES",
      "CASH_ADVANCE", "CREDIT_LIMIT",    "CASH_ADVANCE_TRX", "PURCHASES_TRX",
      "PAYMENTS",     "MINIMUM_PAYMENTS"};
  for (std::size_t i = 0; i < table.names.size(); ++i) {
    auto row = table.values.row(static_cast<Eigen::Index>(i)).array();
    if (grown.contains(table.names[i])) row = row.log1p().eval();
  }
  return table;
}

inline Eigen::MatrixXf Standardised(Eigen::MatrixXd values) {
  values.colwise() -= values.rowwise().mean().eval();
  const Eigen::VectorXd deviation =
      (values.rowwise().squaredNorm() / static_cast<double>(values.cols())).cwiseSqrt();
  return (values.array().colwise() / deviation.array()).cast<float>();
}

}  // namespace segmentd
