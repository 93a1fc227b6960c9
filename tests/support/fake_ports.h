#pragma once

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
  Result<Range> QueryRange(const ports::InputPartition& partition) override;
  Range CachedRange(const ports::InputPartition& partition) override;
  std::optional<Offset> Position(const ports::InputPartition& partition) override;
  Result<Counts> PartitionCounts() override;
  void Close() override;

  int member() const { return member_; }

 private:
  void Revoke(bool lost);
  void FollowGroup();
  void Fetch(const ports::InputPartition& input, Offset& next, std::size_t records_max);
  Range RangeOf(const ports::InputPartition& input);

  FakeBroker& broker_;
  ManualClock& clock_;
  Chaos& chaos_;
  ports::RebalanceListener* listener_ = nullptr;
  int member_ = 0;
  std::set<ports::InputPartition> owned_;
  std::map<ports::InputPartition, Offset> reading_;  // those started: what to hand out next
  std::vector<event::RawRecord> records_;
};

// A transactional producer. Asserts that it is called in an order that Kafka allows, and that no
// commit leaves out a partition that was written for.
class FakeSink final : public ports::Sink {
 public:
  FakeSink(FakeBroker& broker, FakeSource& source, Chaos& chaos, std::string id)
      : broker_(broker), source_(source), chaos_(chaos), id_(std::move(id)) {}

  Status Reset() override;
  Status Begin() override;
  Status Send(const pipeline::OutRecord& record) override;
  Status SendImage(Partition partition, std::string_view key,
                   const std::string_view* value) override;
  Result<ports::CommitReceipt> Commit(std::span<const ports::InputPosition> positions) override;
  Status Abort() override;

  void RefuseLargerThan(std::size_t bytes) { record_bytes_max_ = bytes; }

 private:
  enum class State { kDead, kIdle, kOpen, kFailed, kUndecided, kDone };

  Status Note(Status failed);
  Status Write(const std::string& topic, Partition partition, FakeBroker::Entry entry);
  ports::CommitReceipt Receipt();

  FakeBroker& broker_;
  FakeSource& source_;
  Chaos& chaos_;
  const std::string id_;
  std::int64_t epoch_ = 0;
  State state_ = State::kDead;
  std::set<Partition> written_;
  ports::CommitReceipt receipt_;
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
