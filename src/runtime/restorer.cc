#include "runtime/restorer.h"

#include <algorithm>

#include "segmentd/pipeline/deadlines.h"

namespace segmentd::runtime {
namespace {

// A slice takes some ten milliseconds, so that the loop that drives it stays attentive.
constexpr std::int64_t kSliceOffsets = 20'000;
constexpr std::size_t kTimersMax = 5'000;
// A tombstone may be gone this much before its time is up, by the clocks of two machines.
constexpr std::int64_t kClockSlackMs = 3'600 * kSecondMs;
// Of a store that was left in mid-restore before it saw a commit's position.
constexpr Offset kNoPosition{-1};

}  // namespace

Restorer::Restorer(Partition partition, const Parts& parts,
                   std::unique_ptr<ports::StateStore> store)
    : partition_(partition), parts_(parts), store_(std::move(store)) {}

Status Restorer::Open() {
  if (store_ != nullptr) return Ok();
  auto opened = parts_.stores.Open(partition_);
  if (!opened.ok() && opened.error().code == Code::kCorruption) {
    return Discard(opened.error().message);
  }
  if (!opened.ok()) return tl::unexpected(opened.error());
  store_ = std::move(*opened);
  return Ok();
}

Status Restorer::Rebuild() { return Discard("the local state could not be read"); }

Status Restorer::Start(ports::ChangelogReader& changelog) {
  SEGMENTD_ASSIGN_OR_RETURN(const auto range, changelog.QueryRange(partition_));
  low_ = next_ = range.low;
  end_ = range.end;
  meta_.reset();
  auto read = store_->ReadMeta();
  if (!read.ok() && read.error().code == Code::kCorruption) return Discard(read.error().message);
  if (!read.ok()) return tl::unexpected(read.error());
  begun_ = read->has_value();
  if (!begun_) return Ok();
  const ports::TaskMeta& stored = **read;
  SEGMENTD_ASSIGN_OR_RETURN(const bool other_cluster, IsOfOtherCluster(stored));
  std::string reason =
      other_cluster ? "the local state is of another cluster" : ReasonToDiscard(stored);
  if (!reason.empty()) return Discard(std::move(reason));
  next_ = stored.changelog_next;
  if (stored.transactions_next != kNoPosition) meta_ = stored;
  kept_ = meta_.has_value();
  return Ok();
}

Result<bool> Restorer::IsOfOtherCluster(const ports::TaskMeta& stored) const {
  if (stored.cluster.empty() || parts_.cluster.empty() || stored.cluster == parts_.cluster) {
    return false;
  }
  if (parts_.accept_other_cluster) return true;
  return Fail(Code::kConfig,
              "the local state belongs to the Kafka cluster {} and kafka.brokers is "
              "cluster {}: correct kafka.brokers, set another state.dir, or have the state rebuilt "
              "from this cluster by --accept other-cluster",
              stored.cluster, parts_.cluster);
}

std::string Restorer::ReasonToDiscard(const ports::TaskMeta& stored) const {
  const std::int64_t at = stored.changelog_next.value();
  if (stored.changelog_next > end_) {
    return fmt::format("the local state has changelog offset {}, the changelog ends at {}", at,
                       end_.value());
  }
  if (stored.changelog_next < low_) {
    return fmt::format("the local state has changelog offset {}, the changelog begins at {}", at,
                       low_.value());
  }
  if (low_ == end_ && stored.transactions_next != kNoPosition) {
    // Compaction never takes the newest position away.
    return "the local state has a position, and the changelog is empty";
  }
  if (stored.timer_rules != parts_.timer_rules) {
    return "the local state has timers by other rules";
  }
  const std::int64_t age_ms = parts_.clock.WallMs() - stored.written_wall_ms;
  if (stored.changelog_next < end_ && age_ms > parts_.tombstones_kept_ms - kClockSlackMs) {
    return "the local state is older than the changelog keeps deletions";
  }
  return {};
}

// Starts over with an empty store, from the changelog's beginning.
Status Restorer::Discard(std::string reason) {
  store_.reset();
  SEGMENTD_RETURN_IF_ERROR(parts_.stores.Quarantine(partition_));
  SEGMENTD_ASSIGN_OR_RETURN(store_, parts_.stores.Open(partition_));
  discarded_ = std::move(reason);
  next_ = low_;
  meta_.reset();
  begun_ = kept_ = false;
  return Ok();
}

Result<bool> Restorer::Advance(ports::ChangelogReader& changelog) {
  if (done_) return true;
  if (next_ < end_) {
    const Offset to{std::min(next_.value() + kSliceOffsets, end_.value())};
    const auto reached = changelog.Replay(
        partition_, next_, to,
        [this](Offset offset, std::string_view key, const std::string_view* value) {
          return Visit(offset, key, value);
        });
    if (!reached.ok()) return tl::unexpected(reached.error());
    next_ = *reached;
  }
  if (next_ < end_) return false;
  end_ = next_;
  SEGMENTD_RETURN_IF_ERROR(Finish());
  SEGMENTD_RETURN_IF_ERROR(timers_.Open(*store_));
  done_ = true;
  return true;
}

Status Restorer::Visit(Offset offset, std::string_view key, const std::string_view* value) {
  if (key.empty() || (key.front() != ports::kCustomerKey && key.front() != ports::kMetaKey)) {
    return Fail(
        Code::kNewer,
        "the changelog of partition {} has a record of an unknown kind at offset {}: it was "
        "written by a newer segmentd",
        partition_.value(), offset.value());
  }
  if (key.front() == ports::kMetaKey) {
    if (value == nullptr) {
      return Fail(Code::kFatal, "the changelog of partition {} has lost its position at offset {}",
                  partition_.value(), offset.value());
    }
    SEGMENTD_RETURN_IF_ERROR(TakeMeta(offset, *value));
  } else {
    AddChange(key.substr(1), value);
  }
  ++restored_;
  changed_ = true;
  // Should the replay stop here, it goes on here.
  next_ = Next(offset);
  const std::size_t gathered = bytes_.size() + changes_.size() * sizeof(Change);
  return gathered < parts_.batches.bytes ? Ok() : WriteOut();
}

void Restorer::AddChange(std::string_view customer_id, const std::string_view* image) {
  Change& change = changes_.emplace_back();
  change.at = bytes_.size();
  change.id_size = customer_id.size();
  bytes_.append(customer_id);
  if (image == nullptr) return;
  change.image_size = image->size();
  bytes_.append(*image);
}

std::string_view Restorer::IdOf(const Change& change) const {
  return std::string_view(bytes_).substr(change.at, change.id_size);
}

// The newest of each customer, ascending; their bytes stay in bytes_.
std::vector<ports::StoreWrite::Item> Restorer::TakeChanges() {
  std::sort(changes_.begin(), changes_.end(), [this](const Change& a, const Change& b) {
    const int order = IdOf(a).compare(IdOf(b));
    return order != 0 ? order < 0 : a.at < b.at;
  });
  std::vector<ports::StoreWrite::Item> items;
  items.reserve(changes_.size());
  for (const Change& change : changes_) {
    const std::string_view id = IdOf(change);
    if (items.empty() || items.back().customer_id != id) items.emplace_back();
    items.back() = {id, std::nullopt};
    if (!change.image_size) continue;
    items.back().image =
        std::string_view(bytes_).substr(change.at + change.id_size, *change.image_size);
  }
  changes_.clear();
  return items;
}

Status Restorer::TakeMeta(Offset offset, std::string_view bytes) {
  SEGMENTD_ASSIGN_OR_RETURN(ports::TaskMeta meta, ports::DecodeMeta(bytes));
  if (meta_ && meta_->origin_ms != meta.origin_ms) {
    return Fail(Code::kCorruption,
                "the local state of partition {} is not of this changelog, whose line of state at "
                "offset {} began at another time: the topic was made anew",
                partition_.value(), offset.value());
  }
  swept_ = swept_ || (meta_ && meta_->model_switch != meta.model_switch);
  meta_ = std::move(meta);
  return Ok();
}

// Images are whole, so that a store which is ahead of its position in mid-restore is put right by
// the rest of the replay; changelog_next says from where.
Status Restorer::WriteOut() {
  if (kept_ && swept_) SEGMENTD_RETURN_IF_ERROR(ArmKept());
  const std::vector<ports::StoreWrite::Item> items = TakeChanges();
  ports::TaskMeta meta = meta_.value_or(ports::TaskMeta{});
  if (!meta_) meta.transactions_next = meta.profiles_next = kNoPosition;
  meta.cluster = parts_.cluster;
  meta.timer_rules = parts_.timer_rules;
  meta.written_wall_ms = parts_.clock.WallMs();
  SEGMENTD_ASSIGN_OR_RETURN(const std::vector<ports::Timer> timers, TimersOf(items));
  const bool many = items.size() >= parts_.batches.load_min;
  if (many && !begun_) {
    // Should the load be cut off, this tells how old its customers are.
    ports::TaskMeta nothing = meta;
    nothing.transactions_next = nothing.profiles_next = kNoPosition;
    nothing.changelog_next = low_;
    SEGMENTD_RETURN_IF_ERROR(store_->Write({{}, nothing, {}, {}}));
  }
  meta.changelog_next = next_;
  const ports::StoreWrite write = {items, meta, {}, timers};
  SEGMENTD_RETURN_IF_ERROR(many ? store_->Load(write) : store_->Write(write));
  begun_ = true;
  bytes_.clear();
  changed_ = false;
  return Ok();
}

// What the customers wait for, ascending. Those that were armed before stay, and find out.
Result<std::vector<ports::Timer>> Restorer::TimersOf(
    std::span<const ports::StoreWrite::Item> items) const {
  std::vector<ports::Timer> timers;
  for (const ports::StoreWrite::Item& item : items) {
    if (!item.image) continue;
    SEGMENTD_RETURN_IF_ERROR(AddTimer(item.customer_id, *item.image, timers));
  }
  std::sort(timers.begin(), timers.end());
  return timers;
}

Status Restorer::AddTimer(std::string_view customer_id, std::string_view image,
                          std::vector<ports::Timer>& timers) const {
  const auto pending_ms = parts_.pending_ms(image);
  if (!pending_ms.ok()) {
    return tl::unexpected(pending_ms.error().With(fmt::format("customer {}", customer_id)));
  }
  if (*pending_ms != pipeline::kNever) timers.push_back({*pending_ms, std::string(customer_id)});
  return Ok();
}

// Whom a sweep came to without an effect it left a timer, in the memory of a process that is gone,
// and nothing in the changelog. Before the store learns how far the sweep was.
Status Restorer::ArmKept() {
  SEGMENTD_ASSIGN_OR_RETURN(const auto stored, store_->ReadMeta());
  std::vector<ports::Timer> timers;
  const auto write = [&] {
    std::sort(timers.begin(), timers.end());
    Status written = store_->Write({{}, *stored, {}, timers});
    timers.clear();
    return written;
  };
  SEGMENTD_RETURN_IF_ERROR(store_->Scan([&](std::string_view id, std::string_view image) -> Status {
    SEGMENTD_RETURN_IF_ERROR(AddTimer(id, image, timers));
    return timers.size() < kTimersMax ? Ok() : write();
  }));
  SEGMENTD_RETURN_IF_ERROR(write());
  kept_ = false;
  return Ok();
}

Status Restorer::Finish() {
  // Without transactions a first commit may have died before its position: it never happened.
  if (!meta_ && restored_ > 0) {
    changes_.clear();
    bytes_.clear();
    changed_ = false;
    const Offset end = end_;
    SEGMENTD_RETURN_IF_ERROR(Discard("the changelog holds customers and no position"));
    next_ = end;
    return Ok();
  }
  return changed_ ? WriteOut() : Ok();
}

}  // namespace segmentd::runtime
