#include "runtime/task.h"

#include <algorithm>
#include <numeric>

#include "runtime/start_position.h"
#include "segmentd/base/assert.h"

namespace segmentd::runtime {
namespace {

constexpr std::int64_t kNsPerMs = 1'000'000;
constexpr std::int64_t kStaggerMs = 1'700;
// A store that is corrupt again after it was rebuilt is no accident.
constexpr int kRebuildsMax = 2;
// The share of the cache that may wait for the store.
constexpr std::int64_t kUnstoredShare = 4;

}  // namespace

Task::Task(Partition partition, const ShardOptions& options, const ShardParts& parts)
    : partition_(partition),
      options_(options),
      parts_(parts),
      state_since_ms_(parts.clock.WallMs()),
      cache_(options.cache_bytes_max) {}

void Task::AddInput(const ports::InputPartition& input) {
  inputs_[static_cast<std::size_t>(input.source)].assigned = true;
}

void Task::Enter(ports::TaskState state) {
  state_ = state;
  state_since_ms_ = parts_.clock.WallMs();
}

ports::InputPartition Task::InputOf(std::size_t source) const {
  return {static_cast<event::Source>(source), partition_};
}

Result<bool> Task::Advance() {
  problem_.clear();
  auto came_further = Step();
  if (came_further.ok()) return came_further;
  Error error = came_further.error().With(fmt::format("partition {}", partition_.value()));
  problem_ = error.message;
  if (error.code != Code::kCorruption) return tl::unexpected(error);
  if (beyond_repair()) {
    error.code = Code::kFatal;
    return tl::unexpected(error);
  }
  Rewind(/*rebuild=*/true);
  return true;
}

Result<bool> Task::Step() {
  using ports::TaskState;
  switch (state_) {
    case TaskState::kOpening:
      if (rebuild_) SEGMENTD_RETURN_IF_ERROR(parts_.stores.Quarantine(partition_));
      rebuild_ = false;
      restorer_ =
          std::make_unique<Restorer>(partition_,
                                     Restorer::Parts{parts_.clock, parts_.changelog, parts_.stores,
                                                     options_.tombstones_kept_ms},
                                     std::move(store_));
      SEGMENTD_RETURN_IF_ERROR(restorer_->Open());
      Enter(TaskState::kFencing);
      return true;
    case TaskState::kFencing:
      // In this order: what was committed after the first is not missed by the second.
      SEGMENTD_RETURN_IF_ERROR(TakeCommitted());
      SEGMENTD_RETURN_IF_ERROR(restorer_->Start());
      Enter(TaskState::kRestoring);
      return true;
    case TaskState::kRestoring: {
      SEGMENTD_ASSIGN_OR_RETURN(const bool done, restorer_->Advance());
      if (!done) return true;
      const Status started = StartInputs();
      if (!started.ok()) return WasOvertaken(started.error());
      Enter(TaskState::kRunning);
      return true;
    }
    default:
      return false;
  }
}

void Task::Rewind(bool rebuild) {
  cache_.Clear();
  if (rebuild) {
    ++rebuilds_;
    rebuild_ = true;
    store_.reset();
  } else if (restorer_ != nullptr && store_ == nullptr) {
    store_ = restorer_->TakeStore();
  }
  restorer_.reset();
  Enter(ports::TaskState::kOpening);
}

Status Task::TakeCommitted() {
  std::vector<ports::InputPartition> asked;
  for (std::size_t i = 0; i < inputs_.size(); ++i) {
    if (inputs_[i].assigned) asked.push_back(InputOf(i));
  }
  SEGMENTD_ASSIGN_OR_RETURN(const auto committed, parts_.source.Committed(asked));
  for (std::size_t i = 0; i < asked.size(); ++i) {
    inputs_[static_cast<std::size_t>(asked[i].source)].committed = committed[i];
  }
  return Ok();
}

// The state is whole: takes it over and reads on from where it stands.
Status Task::StartInputs() {
  const std::optional<ports::TaskMeta>& meta = restorer_->meta();
  if (!meta && !restorer_->discarded().empty() && inputs_[0].committed) {
    return tl::unexpected(Error{
        Code::kConfig,
        fmt::format("{}, and the changelog has no position although the group has one: was the "
                    "changelog topic deleted? Bring it back, or start a new app",
                    restorer_->discarded())});
  }
  for (std::size_t i = 0; i < inputs_.size(); ++i) {
    Input& input = inputs_[i];
    if (!input.assigned) continue;
    StartFacts facts{.input = InputOf(i),
                     .state = std::nullopt,
                     .committed = input.committed,
                     .range = {},
                     .start_earliest = options_.start_earliest};
    if (meta) facts.state = i == 0 ? meta->transactions_next : meta->profiles_next;
    SEGMENTD_ASSIGN_OR_RETURN(facts.range, parts_.source.QueryRange(facts.input));
    SEGMENTD_ASSIGN_OR_RETURN(input.next, StartPosition(facts));
  }
  SEGMENTD_RETURN_IF_ERROR(Reread());
  meta_ = meta.value_or(ports::TaskMeta{});
  meta_.changelog_next = restorer_->changelog_next();
  stored_ = meta_;
  clock_.clock_ms = meta_.clock_ms;
  restored_ += restorer_->restored();
  // Staggered, so that the shard's tasks do not all write their stores after the same commit.
  stored_at_ms_ =
      parts_.clock.MonotonicNs() / kNsPerMs -
      partition_.value() * kStaggerMs % std::max<std::int64_t>(options_.store_interval_ms, 1);
  store_ = restorer_->TakeStore();
  restorer_.reset();
  return Ok();
}

// Nothing is refused for what somebody else has done: one who was stopped for so long that he lost
// the partition finds the input and the group elsewhere than where he left them.
Result<bool> Task::WasOvertaken(const Error& error) {
  if (error.code != Code::kConfig) return tl::unexpected(error);
  const auto committed = [&] { return std::array{inputs_[0].committed, inputs_[1].committed}; };
  const auto before = committed();
  SEGMENTD_RETURN_IF_ERROR(TakeCommitted());
  if (committed() == before) return tl::unexpected(error);
  Rewind(/*rebuild=*/false);
  return true;
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
  touched_.assign(ids.size(), 0);
  parts_.pipeline.Apply(batch_, std::span(customers_).first(ids.size()), touched_, clock_,
                        parts_.clock.WallMs(), effects);
  for (std::size_t i = 0; i < ids.size(); ++i) {
    if (touched_[i] == 0) continue;
    pipeline::EncodeCustomer(customers_[i], image_);
    cache_.Put(ids[i], image_);
  }
  for (const event::RawRecord& record : records) {
    Offset& next = inputs_[static_cast<std::size_t>(record.source)].next;
    next = std::max(next, Next(record.offset));
    newest_record_ms_ = std::max(newest_record_ms_, record.timestamp_ms);
  }
  cache_.Trim();
  return Ok();
}

Status Task::Fetch(std::span<const std::string_view> ids) {
  if (customers_.size() < ids.size()) customers_.resize(ids.size());
  misses_.clear();
  cache_.Prefetch(ids);
  for (std::size_t i = 0; i < ids.size(); ++i) {
    const std::optional<std::string_view> image = cache_.Find(ids[i]);
    if (!image) {
      misses_.push_back(i);
    } else if (image->empty()) {
      customers_[i] = {};
    } else {
      const Status decoded = pipeline::DecodeCustomer(*image, customers_[i]);
      if (!decoded.ok()) return tl::unexpected(Describe(decoded.error(), ids[i]));
    }
  }
  cache_hits_ += ids.size() - misses_.size();
  cache_misses_ += misses_.size();
  return misses_.empty() ? Ok() : FetchMisses(ids);
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
  return cache_.uncommitted() > 0 ||
         std::any_of(inputs_.begin(), inputs_.end(), [](const Input& input) {
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
  meta_.clock_ms = clock_.clock_ms;
  const pipeline::Model* model = parts_.pipeline.model();
  meta_.model_version = model == nullptr ? "" : model->version;
  meta_.written_wall_ms = parts_.clock.WallMs();
  const std::string bytes = ports::EncodeMeta(meta_);
  const std::string_view view = bytes;
  return transaction.SendImage(partition_, std::string_view(&ports::kMetaKey, 1), &view);
}

Status Task::Produce(Transaction& transaction, std::string_view id, std::string_view image) {
  if (options_.state_every_commit && !image.empty()) {
    if (customers_.empty()) customers_.resize(1);
    SEGMENTD_RETURN_IF_ERROR(pipeline::DecodeCustomer(image, customers_[0]));
    SEGMENTD_RETURN_IF_ERROR(
        transaction.Send(parts_.pipeline.StateRecord(partition_, id, customers_[0])));
  }
  image_.assign(1, ports::kCustomerKey).append(id);
  const Status sent = transaction.SendImage(partition_, image_, image.empty() ? nullptr : &image);
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

void Task::OnCommitted(std::optional<Offset> changelog_next) {
  cache_.Committed();
  if (changelog_next) meta_.changelog_next = std::max(meta_.changelog_next, *changelog_next);
  for (Input& input : inputs_) {
    if (input.assigned) input.committed = input.next;
  }
  rebuilds_ = 0;
}

Status Task::Store(bool force) {
  const std::int64_t now_ms = parts_.clock.MonotonicNs() / kNsPerMs;
  cache_.Trim();
  const bool due = cache_.unstored_bytes() > cache_.bytes_max() / kUnstoredShare ||
                   cache_.bytes() > cache_.bytes_max() ||
                   now_ms - stored_at_ms_ >= options_.store_interval_ms;
  if ((!due && !force) || (cache_.unstored() == 0 && meta_ == stored_)) return Ok();
  ports::TaskMeta meta = meta_;
  meta.written_wall_ms = parts_.clock.WallMs();
  const auto items = cache_.Unstored();
  SEGMENTD_RETURN_IF_ERROR(store_->Write({items, meta}));
  cache_.Stored();
  stored_ = meta_;
  stored_at_ms_ = now_ms;
  cache_.Trim();
  return Ok();
}

Status Task::Close(bool write) {
  Status stored = Ok();
  if (write && running()) {
    Enter(ports::TaskState::kRevoking);
    stored = Store(/*force=*/true);
  }
  restorer_.reset();
  store_.reset();
  cache_.Clear();
  if (stored.ok()) {
    Enter(ports::TaskState::kParked);
  } else {
    Fail(stored.error().message);
  }
  return stored;
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

ports::PartitionStatus Task::Describe() const {
  ports::PartitionStatus status;
  status.partition = partition_;
  status.state = state_;
  status.state_since_ms = state_since_ms_;
  status.position = inputs_[0].next;
  status.clock_ms = clock_.clock_ms;
  status.problem = problem_;
  status.restored = restored_;
  if (restorer_ != nullptr) {
    status.restored += restorer_->restored();
    status.restore_remaining = std::max<std::int64_t>(restorer_->remaining(), 0);
  }
  if (!running() || !inputs_[0].assigned) return status;
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
