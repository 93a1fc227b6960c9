#include "runtime/drain.h"

#include <vector>

namespace segmentd::runtime {
namespace {

constexpr std::int64_t kAskMs = 200;

}  // namespace

Status Drain::TakeEnds(ports::RecordSource& source, const ports::RecordSource::Counts& counts) {
  std::map<ports::InputPartition, Offset> ends;
  const std::pair<event::Source, int> topics[] = {
      {event::Source::kTransactions, counts.transactions},
      {event::Source::kProfiles, counts.profiles}};
  for (const auto& [topic, partitions] : topics) {
    for (int p = 0; p < partitions; ++p) {
      const ports::InputPartition input{topic, Partition{p}};
      SEGMENTD_ASSIGN_OR_RETURN(const auto range, source.QueryRange(input));
      // Nothing to read is nothing to wait for.
      if (range.end > range.low) ends[input] = range.end;
    }
  }
  open_ = std::move(ends);
  ready_ = true;
  return Ok();
}

void Drain::Committed(const ports::InputPartition& input, Offset next) {
  const auto at = open_.find(input);
  if (at != open_.end() && next >= at->second) open_.erase(at);
}

bool Drain::AtEnd(const ports::InputPartition& input, Offset next) const {
  const auto at = open_.find(input);
  return at == open_.end() || next >= at->second;
}

Status Drain::Watch(ports::RecordSource& source, std::int64_t now_ms) {
  if (!ready_ || open_.empty() || now_ms - asked_ms_ < kAskMs) return Ok();
  asked_ms_ = now_ms;
  std::vector<ports::InputPartition> asked;
  for (const auto& [input, end] : open_) asked.push_back(input);
  SEGMENTD_ASSIGN_OR_RETURN(const auto committed, source.Committed(asked));
  for (std::size_t i = 0; i < asked.size(); ++i) {
    if (committed[i]) Committed(asked[i], *committed[i]);
  }
  return Ok();
}

}  // namespace segmentd::runtime
