#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "facts.h"
#include "segmentd/event/event.h"
#include "segmentd/event/raw_record.h"
#include "segmentd/pipeline/pipeline.h"

namespace segmentd::pipeline {

// A change as a CloudEvent in binary mode. headers: those of the causing record, whose trace and
// correlation are passed on; empty for causes without a record.
OutRecord ChangeRecord(const Options& options, const ChangeFacts& facts, Partition partition,
                       std::span<const event::Header> headers, std::int64_t wall_ms);

// A risk state entered or left, likewise; with a source and a count of its own.
OutRecord AlertRecord(const Options& options, const AlertFacts& facts, Partition partition,
                      std::span<const event::Header> headers, std::int64_t wall_ms);

OutRecord CustomerStateRecord(const Options& options, const StateFacts& facts, Partition partition);
// The customer is forgotten; ordinal as of its last change.
OutRecord CustomerStateTombstone(const Options& options, std::string_view customer_id,
                                 Partition partition, std::uint64_t ordinal);

// A sample without its value, which also says that a sample is no longer to be learned from.
OutRecord SampleRecord(std::string_view customer_id, Partition partition);

// The refused record as it came, with what was wrong in headers.
OutRecord DeadLetter(const Options& options, const event::RawRecord& record,
                     const event::Rejection& rejection);

}  // namespace segmentd::pipeline
