#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "segmentd/base/ids.h"
#include "segmentd/base/result.h"

namespace segmentd::pipeline {

// A customer as an evaluation left it, for the trainer to learn from: a record of the samples
// topic. proto/segmentd/v1/sample.proto has the bytes.
struct Sample {
  std::int64_t as_of_ms = 0;
  SegmentId segment;   // under the model that scored; 0: none
  std::string record;  // as feature::EncodeRecord writes it; empty: there are the names alone
  // The record keeps names as hashes: these are the names that the cause said, to know them again.
  std::string category;
  std::string channel;
  std::vector<std::pair<std::string, std::string>> attributes;  // name, value
};

std::string EncodeSample(const Sample& sample);
// What is accepted can be learned from: a record, if there is one, decodes, and lies within years 1
// to 9999 and not beyond as_of_ms. kBadRecord for anything else.
Result<Sample> DecodeSample(std::string_view bytes);

// Whether a customer is among the share that is learned from: by a hash, so always the same ones,
// and those of a smaller share among those of a larger.
bool IsSampled(std::string_view customer_id, double share);

}  // namespace segmentd::pipeline
