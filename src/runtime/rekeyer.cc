#include "segmentd/runtime/rekeyer.h"

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "runtime/pace.h"
#include "runtime/rekeyer_body.h"
#include "runtime/start_position.h"

namespace segmentd::runtime {
namespace {

ports::InputPartition InputOf(Partition partition) {
  return {event::Source::kTransactions, partition};
}

}  // namespace

Rekeyer::Rekeyer(const ShardOptions& options, const RekeyerParts& parts)
    : body_(std::make_unique<Body>(options, parts)) {}

Rekeyer::~Rekeyer() = default;

Status Rekeyer::Run(std::stop_token stop) { return body_->Run(stop); }

Rekeyer::Body::Body(const ShardOptions& shard_options, const RekeyerParts& rekeyer_parts)
    : options(shard_options),
      parts(rekeyer_parts),
      transaction(rekeyer_parts.sink),
      resets(shard_options.resets_max) {
  status.shard = options.shard;
}

Status Rekeyer::Body::Run(const std::stop_token& stop) {
  Status ended = Ok();
  while (ended.has_value() && !stop.stop_requested() && !(drain.done() && !Dirty())) {
    ended = Turn();
  }
  closing = !ended.has_value();
  // Revocation commits what is open.
  parts.source.Close();
  transaction.Leave();
  if (ended.has_value()) ended = deferred;
  status.problem = ended.has_value() ? "" : ended.error().message;
  Report();
  return ended;
}

Status Rekeyer::Body::Turn() {
  status.tick_ms = parts.clock.WallMs();
  status.problem = Halted();
  SEGMENTD_RETURN_IF_ERROR(Prepare());
  const auto polled = parts.source.Poll(WaitMs(), options.poll_records_max);
  SEGMENTD_RETURN_IF_ERROR(std::exchange(deferred, Ok()));
  if (!polled.ok()) {
    const Error& error = polled.error();
    SEGMENTD_RETURN_IF_ERROR(error.code == Code::kAbort ? Handle(error) : Later(error));
  } else {
    behind = polled->size() >= static_cast<std::size_t>(options.poll_records_max);
    const Status received = Receive(*polled);
    if (!received.has_value()) SEGMENTD_RETURN_IF_ERROR(Handle(received.error()));
  }
  if (CommitDue()) {
    const Status committed = Commit();
    if (!committed.has_value()) SEGMENTD_RETURN_IF_ERROR(Handle(committed.error()));
  }
  SEGMENTD_RETURN_IF_ERROR(WatchDrain());
  if (NowMs() - reported_ms >= kReportMs) Report();
  return Ok();
}

// Whatever must be settled before records can be used.
Status Rekeyer::Body::Prepare() {
  const bool producer_lost = transaction.broken();
  const Status settled = transaction.Settle();
  if (!settled.has_value()) {
    return settled.error().code == Code::kRetry ? Later(settled.error()) : Handle(settled.error());
  }
  if (producer_lost && transaction.ready()) ++status.producer_resets;
  if (!subscribed) {
    const Status joined = parts.source.Subscribe(*this);
    if (!joined.has_value()) return Later(joined.error());
    subscribed = true;
  }
  if (partitions == 0) SEGMENTD_RETURN_IF_ERROR(LearnCounts());
  if (partitions == 0) return Ok();
  const Status started = StartInputs();
  return started.has_value() ? Ok() : Later(started.error());
}

Status Rekeyer::Body::LearnCounts() {
  const auto counted = parts.source.PartitionCounts();
  if (!counted.ok()) return Later(counted.error());
  if (options.until_drained) {
    const Status taken = drain.TakeEnds(parts.source, *counted);
    if (!taken.has_value()) return Later(taken.error());
  }
  partitions = counted->transactions;
  return Ok();
}

// Where the group stands. It is all the state there is, so that nothing else can contradict it.
Status Rekeyer::Body::StartInputs() {
  std::vector<ports::InputPartition> asked;
  for (const auto& [partition, input] : inputs) {
    if (!input.started && input.verdict.empty()) asked.push_back(InputOf(partition));
  }
  if (asked.empty()) return Ok();
  SEGMENTD_ASSIGN_OR_RETURN(const auto committed, parts.source.Committed(asked));
  for (std::size_t i = 0; i < asked.size(); ++i) {
    StartFacts facts;
    facts.input = asked[i];
    facts.state = facts.committed = committed[i];
    facts.start_earliest = options.start_earliest;
    facts.accepted = options.accepted;
    SEGMENTD_ASSIGN_OR_RETURN(facts.range, parts.source.QueryRange(asked[i]));
    if (const auto read = newest.find(asked[i].partition); read != newest.end()) {
      SEGMENTD_ASSIGN_OR_RETURN(const auto mark,
                                parts.source.MarkAt(asked[i], read->second.offset));
      facts.made_anew = mark && *mark != read->second.mark;
    }
    const auto start = StartPosition(facts);
    if (!start.ok()) {
      return tl::unexpected(
          start.error().With(fmt::format("re-keying partition {}", asked[i].partition.value())));
    }
    SEGMENTD_RETURN_IF_ERROR(parts.source.StartAt(asked[i], *start));
    Input& input = inputs.at(asked[i].partition);
    input.started = true;
    input.next = *start;
  }
  return Ok();
}

Status Rekeyer::Body::Receive(std::span<const event::RawRecord> polled) {
  if (!transaction.ready()) {
    // Not to be lost: read again from the group's offsets once the way is free.
    if (polled.empty()) return Ok();
    for (auto& [partition, input] : inputs) input.started = false;
    return Ok();
  }
  while (!polled.empty()) {
    // Of one partition each, so that a breaker stops behind the record that opened it.
    const Partition partition = polled.front().partition;
    const auto end = std::find_if(polled.begin(), polled.end(), [&](const auto& record) {
      return record.partition != partition;
    });
    const auto slice = polled.first(static_cast<std::size_t>(end - polled.begin()));
    polled = polled.subspan(slice.size());
    const auto input = inputs.find(partition);
    if (input == inputs.end() || !input->second.started || !input->second.verdict.empty()) continue;
    effects.Clear();
    parts.rekey.Apply(slice, partitions, effects);
    input->second.next = Offset{slice.back().offset.value() + 1};
    input->second.dirty = true;
    newest[partition] = {slice.back().offset, event::Mark(slice.back())};
    pending.Add(effects.counts);
    records += static_cast<std::int64_t>(slice.size());
    SEGMENTD_RETURN_IF_ERROR(Send());
    pipeline::Counts window = effects.counts;
    window.records = slice.size();
    if (auto verdict = input->second.breaker.Note(window)) input->second.verdict = *verdict;
  }
  SkipMarkers();
  NoteDirty();
  return Ok();
}

Status Rekeyer::Body::Send() {
  for (const pipeline::OutRecord& record : effects.outputs) {
    SEGMENTD_RETURN_IF_ERROR(transaction.Open());
    Status sent = transaction.Send(record);
    if (sent.has_value()) continue;
    if (sent.error().code != Code::kBadRecord) return sent;
    return Fail(Code::kConfig, "a record of the input is larger than its copy may be: {}",
                sent.error().message);
  }
  return Ok();
}

// Offsets that no record shows count as read, so that the input's end is reached.
void Rekeyer::Body::SkipMarkers() {
  for (auto& [partition, input] : inputs) {
    if (!input.started || !input.verdict.empty()) continue;
    const auto position = parts.source.Position(InputOf(partition));
    if (!position || *position <= input.next) continue;
    input.next = *position;
    input.dirty = true;
  }
}

bool Rekeyer::Body::Dirty() const {
  return std::any_of(inputs.begin(), inputs.end(), [](const auto& at) { return at.second.dirty; });
}

void Rekeyer::Body::NoteDirty() {
  if (dirty_since_ms < 0 && Dirty()) dirty_since_ms = NowMs();
}

bool Rekeyer::Body::CommitDue() const {
  if (dirty_since_ms < 0 || !transaction.ready()) return false;
  // Every copy is waited for, as a change is by those who read changes.
  const std::int64_t wait_ms = behind ? options.commit_interval_ms : options.change_within_ms;
  return NowMs() - dirty_since_ms >= wait_ms || records >= options.commit_records_max;
}

Status Rekeyer::Body::Commit() {
  std::vector<ports::InputPosition> positions;
  for (const auto& [partition, input] : inputs) {
    if (input.dirty) positions.push_back({InputOf(partition), input.next});
  }
  if (positions.empty()) return Ok();
  SEGMENTD_RETURN_IF_ERROR(transaction.Open());
  const auto receipt = transaction.Commit(positions);
  if (!receipt.ok()) return tl::unexpected(receipt.error());
  for (const ports::InputPosition& position : positions) {
    Input& input = inputs.at(position.input.partition);
    input.dirty = false;
    if (!input.verdict.empty()) parts.source.Stop(position.input);
    drain.Committed(position.input, position.next);
  }
  ++status.commits;
  status.last_commit_ms = parts.clock.WallMs();
  status.counts.Add(std::exchange(pending, {}));
  dirty_since_ms = -1;
  records = 0;
  Report();
  return Ok();
}

Status Rekeyer::Body::WatchDrain() {
  if (options.until_drained && !Halted().empty()) return Fail(Code::kFatal, "{}", Halted());
  if (!transaction.ready()) return Ok();
  const Status asked = drain.Watch(parts.source, NowMs());
  return asked.has_value() ? Ok() : Later(asked.error());
}

// What the breaker says of partitions that are not read any more.
std::string Rekeyer::Body::Halted() const {
  for (const auto& [partition, input] : inputs) {
    if (input.verdict.empty() || input.dirty) continue;
    return fmt::format("partition {} is not re-keyed any more: {}", partition.value(),
                       input.verdict);
  }
  return "";
}

std::int64_t Rekeyer::Body::WaitMs() const {
  if (!status.problem.empty() || !transaction.ready()) return kRetryWaitMs;
  if (dirty_since_ms < 0) return kIdleWaitMs;
  const std::int64_t due_ms = dirty_since_ms + options.change_within_ms;
  return std::clamp<std::int64_t>(due_ms - NowMs(), 0, kIdleWaitMs);
}

// For calls that may simply be made again: in the next turn.
Status Rekeyer::Body::Later(const Error& error) {
  if (error.code == Code::kAbort) return Handle(error);
  if (error.code != Code::kRetry) return tl::unexpected(error);
  ++status.troubles.retried;
  status.problem = error.message;
  return Ok();
}

Status Rekeyer::Body::Handle(const Error& error) {
  switch (error.code) {
    case Code::kFenced:
    case Code::kFatal:
      ++status.troubles.fenced;
      SEGMENTD_RETURN_IF_ERROR(resets.Note(NowMs(), error));
      break;
    case Code::kRetry:
    case Code::kAbort:
      break;
    default:
      return tl::unexpected(error);
  }
  ++status.troubles.aborted;
  Recover(error);
  return Ok();
}

// A commit that went unanswered may have happened or not: the group's offset, asked behind the new
// producer's fence, tells.
void Rekeyer::Body::Recover(const Error& error) {
  status.problem = error.message;
  ++status.aborts;
  transaction.GiveUp(error.code);
  dirty_since_ms = -1;
  records = 0;
  pending = {};
  for (auto& [partition, input] : inputs) {
    parts.source.Stop(InputOf(partition));
    input.started = input.dirty = false;
    input.breaker.Reset();
    input.verdict.clear();
  }
  Report();
}

void Rekeyer::Body::OnAssigned(std::span<const ports::InputPartition> assigned) {
  status.joined = true;
  ++status.rebalances;
  for (const ports::InputPartition& input : assigned) {
    if (partitions != 0 && input.partition.value() >= partitions) {
      deferred = Fail(Code::kConfig,
                      "the input topic has a partition {} and had {} partitions before: make a "
                      "topic with the new count and read it with a new app",
                      input.partition.value(), partitions);
    }
    inputs.try_emplace(input.partition, options.breaker);
  }
}

void Rekeyer::Body::OnRevoked(std::span<const ports::InputPartition> revoked, bool lost) {
  ++status.rebalances;
  if (!lost && !closing && transaction.ready()) {
    // Under the old ownership, or not at all.
    const Status committed = Commit();
    if (!committed.has_value()) deferred = Handle(committed.error());
  }
  if (transaction.open() || Dirty()) Recover({Code::kAbort, "partitions were taken away"});
  for (const ports::InputPartition& input : revoked) inputs.erase(input.partition);
}

void Rekeyer::Body::Report() {
  reported_ms = NowMs();
  status.rekey_lag_records = 0;
  for (const auto& [partition, input] : inputs) {
    const Offset end = parts.source.CachedRange(InputOf(partition)).end;
    if (input.started) {
      status.rekey_lag_records += std::max<std::int64_t>(end.value() - input.next.value(), 0);
    }
  }
  parts.probe.OnStatus(status);
}

}  // namespace segmentd::runtime
