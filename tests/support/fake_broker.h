#pragma once

#include <deque>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "segmentd/pipeline/output.h"
#include "segmentd/ports/source.h"

namespace segmentd::support {

// Kafka in memory, as far as a shard can tell: logs with transactions and their markers, producers
// that fence one another, requests that arrive late, one consumer group with generations and eager
// rebalancing. As careless as Kafka: what a careless client may do to itself is let pass.
class FakeBroker {
 public:
  enum class Fate { kOpen, kCommitted, kAborted };
  struct Entry {
    std::optional<std::string> key;
    std::optional<std::string> value;
    pipeline::OutHeaders headers;
    std::vector<event::Header> views;  // of headers
    std::int64_t timestamp_ms = 0;
    bool marker = false;
    bool removed = false;  // by compaction
    Fate fate = Fate::kCommitted;

    bool visible() const { return !marker && !removed && fate == Fate::kCommitted; }
  };
  using Log = std::deque<Entry>;  // offset = index; references stay good

  FakeBroker(int partitions, bool profiles);

  static std::string InputTopic(event::Source source);
  static std::string OutputTopic(pipeline::Topic topic);
  int partitions() const { return partitions_; }
  int profile_partitions() const { return profile_partitions_; }
  // The control topic is read too. Before anybody joins.
  void TakeRequests() { takes_requests_ = true; }
  // What the topic is said to have, where that differs from what it has.
  int counted_partitions() const { return counted_partitions_; }
  void SetCountedPartitions(int partitions) { counted_partitions_ = partitions; }
  void SetProfilePartitions(int partitions) { profile_partitions_ = partitions; }
  const std::string& cluster() const { return cluster_; }
  void SetCluster(std::string id) { cluster_ = std::move(id); }

  // What others write: outside of transactions.
  void Append(const std::string& topic, Partition partition, Entry entry);
  // The end of somebody's transaction: an offset without a record.
  void AppendMarker(const std::string& topic, Partition partition);
  const Log& log(const std::string& topic, Partition partition);
  Offset High(const std::string& topic, Partition partition);
  Offset LastStable(const std::string& topic, Partition partition);
  Offset Low(const std::string& topic, Partition partition) { return low_[{topic, partition}]; }
  void SetLow(const std::string& topic, Partition partition, Offset low) {
    low_[{topic, partition}] = low;
  }
  // Removes all but the newest committed record of each key.
  void Compact(const std::string& topic, Partition partition);
  void Truncate(const std::string& topic, Partition partition) {
    logs_[{topic, partition}].clear();
    stable_[{topic, partition}] = 0;
  }

  // Producers. An epoch that is not the newest is fenced (false).
  std::int64_t InitProducer(const std::string& id);
  bool Current(const std::string& id, std::int64_t epoch) const;
  bool AppendOpen(const std::string& id, std::int64_t epoch, const std::string& topic,
                  Partition partition, Entry entry);
  // The positions take effect with the commit; until then they are pending.
  bool SendOffsets(const std::string& id, std::int64_t epoch,
                   std::span<const ports::InputPosition> positions);
  bool EndTransaction(const std::string& id, std::int64_t epoch, bool commit);
  bool Undecided(const std::string& id) const;
  // The broker's limit for an open transaction has passed: aborted, and its producer fenced.
  void TimeOut(const std::string& id);
  // The request to commit stays on its way, until it is delivered: to whatever transaction the
  // producer has open by then.
  void CommitLate(const std::string& id, std::int64_t epoch) { late_.push_back({id, epoch}); }
  void DeliverLate();

  // Everything as it was at the mark: a cluster that came back from an older copy of itself.
  // REQUIRES: nothing is undecided at the mark.
  void SetMark();
  void BackToMark();

  // The group.
  using Assignment = std::vector<ports::InputPartition>;
  int Join();
  void Leave(int member);
  // The session of a member that no longer shows itself runs out.
  void Expire(int member) { Leave(member); }
  bool Alive(int member) const { return members_.contains(member); }
  // The member has to give up what it has and then call Acknowledge.
  bool MustRevoke(int member) const;
  void Acknowledge(int member);
  // What the member now owns, once, when everybody has acknowledged.
  std::optional<Assignment> TakeAssignment(int member);
  // Whether offsets of this member are accepted now.
  bool MayCommit(int member) const;
  std::optional<Offset> Committed(const ports::InputPartition& input) const;
  bool OffsetsPending(const ports::InputPartition& input) const;
  void SetCommitted(const ports::InputPartition& input, Offset next) { offsets_[input] = next; }

 private:
  struct Producer {
    std::int64_t epoch = 0;
    std::vector<std::pair<std::string, Partition>> touched;  // by the open transaction
    std::vector<Entry*> entries;
    std::vector<ports::InputPosition> held;
  };
  struct Late {
    std::string id;
    std::int64_t epoch = 0;
  };
  struct Mark {
    std::map<std::pair<std::string, Partition>, std::vector<bool>> removed;  // by offset
    std::map<std::pair<std::string, Partition>, Offset> low;
    std::map<ports::InputPartition, Offset> offsets;
  };
  struct Member {
    int generation = 0;         // of what it owns
    bool acknowledged = false;  // of the rebalance under way
    bool assignment_due = false;
    Assignment owned;
  };

  void Rebalance();
  void CompleteRebalance();
  void Finish(Producer& producer, bool commit);

  const int partitions_;
  int profile_partitions_;  // 0: no such topic
  int counted_partitions_ = partitions_;
  bool takes_requests_ = false;
  std::string cluster_ = "cluster-1";
  std::map<std::pair<std::string, Partition>, Log> logs_;
  std::map<std::pair<std::string, Partition>, Offset> low_;
  // Up to where nothing was open when somebody asked: what is decided stays so.
  std::map<std::pair<std::string, Partition>, std::size_t> stable_;
  std::map<std::string, Producer> producers_;
  std::vector<Late> late_;
  std::map<ports::InputPartition, Offset> offsets_;
  Mark mark_;
  std::map<int, Member> members_;
  int next_member_ = 1;
  int generation_ = 0;
  bool rebalancing_ = false;
};

}  // namespace segmentd::support
