#include "runtime/task.h"

#include <algorithm>

#include "segmentd/base/assert.h"

namespace segmentd::runtime {
namespace {

// A store that is corrupt again after it was rebuilt is no accident.
constexpr int kRebuildsMax = 2;
// The share of the cache that may wait for the store.
constexpr std::int64_t kUnstoredShare = 4;

}  // namespace

Task::Task(Partition partition, const ShardOptions& options, const ShardParts& parts,
           const ports::RecordSource::Counts& counts)
    : partition_(partition),
      options_(options),
      parts_(parts),
      counts_(counts),
      state_since_ms_(parts.clock.WallMs()),
      entered_ms_(NowMs()),
      guard_(partition, parts.attempts),
      breaker_(options.breaker),
      idle_(parts.clock, options.idle_grace_ms),
      cache_(options.cache_bytes_max) {}

void Task::AddInput(const ports::InputPartition& input) {
  inputs_[static_cast<std::size_t>(input.source)].assigned = true;
}

void Task::Enter(ports::TaskState state) {
  state_ = state;
  state_since_ms_ = parts_.clock.WallMs();
  entered_ms_ = NowMs();
}

ports::InputPartition Task::InputOf(std::size_t source) const {
  return {static_cast<event::Source>(source), partition_};
}

Status Task::Reread() {
  for (std::size_t i = 0; i < inputs_.size(); ++i) {
    if (!inputs_[i].assigned) continue;
    SEGMENTD_RETURN_IF_ERROR(parts_.source.StartAt(InputOf(i), inputs_[i].next));
  }
  return Ok();
}

Status Task::Process(std::span<const event::RawRecord> records, pipeline::Effects& effects) {
  SEGMENTD_ASSERT(running(), "records are for running tasks");
  parts_.pipeline.Decode(records, batch_);
  const std::span<const std::string_view> ids = batch_.customers();
  SEGMENTD_RETURN_IF_ERROR(Fetch(ids));
  outcomes_.assign(ids.size(), {});
  if (timers_.next_ms() != pipeline::kNever) clock_.fired_ms = timers_.next_ms() - 1;
  pipeline().Apply(batch_, std::span(customers_).first(ids.size()), outcomes_, clock_,
                   parts_.clock.WallMs(), effects);
  if (auto verdict = breaker_.Note(effects.counts)) verdict_ = std::move(*verdict);
  KeepOutcomes(ids);
  idle_.Interrupt();
  NoteRead(records);
  cache_.Trim();
  return Ok();
}

void Task::Condemn(const event::RawRecord& record, pipeline::Effects& effects) {
  pipeline().Refuse(record,
                    {event::RejectCode::kCrashed, event::Stage::kApply,
                     "segmentd crashed three times while it worked on this record alone"},
                    effects);
  NoteRead({&record, 1});
}

void Task::NoteRead(std::span<const event::RawRecord> records) {
  for (const event::RawRecord& record : records) {
    Offset& next = inputs_[static_cast<std::size_t>(record.source)].next;
    next = std::max(next, Next(record.offset));
    newest_record_ms_ = std::max(newest_record_ms_, record.timestamp_ms);
  }
  const auto last = std::find_if(records.rbegin(), records.rend(), [](const auto& record) {
    return record.source == event::Source::kTransactions;
  });
  if (last != records.rend()) {
    newest_ = {last->offset, event::Mark(*last)};
    if (mark_.hash == 0) mark_ = newest_;
  }
}

Status Task::Fetch(std::span<const std::string_view> ids) {
  if (customers_.size() < ids.size()) customers_.resize(ids.size());
  misses_.clear();
  unknown_.clear();
  cache_.Prefetch(ids);
  for (std::size_t i = 0; i < ids.size(); ++i) {
    const std::optional<std::string_view> image = cache_.Find(ids[i]);
    if (!image) {
      misses_.push_back(i);
    } else if (image->empty()) {
      customers_[i] = {};
      unknown_.push_back(i);
    } else {
      const Status decoded = pipeline::DecodeCustomer(*image, customers_[i]);
      if (!decoded.ok()) return tl::unexpected(Describe(decoded.error(), ids[i]));
    }
  }
  cache_hits_ += ids.size() - misses_.size();
  cache_misses_ += misses_.size();
  if (!misses_.empty()) SEGMENTD_RETURN_IF_ERROR(FetchMisses(ids));
  SEGMENTD_RETURN_IF_ERROR(FetchErased(ids));
  members_.Before(std::span(customers_).first(ids.size()));
  return Ok();
}

Status Task::FetchMisses(std::span<const std::string_view> ids) {
  std::sort(misses_.begin(), misses_.end(),
            [&](std::size_t a, std::size_t b) { return ids[a] < ids[b]; });
  miss_ids_.clear();
  for (const std::size_t i : misses_) miss_ids_.push_back(ids[i]);
  SEGMENTD_RETURN_IF_ERROR(store_->Read(miss_ids_, images_));
  for (std::size_t j = 0; j < misses_.size(); ++j) {
    pipeline::Customer& customer = customers_[misses_[j]];
    if (images_[j].empty()) {
      customer = {};
      unknown_.push_back(misses_[j]);
      continue;
    }
    const Status decoded = pipeline::DecodeCustomer(images_[j], customer);
    if (!decoded.ok()) return tl::unexpected(Describe(decoded.error(), miss_ids_[j]));
  }
  return Ok();
}

Error Task::Describe(const Error& error, std::string_view customer_id) const {
  return error.With(fmt::format("partition {}, customer {}", partition_.value(), customer_id));
}

void Task::SkipMarkers() {
  for (std::size_t i = 0; i < inputs_.size(); ++i) {
    if (!inputs_[i].assigned) continue;
    const std::optional<Offset> position = parts_.source.Position(InputOf(i));
    if (position) inputs_[i].next = std::max(inputs_[i].next, *position);
  }
}

bool Task::dirty() const {
  if (!running()) return false;
  return uncommitted() || model_waits() || clock_.model_switch != meta_.model_switch ||
         std::any_of(inputs_.begin(), inputs_.end(), [](const TaskInput& input) {
           return input.assigned && input.committed != input.next;
         });
}

Status Task::Produce(Transaction& transaction) {
  SEGMENTD_RETURN_IF_ERROR(
      cache_.VisitUncommitted([&](std::string_view id, std::string_view image) {
        return Produce(transaction, id, image);
      }));
  if (inputs_[0].assigned) meta_.transactions_next = inputs_[0].next;
  if (inputs_[1].assigned) meta_.profiles_next = inputs_[1].next;
  if (inputs_[2].assigned) meta_.control_next = inputs_[2].next;
  meta_.erasures = erasures_;
  meta_.members = members_.members();
  meta_.clock_ms = clock_.clock_ms;
  meta_.mark_offset = mark_.offset;
  meta_.mark_hash = mark_.hash;
  ProduceSwitch();
  meta_.written_wall_ms = parts_.clock.WallMs();
  const std::string bytes = ports::EncodeMeta(meta_);
  const std::string_view view = bytes;
  return transaction.SendImage(partition_, std::string_view(&ports::kMetaKey, 1), &view);
}

Status Task::Produce(Transaction& transaction, std::string_view id, std::string_view image) {
  if (options_.state_every_commit && !image.empty() && !pipeline::IsErasedKey(id)) {
    if (customers_.empty()) customers_.resize(1);
    SEGMENTD_RETURN_IF_ERROR(pipeline::DecodeCustomer(image, customers_[0]));
    // A profile alone is no history that could be told as of an instant.
    if (customers_[0].record.events > 0) {
      SEGMENTD_RETURN_IF_ERROR(
          transaction.Send(pipeline().StateRecord(partition_, id, customers_[0])));
    }
  }
  image_.assign(1, ports::kCustomerKey).append(id);
  Status sent = transaction.SendImage(partition_, image_, image.empty() ? nullptr : &image);
  if (sent.has_value() || sent.error().code != Code::kBadRecord) return sent;
  return segmentd::Fail(Code::kConfig,
                        "customer {}: its state of {} bytes is too large for the changelog topic "
                        "({}): raise the topic's max.message.bytes",
                        id, image.size(), sent.error().message);
}

void Task::AppendPositions(std::vector<ports::InputPosition>& positions) const {
  for (std::size_t i = 0; i < inputs_.size(); ++i) {
    if (inputs_[i].assigned) positions.push_back({InputOf(i), inputs_[i].next});
  }
}

Status Task::OnCommitted(std::optional<Offset> changelog_next) {
  cache_.Committed();
  sampled_ = false;
  if (changelog_next && *changelog_next < meta_.changelog_next) {
    return segmentd::Fail(
        Code::kConfig,
        "partition {}: the changelog goes on at offset {} and was at {} before: it was deleted and "
        "made anew while it was in use, and lacks all state but the newest. Start a new app to "
        "read "
        "the input again, or begin with empty state by --accept state-loss",
        partition_.value(), changelog_next->value(), meta_.changelog_next.value());
  }
  if (changelog_next) meta_.changelog_next = *changelog_next;
  FinishSwitch();
  for (TaskInput& input : inputs_) {
    if (input.assigned) input.committed = input.next;
  }
  rebuilds_ = 0;
  return Ok();
}

Status Task::Store(bool force) {
  const std::int64_t now_ms = NowMs();
  cache_.Trim();
  const bool due =
      store_behind_ ||
      cache_.unstored_bytes() + timers_.unstored_bytes() > cache_.bytes_max() / kUnstoredShare ||
      cache_.unstored() + timers_.unstored() > options_.commit_customers_max ||
      cache_.bytes() > cache_.bytes_max() || now_ms - stored_at_ms_ >= options_.store_interval_ms;
  if ((!due && !force) || !unstored()) return Ok();
  ports::TaskMeta meta = meta_;
  meta.cluster = counts_.cluster;
  meta.timer_rules = parts_.pipeline.DeadlinesUnder(nullptr)->Name();
  meta.written_wall_ms = parts_.clock.WallMs();
  const auto items = cache_.Unstored();
  const TimerIndex::Changes timers = timers_.Unstored();
  SEGMENTD_RETURN_IF_ERROR(store_->Write({items, meta, timers.taken, timers.armed}));
  cache_.Stored();
  timers_.Stored(*store_);
  stored_ = meta_;
  store_behind_ = false;
  stored_at_ms_ = now_ms;
  store_stats_ = store_->Describe();
  cache_.Trim();
  return Ok();
}

bool Task::unstored() const {
  return cache_.unstored() > 0 || !(meta_ == stored_) || timers_.unstored() > 0;
}

Status Task::Close(bool write) {
  Status stored = Ok();
  if (write && running()) {
    Enter(ports::TaskState::kRevoking);
    stored = Store(/*force=*/true);
  }
  restore_.reset();
  store_.reset();
  cache_.Clear();
  timers_.Clear();
  if (stored.ok()) {
    Enter(ports::TaskState::kParked);
  } else {
    Fail(stored.error().message);
  }
  return stored;
}

void Task::Halt() {
  for (std::size_t i = 0; i < inputs_.size(); ++i) {
    if (inputs_[i].assigned) parts_.source.Stop(InputOf(i));
  }
  Fail("stopped: " + verdict_ + "; it goes on when the process is started again");
}

void Task::Fail(const std::string& problem) {
  problem_ = problem;
  Enter(ports::TaskState::kFailed);
}

bool Task::beyond_repair() const { return rebuilds_ >= kRebuildsMax; }

bool Task::AtEnd(const Drain& drain) const {
  for (std::size_t i = 0; i < inputs_.size(); ++i) {
    if (inputs_[i].assigned && !drain.AtEnd(InputOf(i), inputs_[i].next)) return false;
  }
  return running();
}

ports::PartitionStatus Task::Describe() {
  ports::PartitionStatus status;
  status.partition = partition_;
  status.state = state_;
  status.state_since_ms = state_since_ms_;
  status.state_s = static_cast<double>(NowMs() - entered_ms_) / kSecondMs;
  status.position = inputs_[0].next;
  status.clock_ms = clock_.clock_ms;
  if (model_ != nullptr) status.model_version = model_->version;
  status.sweeping = sweeping();
  status.drained = idle_.drained();
  status.timers = timers_.size();
  status.next_timer_ms = timers_.next_ms();
  status.problem = problem_;
  status.restored = restored_;
  status.restore_stalls = stalls_;
  status.restores = restores_;
  status.restore_s = restore_s_;
  status.store = store_stats_;
  if (unstored()) status.store_age_s = static_cast<double>(NowMs() - stored_at_ms_) / kSecondMs;
  if (restore_ != nullptr) DescribeRestore(status);
  if (newest_record_ms_ > 0) status.last_record_ms = newest_record_ms_;
  if (running()) status.members = meta_.members;
  if (!running() || !inputs_[0].assigned) return status;
  if (!parts_.source.HeldBack(InputOf(0))) {
    held_back_ms_ = -1;
  } else if (held_back_ms_ < 0) {
    held_back_ms_ = NowMs();
  } else {
    status.held_back_s = static_cast<double>(NowMs() - held_back_ms_) / kSecondMs;
  }
  const auto range = parts_.source.CachedRange(InputOf(0));
  if (range.end.value() < 0) return status;
  status.lag_records = std::max<std::int64_t>(range.end.value() - inputs_[0].next.value(), 0);
  if (status.lag_records > 0 && newest_record_ms_ > 0) {
    const std::int64_t behind_ms = parts_.clock.WallMs() - newest_record_ms_;
    status.lag_seconds = static_cast<double>(std::max<std::int64_t>(behind_ms, 0)) / kSecondMs;
  }
  return status;
}

}  // namespace segmentd::runtime
