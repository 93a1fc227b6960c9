#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "segmentd/base/ids.h"

namespace segmentd::pipeline {

// A sample piece by piece; its segment, which is known last, may stand last.
void WriteSampleRecord(std::int64_t as_of_ms, std::string_view record, std::string& out);
// Names longer than any that people give are left out: a sample has to fit into its topic.
void WriteSampleNames(std::string_view category, std::string_view channel, std::string& out);
void WriteSampleAttribute(std::string_view name, std::string_view value, std::string& out);
void WriteSampleSegment(SegmentId segment, std::string& out);

}  // namespace segmentd::pipeline
