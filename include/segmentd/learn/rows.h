#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "segmentd/model/matrix.h"

namespace segmentd::learn {

// What the rows of a matrix mean, and which of the names are values of profile attributes.
struct Schema {
  std::vector<std::string> features;
  std::vector<std::string> profile_numbers;
  std::vector<std::string> profile_names;

  bool operator==(const Schema&) const = default;
};

// Snapshots to learn from, one per column. Several may be of one customer. The order of the columns
// is part of the seed: give them in one that does not depend on how they arrived.
struct Rows {
  Schema schema;
  model::RawMatrix values;               // features x rows; NaN (and infinity) is "missing"
  std::vector<std::uint64_t> customers;  // Hash64 of the id
  std::vector<std::int64_t> as_of_ms;
  std::vector<double> weights;  // how many customers a row stands for, as a share of one

  Eigen::Index size() const { return values.cols(); }
};

// A tenth of the customers are never trained on; models are judged by them. The same ones always.
bool IsHeldOut(std::uint64_t customer);

}  // namespace segmentd::learn
