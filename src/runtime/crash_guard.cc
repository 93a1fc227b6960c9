#include "runtime/crash_guard.h"

#include <algorithm>

namespace segmentd::runtime {
namespace {

constexpr int kCrashesMax = 3;
// More than a commit holds: what crashed is among what was not committed.
constexpr std::int64_t kWatchedRecords = 100'000;

}  // namespace

CrashGuard::CrashGuard(Partition partition, ports::Attempts* attempts)
    : partition_(partition), attempts_(attempts) {
  if (attempts_ == nullptr || !attempts_->unclean()) return;
  left_ = attempts_->Left(partition_);
  watched_ = kWatchedRecords;
}

bool CrashGuard::Suspects(const event::RawRecord& record) const {
  return left_ && record.source == left_->source && record.offset >= left_->first &&
         record.offset <= left_->last;
}

std::size_t CrashGuard::Together(std::span<const event::RawRecord> records) const {
  if (watched_ <= 0 || records.empty()) return records.size();
  if (Suspects(records.front())) return 1;
  // An attempt is of one topic.
  const auto end = std::find_if(records.begin(), records.end(), [&](const auto& record) {
    return record.source != records.front().source || Suspects(record);
  });
  return static_cast<std::size_t>(end - records.begin());
}

bool CrashGuard::Condemned(const event::RawRecord& record) const {
  return Suspects(record) && left_->crashes >= kCrashesMax;
}

Status CrashGuard::Begin(std::span<const event::RawRecord> slice) {
  if (watched_ <= 0) return Ok();
  const event::RawRecord& front = slice.front();
  ports::Attempt attempt{front.source, front.offset, slice.back().offset, 0};
  const bool alone = slice.size() == 1;
  const bool again = Suspects(front) && left_->first == left_->last;
  if (alone) attempt.crashes = again ? left_->crashes + 1 : 1;
  return attempts_->Begin(partition_, attempt);
}

void CrashGuard::End(std::span<const event::RawRecord> slice) {
  if (watched_ <= 0) return;
  watched_ -= static_cast<std::int64_t>(slice.size());
  attempts_->End(partition_);
}

}  // namespace segmentd::runtime
