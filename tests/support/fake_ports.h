#pragma once

#include <functional>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "segmentd/ports/changelog.h"
#include "segmentd/ports/sink.h"
#include "support/chaos.h"
#include "support/fake_broker.h"
#include "support/manual_clock.h"

namespace segmentd::support {

// A member of the fake broker's group. Waiting moves the clock.
class FakeSource final : public ports::RecordSource {
 public:
  FakeSource(FakeBroker& broker, ManualClock& clock, Chaos& chaos)
      : broker_(broker), clock_(clock), chaos_(chaos) {}

  Status Subscribe(ports::RebalanceListener& listener) override;
  Result<std::span<const event::RawRecord>> Poll(std::int64_t max_wait_ms,
                                                 int records_max) override;
  Result<std::vector<std::optional<Offset>>> Committed(
      std::span<const ports::InputPartition> partitions) override;
  Status StartAt(const ports::InputPartition& partition, Offset next) override;
  void Stop(const ports::InputPartition& partition) override { reading_.erase(partition); }
  Result<Range> QueryRange(const ports::InputPartition& partition) override;
  Range CachedRange(const ports::InputPartition& partition) override;
  Result<bool> Drained(const ports::InputPartition& partition, Offset next) override;
  std::optional<Offset> Position(const ports::InputPartition& partition) override;
  bool HeldBack(const ports::InputPartition& partition) override;
  Result<Counts> PartitionCounts() override;
  Result<std::optional<std::uint64_t>> MarkAt(const ports::InputPartition& partition,
                                              Offset offset) override;
  void Close() override;

  int member() const { return member_; }
  // Hands out as many records as are asked for as long as there are as many, instead of any number.
  void AnswerInFull() { in_full_ = true; }
  // What others do while the shard waits in Poll.
  void SetMeanwhile(std::function<void()> meanwhile) { meanwhile_ = std::move(meanwhile); }

 private:
  void Revoke(bool lost);
  void FollowGroup();
  void Fetch(const ports::InputPartition& input, Offset& next, std::size_t records_max);
  static event::RawRecord Show(const ports::InputPartition& input, Offset offset,
                               const FakeBroker::Entry& entry);
  Range RangeOf(const ports::InputPartition& input);

  FakeBroker& broker_;
  ManualClock& clock_;
  Chaos& chaos_;
  std::function<void()> meanwhile_;
  ports::RebalanceListener* listener_ = nullptr;
  int member_ = 0;
  bool in_full_ = false;
  std::set<ports::InputPartition> owned_;
  std::map<ports::InputPartition, Offset> reading_;  // those started: what to hand out next
  std::vector<event::RawRecord> records_;
};

// What keeps a client from harming itself; Kafka does not insist on any of it. A simulation that
// is worth its time notices when one is given up.
struct Habits {
  bool sends_offsets = true;         // of the input, in the transaction with the output
  bool names_member = true;          // as whom, so that the broker can see who it no longer is
  bool repeats_offsets = true;       // when they went unanswered, before it commits
  bool doubts_producer = true;       // takes a new one when a request of the old may still arrive
  bool waits_for_outcome = true;     // does not take a commit that went unanswered for done
  bool submits_to_fencing = true;    // does not come back under its own name to send it all again
  bool tells_exact_offsets = false;  // of the changelog, always; else at times too low ones
};

// A transactional producer. Asserts that it is called in an order that Kafka allows, and that no
// commit leaves out a partition that was written for.
class FakeSink final : public ports::Sink {
 public:
  FakeSink(FakeBroker& broker, FakeSource& source, Chaos& chaos, std::string id,
           const Habits& habits = {})
      : broker_(broker), source_(source), chaos_(chaos), id_(std::move(id)), habits_(habits) {}

  Status Reset() override;
  Status Begin() override;
  Status Send(const pipeline::OutRecord& record) override;
  Status SendImage(Partition partition, std::string_view key,
                   const std::string_view* value) override;
  Result<ports::CommitReceipt> Commit(std::span<const ports::InputPosition> positions) override;
  Status Abort() override;

  void RefuseLargerThan(std::size_t bytes) { record_bytes_max_ = bytes; }

 private:
  enum class State { kDead, kIdle, kOpen, kOffsetsSent, kDone, kFailed };
  struct Sent {
    std::string topic;
    Partition partition;
    FakeBroker::Entry entry;
  };

  Status Note(Status failed);
  Status Write(const std::string& topic, Partition partition, FakeBroker::Entry entry);
  Status SendOffsets(std::span<const ports::InputPosition> positions);
  Status End();
  bool SendAllAgain(std::span<const ports::InputPosition> positions);
  ports::CommitReceipt Receipt();

  FakeBroker& broker_;
  FakeSource& source_;
  Chaos& chaos_;
  const std::string id_;
  const Habits habits_;
  std::int64_t epoch_ = 0;
  State state_ = State::kDead;
  bool doubtful_ = false;  // a request went unanswered
  std::set<Partition> written_;
  std::vector<Sent> sent_;  // for those who do not submit to fencing
  ports::CommitReceipt lowest_next_;
  ports::CommitReceipt exact_next_;
  std::size_t record_bytes_max_ = SIZE_MAX;
};

class FakeChangelogReader final : public ports::ChangelogReader {
 public:
  FakeChangelogReader(FakeBroker& broker, Chaos& chaos) : broker_(broker), chaos_(chaos) {}

  Result<Range> QueryRange(Partition partition) override;
  Result<Offset> Replay(Partition partition, Offset from, Offset end,
                        const Visitor& visit) override;

 private:
  FakeBroker& broker_;
  Chaos& chaos_;
};

}  // namespace segmentd::support
