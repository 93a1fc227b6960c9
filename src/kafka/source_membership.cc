// The part of Source that owns partitions: assignment, starting them, committing in the group's
// name.
#include <algorithm>
#include <cstdlib>

#include "kafka/source.h"

namespace segmentd::kafka {
namespace {

constexpr int kSeekMs = 5000;    // answered by librdkafka's own threads, not by a broker
constexpr int kAssignMs = 2000;  // until an assignment can be sought in, likewise

}  // namespace

void Source::OnRebalance(rd_kafka_resp_err_t event, rd_kafka_topic_partition_list_t* list) {
  rebalanced_ = true;
  if (event == RD_KAFKA_RESP_ERR__ASSIGN_PARTITIONS) {
    Assign(list);
  } else {
    Revoke(list, event != RD_KAFKA_RESP_ERR__REVOKE_PARTITIONS ||
                     rd_kafka_assignment_lost(consumer_.get()) != 0);
  }
}

void Source::Assign(rd_kafka_topic_partition_list_t* list) {
  AssignPaused(list);
  const std::vector<ports::InputPartition> inputs = Inputs(list);
  for (const ports::InputPartition& input : inputs) {
    SlotOf(input.source, input.partition.value()) = {.assigned = true, .paused = true};
  }
  if (listener_ != nullptr) listener_->OnAssigned(inputs);
}

// The library must be given some offset, else it asks for the committed one by itself. Of whatever
// it reads there nothing is shown; but it must be there, for what may be out of range is not
// sought. And it must be early: should its answer come behind our seek, we only read again what we
// pass over, and miss nothing.
void Source::AssignPaused(rd_kafka_topic_partition_list_t* list) {
  for (int i = 0; i < list->cnt; ++i) list->elems[i].offset = RD_KAFKA_OFFSET_BEGINNING;
  rd_kafka_pause_partitions(consumer_.get(), list);
  rd_kafka_assign(consumer_.get(), list);
  rd_kafka_pause_partitions(consumer_.get(), list);
  assigned_ns_ = SystemClock().MonotonicNs();
}

// A partition that librdkafka has found itself out of range in cannot be sought any more: it is
// read on only by being assigned anew.
void Source::AssignAnew() {
  rd_kafka_topic_partition_list_t* assigned = nullptr;
  if (rd_kafka_assignment(consumer_.get(), &assigned) != RD_KAFKA_RESP_ERR_NO_ERROR) return;
  const TopicListPtr list(assigned);
  AssignPaused(list.get());
  for (std::vector<Slot>& slots : slots_) {
    for (Slot& slot : slots) {
      if (slot.started) slot.start_at = slot.next;
      slot.started = slot.at_end = false;
      slot.paused = true;
    }
  }
}

void Source::Revoke(const rd_kafka_topic_partition_list_t* list, bool lost) {
  const std::vector<ports::InputPartition> inputs = Inputs(list);
  if (listener_ != nullptr) listener_->OnRevoked(inputs, lost);
  for (std::vector<Slot>& slots : slots_) slots.clear();
  starts_pending_ = false;
  rd_kafka_assign(consumer_.get(), nullptr);
}

std::vector<ports::InputPartition> Source::Inputs(
    const rd_kafka_topic_partition_list_t* list) const {
  std::vector<ports::InputPartition> inputs;
  for (int i = 0; i < list->cnt; ++i) {
    const auto at = std::find(topics_.begin(), topics_.end(), list->elems[i].topic);
    const auto source = static_cast<event::Source>(at - topics_.begin());
    inputs.push_back({source, Partition{list->elems[i].partition}});
  }
  return inputs;
}

Status Source::StartAt(const ports::InputPartition& partition, Offset next) {
  Slot& slot = SlotOf(partition.source, partition.partition.value());
  if (!slot.assigned) {
    return Fail(Code::kAbort, "partition {} of topic \"{}\" does not belong to this instance",
                partition.partition.value(), NameOf(partition.source));
  }
  slot.started = slot.at_end = false;
  slot.start_at = next.value();
  starts_pending_ = true;
  return Ok();
}

void Source::Stop(const ports::InputPartition& partition) {
  Slot& slot = SlotOf(partition.source, partition.partition.value());
  slot.started = slot.at_end = false;
  slot.start_at = -1;
  if (!slot.assigned || std::exchange(slot.paused, true)) return;
  const TopicListPtr list(rd_kafka_topic_partition_list_new(1));
  rd_kafka_topic_partition_list_add(list.get(), NameOf(partition.source).c_str(),
                                    partition.partition.value());
  rd_kafka_pause_partitions(consumer_.get(), list.get());
}

// Not within StartAt: called from a rebalance that happens amid a batch, it could not be told which
// of the batch's records are older than the start.
Status Source::ApplyStarts() {
  if (!starts_pending_) return Ok();
  const TopicListPtr seeks(rd_kafka_topic_partition_list_new(8));
  for (std::size_t source = 0; source < event::kSources; ++source) {
    for (std::size_t p = 0; p < slots_[source].size(); ++p) {
      if (slots_[source][p].start_at < 0) continue;
      rd_kafka_topic_partition_list_add(seeks.get(), topics_[source].c_str(),
                                        static_cast<std::int32_t>(p))
          ->offset = slots_[source][p].start_at;
    }
  }
  const ErrorPtr error(rd_kafka_seek_partitions(consumer_.get(), seeks.get(), kSeekMs));
  if (error) {
    return tl::unexpected(
        ErrorOf(rd_kafka_error_code(error.get()), "seeking to where input goes on"));
  }
  const std::vector<ports::InputPartition> inputs = Inputs(seeks.get());
  const TopicListPtr resumes(rd_kafka_topic_partition_list_new(seeks->cnt));
  const rd_kafka_topic_partition_t* failed = nullptr;
  for (int i = 0; i < seeks->cnt; ++i) {
    const rd_kafka_topic_partition_t& seek = seeks->elems[i];
    if (seek.err != RD_KAFKA_RESP_ERR_NO_ERROR) {
      failed = &seek;
      continue;
    }
    Slot& slot = SlotOf(inputs[static_cast<std::size_t>(i)].source, seek.partition);
    slot.started = true;
    slot.next = std::exchange(slot.start_at, -1);
    // One that was never paused would jump back when resumed (before librdkafka 2.4).
    if (std::exchange(slot.paused, false)) {
      rd_kafka_topic_partition_list_add(resumes.get(), seek.topic, seek.partition);
    }
  }
  if (resumes->cnt > 0) rd_kafka_resume_partitions(consumer_.get(), resumes.get());
  starts_pending_ = failed != nullptr;
  if (failed == nullptr) return Ok();
  const bool settled = SystemClock().MonotonicNs() - assigned_ns_ > kAssignMs * 1'000'000LL;
  if (failed->err == RD_KAFKA_RESP_ERR__STATE && settled) AssignAnew();
  return Fail(Code::kRetry, "partition {} of topic \"{}\" cannot be read at offset {} yet: {}",
              failed->partition, failed->topic, failed->offset, rd_kafka_err2str(failed->err));
}

// A broker accepts the offsets of a member without a name, whoever owns the partitions by now. The
// name can be taken away at any moment, by librdkafka's own threads: only when it is the same
// before and after is it the one in the metadata.
Result<GroupMetadataPtr> Source::Membership() const {
  using Name = std::unique_ptr<char, FreeWith<std::free>>;
  const Name before(rd_kafka_memberid(consumer_.get()));
  GroupMetadataPtr metadata(rd_kafka_consumer_group_metadata(consumer_.get()));
  const Name after(rd_kafka_memberid(consumer_.get()));
  const bool member =
      before && after && *before != '\0' && std::string_view(before.get()) == after.get();
  if (!member || rd_kafka_assignment_lost(consumer_.get()) != 0) {
    return Fail(Code::kAbort, "this instance has lost its place in the consumer group");
  }
  return metadata;
}

TopicListPtr Source::OffsetList(std::span<const ports::InputPosition> positions) const {
  TopicListPtr list(rd_kafka_topic_partition_list_new(static_cast<int>(positions.size())));
  for (const ports::InputPosition& position : positions) {
    rd_kafka_topic_partition_list_add(list.get(), NameOf(position.input.source).c_str(),
                                      position.input.partition.value())
        ->offset = position.next.value();
  }
  return list;
}

Status Source::CommitOffsets(std::span<const ports::InputPosition> positions) {
  if (Result<GroupMetadataPtr> member = Membership(); !member.ok()) {
    return tl::unexpected(member.error());
  }
  const TopicListPtr offsets = OffsetList(positions);
  const rd_kafka_resp_err_t error = rd_kafka_commit(consumer_.get(), offsets.get(), 0);
  if (error == RD_KAFKA_RESP_ERR_NO_ERROR) return Ok();
  return tl::unexpected(
      health_.Explain(consumer_.brokers(), error, "committing the group's offsets"));
}

Source::Slot& Source::SlotOf(event::Source source, std::int32_t partition) {
  std::vector<Slot>& slots = slots_[static_cast<std::size_t>(source)];
  const auto index = static_cast<std::size_t>(partition);
  if (index >= slots.size()) slots.resize(index + 1);
  return slots[index];
}

event::Source Source::SourceOf(const rd_kafka_topic_t* topic) {
  for (std::size_t i = 0; i < seen_.size(); ++i) {
    if (seen_[i] == topic) return static_cast<event::Source>(i);
  }
  const std::string_view name = rd_kafka_topic_name(topic);
  const auto at = std::find(topics_.begin(), topics_.end(), name);
  const auto index = at == topics_.end() ? 0 : static_cast<std::size_t>(at - topics_.begin());
  seen_[index] = topic;
  return static_cast<event::Source>(index);
}

}  // namespace segmentd::kafka
