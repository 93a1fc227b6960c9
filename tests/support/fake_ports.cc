#include "support/fake_ports.h"

#include <algorithm>

#include "segmentd/base/assert.h"

namespace segmentd::support {

Status FakeSource::Subscribe(ports::RebalanceListener& listener) {
  listener_ = &listener;
  member_ = broker_.Join();
  return Ok();
}

Result<std::span<const event::RawRecord>> FakeSource::Poll(std::int64_t max_wait_ms,
                                                           int records_max) {
  records_.clear();
  if (meanwhile_) meanwhile_();
  const Status allowed = chaos_.At(Call::kPoll);
  if (!allowed.has_value()) {
    clock_.AdvanceMs(max_wait_ms);
    return tl::unexpected(allowed.error());
  }
  if (listener_ != nullptr) FollowGroup();
  // Brokers answer as they like: any number of records, of any partition first.
  std::vector<ports::InputPartition> order;
  for (const auto& [input, next] : reading_) order.push_back(input);
  if (!order.empty()) {
    const auto turn = static_cast<std::ptrdiff_t>(chaos_.random().Below(order.size()));
    std::rotate(order.begin(), order.begin() + turn, order.end());
  }
  for (const ports::InputPartition& input : order) {
    const std::size_t room = static_cast<std::size_t>(records_max) - records_.size();
    const std::size_t share = chaos_.random().Below(room + 1);
    const bool all = chaos_.random().Chance(0.5) || in_full_;
    Fetch(input, reading_[input], all ? room : share);
  }
  clock_.AdvanceMs(records_.empty() ? max_wait_ms
                                    : static_cast<std::int64_t>(chaos_.random().Below(60)));
  return std::span<const event::RawRecord>(records_);
}

void FakeSource::FollowGroup() {
  if (!broker_.Alive(member_)) {
    Revoke(/*lost=*/true);
    member_ = broker_.Join();
  }
  if (broker_.MustRevoke(member_)) {
    Revoke(/*lost=*/false);
    broker_.Acknowledge(member_);
  }
  if (const auto assignment = broker_.TakeAssignment(member_)) {
    owned_ = {assignment->begin(), assignment->end()};
    listener_->OnAssigned(*assignment);
  }
}

void FakeSource::Revoke(bool lost) {
  const std::vector<ports::InputPartition> gone(owned_.begin(), owned_.end());
  if (!gone.empty()) listener_->OnRevoked(gone, lost);
  owned_.clear();
  reading_.clear();
}

void FakeSource::Fetch(const ports::InputPartition& input, Offset& next, std::size_t records_max) {
  const std::string topic = FakeBroker::InputTopic(input.source);
  const auto& log = broker_.log(topic, input.partition);
  const Offset stable = broker_.LastStable(topic, input.partition);
  std::size_t taken = 0;
  for (; next < stable; next = Next(next)) {
    const FakeBroker::Entry& entry = log[static_cast<std::size_t>(next.value())];
    if (!entry.visible()) continue;
    if (taken == records_max) return;
    ++taken;
    records_.push_back(Show(input, next, entry));
  }
}

event::RawRecord FakeSource::Show(const ports::InputPartition& input, Offset offset,
                                  const FakeBroker::Entry& entry) {
  event::RawRecord record;
  record.source = input.source;
  record.partition = input.partition;
  record.offset = offset;
  record.timestamp_ms = entry.timestamp_ms;
  record.append_time = true;
  if (entry.key) record.key = *entry.key;
  if (entry.value) record.value = *entry.value;
  record.headers = entry.views;
  return record;
}

Result<std::optional<std::uint64_t>> FakeSource::MarkAt(const ports::InputPartition& input,
                                                        Offset offset) {
  SEGMENTD_RETURN_IF_ERROR(chaos_.At(Call::kMarkAt));
  const auto& log = broker_.log(FakeBroker::InputTopic(input.source), input.partition);
  const auto index = static_cast<std::size_t>(offset.value());
  if (offset < RangeOf(input).low || index >= log.size() || !log[index].visible()) {
    return std::nullopt;
  }
  return event::Mark(Show(input, offset, log[index]));
}

Result<std::vector<std::optional<Offset>>> FakeSource::Committed(
    std::span<const ports::InputPartition> partitions) {
  SEGMENTD_RETURN_IF_ERROR(chaos_.At(Call::kCommitted));
  std::vector<std::optional<Offset>> committed;
  for (const ports::InputPartition& input : partitions) {
    if (broker_.OffsetsPending(input)) return Fail(Code::kRetry, "offsets are pending");
    committed.push_back(broker_.Committed(input));
  }
  return committed;
}

Status FakeSource::StartAt(const ports::InputPartition& input, Offset next) {
  SEGMENTD_RETURN_IF_ERROR(chaos_.At(Call::kStartAt));
  SEGMENTD_ASSERT(owned_.contains(input), "only what is owned is read");
  reading_[input] = next;
  return Ok();
}

FakeSource::Range FakeSource::RangeOf(const ports::InputPartition& input) {
  const std::string topic = FakeBroker::InputTopic(input.source);
  return {broker_.Low(topic, input.partition), broker_.LastStable(topic, input.partition)};
}

Result<FakeSource::Range> FakeSource::QueryRange(const ports::InputPartition& input) {
  SEGMENTD_RETURN_IF_ERROR(chaos_.At(Call::kQueryRange));
  return RangeOf(input);
}

FakeSource::Range FakeSource::CachedRange(const ports::InputPartition& input) {
  return RangeOf(input);
}

Result<bool> FakeSource::Drained(const ports::InputPartition& input, Offset next) {
  SEGMENTD_RETURN_IF_ERROR(chaos_.At(Call::kQueryRange));
  return next >= broker_.High(FakeBroker::InputTopic(input.source), input.partition);
}

std::optional<Offset> FakeSource::Position(const ports::InputPartition& input) {
  const auto at = reading_.find(input);
  return at == reading_.end() ? std::nullopt : std::optional(at->second);
}

bool FakeSource::HeldBack(const ports::InputPartition& input) {
  const auto at = reading_.find(input);
  return at != reading_.end() && at->second >= RangeOf(input).end &&
         at->second < broker_.High(FakeBroker::InputTopic(input.source), input.partition);
}

Result<FakeSource::Counts> FakeSource::PartitionCounts() {
  SEGMENTD_RETURN_IF_ERROR(chaos_.At(Call::kPartitionCounts));
  return Counts{broker_.counted_partitions(), broker_.profile_partitions(), broker_.cluster()};
}

void FakeSource::Close() {
  if (listener_ == nullptr) return;
  Revoke(/*lost=*/!broker_.Alive(member_));
  broker_.Leave(member_);
  listener_ = nullptr;
}

Status FakeSink::Note(Status failed) {
  if (failed.has_value()) return failed;
  if (failed.error().code == Code::kFenced) state_ = State::kDead;
  if (failed.error().code == Code::kAbort) state_ = State::kFailed;
  if (failed.error().code == Code::kRetry) doubtful_ = true;
  return failed;
}

Status FakeSink::Reset() {
  state_ = State::kDead;
  SEGMENTD_RETURN_IF_ERROR(chaos_.At(Call::kReset));
  epoch_ = broker_.InitProducer(id_);
  SEGMENTD_RETURN_IF_ERROR(chaos_.At(Call::kAfterReset));
  state_ = State::kIdle;
  doubtful_ = false;
  return Ok();
}

Status FakeSink::Begin() {
  if (state_ == State::kDead) return Fail(Code::kFenced, "there is no producer");
  SEGMENTD_ASSERT(state_ == State::kIdle, "a transaction begins when none is open");
  if (doubtful_ && habits_.doubts_producer) SEGMENTD_RETURN_IF_ERROR(Reset());
  SEGMENTD_RETURN_IF_ERROR(Note(chaos_.At(Call::kBegin)));
  state_ = State::kOpen;
  written_.clear();
  sent_.clear();
  lowest_next_ = exact_next_ = {};
  return Ok();
}

Status FakeSink::Write(const std::string& topic, Partition partition, FakeBroker::Entry entry) {
  SEGMENTD_ASSERT(state_ == State::kOpen, "records go into an open transaction");
  SEGMENTD_RETURN_IF_ERROR(Note(chaos_.At(Call::kSend)));
  if (entry.value && entry.value->size() > record_bytes_max_) {
    return Fail(Code::kBadRecord, "{} bytes are too many", entry.value->size());
  }
  if (!habits_.submits_to_fencing) sent_.push_back({topic, partition, entry});
  if (!broker_.AppendOpen(id_, epoch_, topic, partition, std::move(entry)) &&
      habits_.submits_to_fencing) {
    return Note(Fail(Code::kFenced, "a newer producer has the name {}", id_));
  }
  // A copy's partition is its key's, whatever partition it was read from.
  if (topic != FakeBroker::OutputTopic(pipeline::Topic::kRekeyed)) written_.insert(partition);
  if (topic == FakeBroker::OutputTopic(pipeline::Topic::kChangelog)) {
    const Offset next = broker_.High(topic, partition);
    lowest_next_.changelog_next.try_emplace(partition, Offset{next.value() - 1});
    exact_next_.changelog_next[partition] = next;
  }
  return Ok();
}

Status FakeSink::Send(const pipeline::OutRecord& record) {
  FakeBroker::Entry entry;
  entry.key = record.key;
  entry.value = record.value;
  entry.headers = record.headers;
  entry.timestamp_ms = record.timestamp_ms;
  return Write(FakeBroker::OutputTopic(record.topic), record.partition, std::move(entry));
}

Status FakeSink::SendImage(Partition partition, std::string_view key,
                           const std::string_view* value) {
  FakeBroker::Entry entry;
  entry.key = std::string(key);
  if (value != nullptr) entry.value = std::string(*value);
  return Write(FakeBroker::OutputTopic(pipeline::Topic::kChangelog), partition, std::move(entry));
}

Result<ports::CommitReceipt> FakeSink::Commit(std::span<const ports::InputPosition> positions) {
  for (const Partition partition : written_) {
    SEGMENTD_ASSERT(std::any_of(positions.begin(), positions.end(),
                                [&](const auto& at) { return at.input.partition == partition; }),
                    "a commit names every partition that was written for");
  }
  Status ended = Ok();
  if (state_ == State::kOpen) ended = SendOffsets(positions);
  if (ended.has_value() && state_ != State::kDone) ended = End();
  if (!ended.has_value() && ended.error().code == Code::kRetry && !habits_.waits_for_outcome) {
    ended = Ok();
  }
  if (!ended.has_value() && ended.error().code != Code::kRetry && SendAllAgain(positions)) {
    ended = Ok();
  }
  if (!ended.has_value()) return tl::unexpected(ended.error());
  state_ = State::kIdle;
  return Receipt();
}

// Refused when the group has moved on; a broker that is not told who asks cannot know.
Status FakeSink::SendOffsets(std::span<const ports::InputPosition> positions) {
  const Status asked = Note(chaos_.At(Call::kSendOffsets));
  if (!asked.has_value()) {
    if (state_ == State::kOpen && !habits_.repeats_offsets) state_ = State::kOffsetsSent;
    return asked;
  }
  if (habits_.sends_offsets) {
    if (habits_.names_member && !broker_.MayCommit(source_.member())) {
      return Note(Fail(Code::kAbort, "the group has a newer generation"));
    }
    if (!broker_.SendOffsets(id_, epoch_, positions)) {
      return Note(Fail(Code::kFenced, "a newer producer has the name {}", id_));
    }
  }
  SEGMENTD_RETURN_IF_ERROR(Note(chaos_.At(Call::kAfterSendOffsets)));
  state_ = State::kOffsetsSent;
  return Ok();
}

// With the offsets in it the transaction may end whoever owns the partitions by now: a new owner
// has to wait for pending offsets.
Status FakeSink::End() {
  SEGMENTD_ASSERT(state_ == State::kOffsetsSent, "a commit ends an open transaction");
  const Status asked = Note(chaos_.At(Call::kCommit));
  if (!asked.has_value()) {
    const bool late = asked.error().code == Code::kRetry && chaos_.random().Chance(0.5);
    if (late) broker_.CommitLate(id_, epoch_);
    return asked;
  }
  if (!broker_.EndTransaction(id_, epoch_, /*commit=*/true)) {
    return Note(Fail(Code::kFenced, "a newer producer has the name {}", id_));
  }
  state_ = State::kDone;
  return Note(chaos_.At(Call::kAfterCommit));
}

// What a client does that knows better than the brokers.
bool FakeSink::SendAllAgain(std::span<const ports::InputPosition> positions) {
  if (habits_.submits_to_fencing) return false;
  epoch_ = broker_.InitProducer(id_);
  for (const Sent& sent : sent_) {
    broker_.AppendOpen(id_, epoch_, sent.topic, sent.partition, sent.entry);
  }
  broker_.SendOffsets(id_, epoch_, positions);
  return broker_.EndTransaction(id_, epoch_, /*commit=*/true);
}

// The lower one is what a sink knows that has no delivery reports.
ports::CommitReceipt FakeSink::Receipt() {
  const bool exact = habits_.tells_exact_offsets || chaos_.random().Chance(0.5);
  return exact ? exact_next_ : lowest_next_;
}

Status FakeSink::Abort() {
  SEGMENTD_ASSERT(state_ == State::kOpen || state_ == State::kFailed,
                  "what is aborted is open, and no commit of it is undecided");
  SEGMENTD_RETURN_IF_ERROR(Note(chaos_.At(Call::kAbort)));
  if (!broker_.EndTransaction(id_, epoch_, /*commit=*/false)) {
    return Note(Fail(Code::kFenced, "a newer producer has the name {}", id_));
  }
  SEGMENTD_RETURN_IF_ERROR(chaos_.At(Call::kAfterAbort));
  state_ = State::kIdle;
  return Ok();
}

Result<FakeChangelogReader::Range> FakeChangelogReader::QueryRange(Partition partition) {
  SEGMENTD_RETURN_IF_ERROR(chaos_.At(Call::kChangelogRange));
  const std::string topic = FakeBroker::OutputTopic(pipeline::Topic::kChangelog);
  return Range{broker_.Low(topic, partition), broker_.High(topic, partition)};
}

Result<Offset> FakeChangelogReader::Replay(Partition partition, Offset from, Offset end,
                                           const Visitor& visit) {
  const std::string topic = FakeBroker::OutputTopic(pipeline::Topic::kChangelog);
  const auto& log = broker_.log(topic, partition);
  const Offset stable = broker_.LastStable(topic, partition);
  for (Offset at = from; at < end; at = Next(at)) {
    if (at >= stable) return Fail(Code::kRetry, "an open transaction holds the end back");
    SEGMENTD_RETURN_IF_ERROR(chaos_.At(Call::kReplay));
    const FakeBroker::Entry& entry = log[static_cast<std::size_t>(at.value())];
    if (!entry.visible()) continue;
    const std::string_view value = entry.value ? std::string_view(*entry.value) : "";
    SEGMENTD_RETURN_IF_ERROR(visit(at, entry.key.value_or(""), entry.value ? &value : nullptr));
  }
  return end;
}

}  // namespace segmentd::support
