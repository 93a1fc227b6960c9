#include "support/fake_broker.h"

#include <algorithm>

#include "segmentd/base/assert.h"

namespace segmentd::support {

FakeBroker::FakeBroker(int partitions, bool profiles)
    : partitions_(partitions), profile_partitions_(profiles ? partitions : 0) {}

std::string FakeBroker::InputTopic(event::Source source) {
  static const std::string kNames[event::kSources] = {"transactions", "profiles", "control"};
  return kNames[static_cast<std::size_t>(source)];
}

std::string FakeBroker::OutputTopic(pipeline::Topic topic) {
  static const std::string kNames[pipeline::kTopics] = {
      "changed", "state", "at-risk", "dlq", "changelog", "control", "rekeyed", "samples"};
  return kNames[static_cast<std::size_t>(topic)];
}

void FakeBroker::Append(const std::string& topic, Partition partition, Entry entry) {
  Entry& kept = logs_[{topic, partition}].emplace_back(std::move(entry));
  for (const pipeline::OutHeader header : kept.headers) kept.views.push_back(header);
}

void FakeBroker::AppendMarker(const std::string& topic, Partition partition) {
  Entry entry;
  entry.marker = true;
  logs_[{topic, partition}].push_back(entry);
}

const FakeBroker::Log& FakeBroker::log(const std::string& topic, Partition partition) {
  return logs_[{topic, partition}];
}

Offset FakeBroker::High(const std::string& topic, Partition partition) {
  return Offset{static_cast<std::int64_t>(logs_[{topic, partition}].size())};
}

Offset FakeBroker::LastStable(const std::string& topic, Partition partition) {
  const Log& entries = logs_[{topic, partition}];
  std::size_t& stable = stable_[{topic, partition}];
  while (stable < entries.size() && entries[stable].fate != Fate::kOpen) ++stable;
  return Offset{static_cast<std::int64_t>(stable)};
}

void FakeBroker::Compact(const std::string& topic, Partition partition) {
  std::set<std::string> seen;
  Log& entries = logs_[{topic, partition}];
  const auto stable = static_cast<std::size_t>(LastStable(topic, partition).value());
  for (std::size_t i = stable; i-- > 0;) {
    if (!entries[i].visible()) continue;
    if (!seen.insert(entries[i].key.value_or("")).second) entries[i].removed = true;
  }
}

std::int64_t FakeBroker::InitProducer(const std::string& id) {
  Producer& producer = producers_[id];
  Finish(producer, /*commit=*/false);
  return ++producer.epoch;
}

bool FakeBroker::Current(const std::string& id, std::int64_t epoch) const {
  const auto at = producers_.find(id);
  return at != producers_.end() && at->second.epoch == epoch;
}

bool FakeBroker::AppendOpen(const std::string& id, std::int64_t epoch, const std::string& topic,
                            Partition partition, Entry entry) {
  if (!Current(id, epoch)) return false;
  entry.fate = Fate::kOpen;
  Append(topic, partition, std::move(entry));
  Producer& producer = producers_[id];
  producer.entries.push_back(&logs_[{topic, partition}].back());
  const std::pair<std::string, Partition> where{topic, partition};
  if (std::find(producer.touched.begin(), producer.touched.end(), where) ==
      producer.touched.end()) {
    producer.touched.push_back(where);
  }
  return true;
}

bool FakeBroker::SendOffsets(const std::string& id, std::int64_t epoch,
                             std::span<const ports::InputPosition> positions) {
  if (!Current(id, epoch)) return false;
  producers_[id].held.assign(positions.begin(), positions.end());
  return true;
}

bool FakeBroker::EndTransaction(const std::string& id, std::int64_t epoch, bool commit) {
  if (!Current(id, epoch)) return false;
  Finish(producers_[id], commit);
  return true;
}

bool FakeBroker::Undecided(const std::string& id) const {
  const auto at = producers_.find(id);
  return at != producers_.end() && (!at->second.touched.empty() || !at->second.held.empty());
}

void FakeBroker::TimeOut(const std::string& id) {
  if (Undecided(id)) InitProducer(id);
}

void FakeBroker::DeliverLate() {
  if (late_.empty()) return;
  const Late request = late_.front();
  late_.erase(late_.begin());
  EndTransaction(request.id, request.epoch, /*commit=*/true);
}

void FakeBroker::SetMark() {
  mark_ = {{}, low_, offsets_};
  for (const auto& [where, entries] : logs_) {
    for (const Entry& entry : entries) mark_.removed[where].push_back(entry.removed);
  }
}

void FakeBroker::BackToMark() {
  late_.clear();
  for (auto& [id, producer] : producers_) Finish(producer, /*commit=*/false);
  for (auto& [where, entries] : logs_) {
    const std::vector<bool>& removed = mark_.removed[where];
    entries.resize(removed.size());
    for (std::size_t i = 0; i < removed.size(); ++i) entries[i].removed = removed[i];
  }
  stable_.clear();
  low_ = mark_.low;
  offsets_ = mark_.offsets;
}

void FakeBroker::Finish(Producer& producer, bool commit) {
  for (Entry* entry : producer.entries) entry->fate = commit ? Fate::kCommitted : Fate::kAborted;
  for (const auto& [topic, partition] : producer.touched) AppendMarker(topic, partition);
  if (commit) {
    for (const ports::InputPosition& position : producer.held) {
      offsets_[position.input] = position.next;
    }
  }
  producer.entries.clear();
  producer.touched.clear();
  producer.held.clear();
}

int FakeBroker::Join() {
  const int member = next_member_++;
  members_[member];
  Rebalance();
  return member;
}

void FakeBroker::Leave(int member) {
  if (members_.erase(member) > 0) Rebalance();
}

void FakeBroker::Rebalance() {
  rebalancing_ = true;
  for (auto& [id, member] : members_) {
    // Who owns nothing has nothing to give up.
    member.acknowledged = member.owned.empty() && !member.assignment_due;
    if (member.assignment_due) {
      member.assignment_due = false;
      member.owned.clear();
      member.acknowledged = true;
    }
  }
  CompleteRebalance();
}

void FakeBroker::CompleteRebalance() {
  if (!rebalancing_ || members_.empty()) return;
  for (const auto& [id, member] : members_) {
    if (!member.acknowledged) return;
  }
  rebalancing_ = false;
  ++generation_;
  std::vector<Member*> order;
  for (auto& [id, member] : members_) {
    member.generation = generation_;
    member.assignment_due = true;
    member.owned.clear();
    order.push_back(&member);
  }
  for (int p = 0; p < partitions_; ++p) {
    Member& owner = *order[static_cast<std::size_t>(p) % order.size()];
    owner.owned.push_back({event::Source::kTransactions, Partition{p}});
    if (p < profile_partitions_) owner.owned.push_back({event::Source::kProfiles, Partition{p}});
    if (takes_requests_) owner.owned.push_back({event::Source::kControl, Partition{p}});
  }
}

bool FakeBroker::MustRevoke(int member) const {
  const auto at = members_.find(member);
  return at != members_.end() && rebalancing_ && !at->second.acknowledged;
}

void FakeBroker::Acknowledge(int member) {
  const auto at = members_.find(member);
  if (at == members_.end()) return;  // it took too long
  at->second.acknowledged = true;
  at->second.owned.clear();
  CompleteRebalance();
}

std::optional<FakeBroker::Assignment> FakeBroker::TakeAssignment(int member) {
  const auto at = members_.find(member);
  if (at == members_.end() || !at->second.assignment_due) return std::nullopt;
  at->second.assignment_due = false;
  return at->second.owned;
}

bool FakeBroker::MayCommit(int member) const {
  const auto at = members_.find(member);
  return at != members_.end() && at->second.generation == generation_ &&
         !(rebalancing_ && at->second.acknowledged);
}

std::optional<Offset> FakeBroker::Committed(const ports::InputPartition& input) const {
  const auto at = offsets_.find(input);
  return at == offsets_.end() ? std::nullopt : std::optional(at->second);
}

bool FakeBroker::OffsetsPending(const ports::InputPartition& input) const {
  for (const auto& [id, producer] : producers_) {
    for (const ports::InputPosition& position : producer.held) {
      if (position.input == input) return true;
    }
  }
  return false;
}

}  // namespace segmentd::support
