#pragma once

#include <vector>

#include "segmentd/learn/rows.h"
#include "segmentd/model/bundle.h"

namespace segmentd::learn {

// Rows as a bundle sees them; features that it knows and they do not are missing. Whole blocks are
// cut to the rows.
struct Placed {
  model::Matrix scaled;
  model::Matrix codes;
  std::vector<int> labels;  // index into the bundle's segments: the nearest
  model::Vector errors;     // of reconstruction; none without a decoder
};

Placed Place(const model::Bundle& bundle, const Rows& rows);

// The weight of each feature where a row knows it, else 0; d x rows.
model::Matrix Limits(const model::Scaler& scaler, const model::RawMatrix& values);

// Per column the mean squared distance between the scaled values that are known and what the codes
// give back of them, in the features' own spreads. The columns need not be whole blocks.
model::Vector Errors(const model::Decoder& decoder, const model::Matrix& scaled,
                     const model::Matrix& codes, const model::Matrix& limits);

// The codes of columns that need not be whole blocks.
model::Matrix Codes(const model::Embedding& embedding, const model::Matrix& scaled);

// The weight of each pair of labels: first(i), second(j).
Eigen::MatrixXd Overlap(const std::vector<int>& first, Eigen::Index firsts,
                        const std::vector<int>& second, Eigen::Index seconds,
                        const std::vector<double>& weights);

}  // namespace segmentd::learn
