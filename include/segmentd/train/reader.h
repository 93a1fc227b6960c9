#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <vector>

#include "segmentd/base/result.h"
#include "segmentd/event/decoder.h"
#include "segmentd/event/event.h"
#include "segmentd/train/trainer.h"

namespace segmentd::train {

struct BadRow {
  std::uint64_t line = 0;  // of the file, from 1; where the row begins
  event::RejectCode code = event::RejectCode::kMalformed;
  std::string message;
};

struct ReadReport {
  std::uint64_t rows = 0;  // without header and blank lines
  std::uint64_t events = 0;
  std::uint64_t bad = 0;  // rows - events
  std::map<event::RejectCode, std::uint64_t> bad_by_code;
  std::vector<BadRow> first_bad;  // at most five
};

// Takes one event; its views end with the call.
using EventSink = std::function<void(const event::Event&)>;
// Bytes of the file (as it lies there, compressed or not) that are read, and its size.
using ByteProgress = std::function<void(std::uint64_t done, std::uint64_t total)>;

// Reads a file of transactions in one pass and in bounded memory. The ending tells what it holds:
// .jsonl, .ndjson or .json: one JSON object per line; .csv, .tsv or .txt: RFC 4180 with a header,
// delimited by comma, semicolon or tab as the header is; each may be followed by .gz or .zst.
// format.fields maps our fields to JSON paths or to columns; format.time is that of event_time,
// where CSV also knows "2026-11-20 10:15:02" and "2026-11-20", both UTC. What only a topic has
// (framing, keys) does not count. A row that cannot be used is counted under the code under which a
// topic's record would be refused. Not checked here: lateness and duplicates. kNotFound: no such
// file. kConfig: an ending, column or mapping that does not fit, said with the nearest name; or no
// row could be used. kCorruption: damaged compression. After an error the sink may have seen a part
// of the file.
Result<ReadReport> ReadEvents(const std::string& path, const event::Format& format,
                              const EventSink& sink, const ByteProgress& progress);

// The same, into a history.
Result<ReadReport> ReadHistory(const std::string& path, const event::Format& format,
                               const ByteProgress& progress, History& history);

}  // namespace segmentd::train
