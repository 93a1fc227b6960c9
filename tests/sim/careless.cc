#include "sim/careless.h"

#include <map>
#include <set>

#include "segmentd/pipeline/customer.h"

namespace segmentd::support {
namespace {

class EagerSink final : public ports::Sink {
 public:
  EagerSink(ports::Sink& sink, FakeBroker& broker, MemoryStores& stores)
      : sink_(sink), broker_(broker), stores_(stores) {}

  Status Reset() override { return sink_.Reset(); }
  Status Begin() override {
    images_.clear();
    return sink_.Begin();
  }
  Status Send(const pipeline::OutRecord& record) override { return sink_.Send(record); }
  Status SendImage(Partition partition, std::string_view key,
                   const std::string_view* value) override {
    images_[partition][std::string(key)] = value == nullptr ? "" : std::string(*value);
    return sink_.SendImage(partition, key, value);
  }
  Result<ports::CommitReceipt> Commit(std::span<const ports::InputPosition> positions) override {
    for (const auto& [partition, images] : images_) Store(partition, images);
    images_.clear();
    return sink_.Commit(positions);
  }
  Status Abort() override { return sink_.Abort(); }

 private:
  void Store(Partition partition, const std::map<std::string, std::string>& images) {
    MemoryStores::Disk disk = stores_.disk(partition);
    for (const auto& [key, image] : images) {
      if (key.front() == ports::kMetaKey) {
        disk.meta = ports::DecodeMeta(image).value();
      } else {
        disk.images[key.substr(1)] = image;
      }
    }
    if (disk.meta) disk.meta->changelog_next = broker_.High("changelog", partition);
    stores_.Edit(partition, std::move(disk));
  }

  ports::Sink& sink_;
  FakeBroker& broker_;
  MemoryStores& stores_;
  std::map<Partition, std::map<std::string, std::string>> images_;
};

class StubbornSource final : public ports::RecordSource, private ports::RebalanceListener {
 public:
  explicit StubbornSource(ports::RecordSource& source) : source_(source) {}

  Status Subscribe(ports::RebalanceListener& listener) override {
    listener_ = &listener;
    return source_.Subscribe(*this);
  }
  Result<std::span<const event::RawRecord>> Poll(std::int64_t max_wait_ms,
                                                 int records_max) override {
    return source_.Poll(max_wait_ms, records_max);
  }
  Result<std::vector<std::optional<Offset>>> Committed(
      std::span<const ports::InputPartition> partitions) override {
    return source_.Committed(partitions);
  }
  Status StartAt(const ports::InputPartition& partition, Offset next) override {
    if (!started_.insert(partition).second) return Ok();
    return source_.StartAt(partition, next);
  }
  void Stop(const ports::InputPartition& partition) override { source_.Stop(partition); }
  Result<std::optional<std::uint64_t>> MarkAt(const ports::InputPartition& partition,
                                              Offset offset) override {
    return source_.MarkAt(partition, offset);
  }
  Result<Range> QueryRange(const ports::InputPartition& partition) override {
    return source_.QueryRange(partition);
  }
  Range CachedRange(const ports::InputPartition& partition) override {
    return source_.CachedRange(partition);
  }
  Result<bool> Drained(const ports::InputPartition& partition, Offset next) override {
    return source_.Drained(partition, next);
  }
  std::optional<Offset> Position(const ports::InputPartition& partition) override {
    return source_.Position(partition);
  }
  Result<Counts> PartitionCounts() override { return source_.PartitionCounts(); }
  void Close() override { source_.Close(); }

 private:
  void OnAssigned(std::span<const ports::InputPartition> partitions) override {
    started_.clear();
    listener_->OnAssigned(partitions);
  }
  void OnRevoked(std::span<const ports::InputPartition> partitions, bool lost) override {
    listener_->OnRevoked(partitions, lost);
  }

  ports::RecordSource& source_;
  ports::RebalanceListener* listener_ = nullptr;
  std::set<ports::InputPartition> started_;
};

// Alters a changelog's end, or its records on the way.
class AlteredChangelog final : public ports::ChangelogReader {
 public:
  using AlterRange = std::function<void(Partition, Range&)>;
  using AlterValue = std::function<void(std::string_view key, std::string& value)>;
  AlteredChangelog(ports::ChangelogReader& changelog, AlterRange range, AlterValue value)
      : changelog_(changelog), range_(std::move(range)), value_(std::move(value)) {}

  Result<Range> QueryRange(Partition partition) override {
    auto range = changelog_.QueryRange(partition);
    if (range.ok() && range_) range_(partition, *range);
    return range;
  }
  Result<Offset> Replay(Partition partition, Offset from, Offset end,
                        const Visitor& visit) override {
    SEGMENTD_ASSIGN_OR_RETURN(const Range real, changelog_.QueryRange(partition));
    SEGMENTD_ASSIGN_OR_RETURN(const Offset reached,
                              changelog_.Replay(partition, from, std::min(end, real.end),
                                                [&](Offset offset, std::string_view key,
                                                    const std::string_view* value) -> Status {
                                                  if (value == nullptr || !value_)
                                                    return visit(offset, key, value);
                                                  std::string altered(*value);
                                                  value_(key, altered);
                                                  const std::string_view view = altered;
                                                  return visit(offset, key, &view);
                                                }));
    return std::max(reached, end);
  }

 private:
  ports::ChangelogReader& changelog_;
  AlterRange range_;
  AlterValue value_;
};

}  // namespace

std::unique_ptr<ports::Sink> StoresBeforeTheCommit(ports::Sink& sink, FakeBroker& broker,
                                                   MemoryStores& stores) {
  return std::make_unique<EagerSink>(sink, broker, stores);
}

std::unique_ptr<ports::RecordSource> ForgetsToRewind(ports::RecordSource& source) {
  return std::make_unique<StubbornSource>(source);
}

std::unique_ptr<ports::ChangelogReader> EndsAtLastStable(ports::ChangelogReader& changelog,
                                                         FakeBroker& broker) {
  return std::make_unique<AlteredChangelog>(
      changelog,
      [&broker](Partition partition, ports::ChangelogReader::Range& range) {
        range.end = broker.LastStable("changelog", partition);
      },
      nullptr);
}

std::unique_ptr<ports::ChangelogReader> OverlooksTruncation(ports::ChangelogReader& changelog,
                                                            std::map<Partition, Offset>& longest) {
  return std::make_unique<AlteredChangelog>(
      changelog,
      [&longest](Partition partition, ports::ChangelogReader::Range& range) {
        range.end = longest[partition] = std::max(longest[partition], range.end);
      },
      nullptr);
}

std::unique_ptr<ports::ChangelogReader> LosesRecentIds(ports::ChangelogReader& changelog) {
  return std::make_unique<AlteredChangelog>(
      changelog, nullptr, [](std::string_view key, std::string& value) {
        if (key.front() != ports::kCustomerKey) return;
        pipeline::Customer customer;
        if (!pipeline::DecodeCustomer(value, customer).has_value()) return;
        customer.record.id_count = customer.record.id_head = 0;
        pipeline::EncodeCustomer(customer, value);
      });
}

namespace {

std::unique_ptr<ports::ChangelogReader> AltersMeta(ports::ChangelogReader& changelog,
                                                   std::function<void(ports::TaskMeta&)> alter) {
  return std::make_unique<AlteredChangelog>(
      changelog, nullptr, [alter](std::string_view key, std::string& value) {
        if (key.front() != ports::kMetaKey) return;
        ports::TaskMeta meta = ports::DecodeMeta(value).value();
        alter(meta);
        value = ports::EncodeMeta(meta);
      });
}

}  // namespace

std::unique_ptr<ports::ChangelogReader> LosesClock(ports::ChangelogReader& changelog) {
  return AltersMeta(changelog, [](ports::TaskMeta& meta) { meta.clock_ms = INT64_MIN; });
}

std::unique_ptr<ports::ChangelogReader> LosesSweep(ports::ChangelogReader& changelog) {
  return AltersMeta(changelog, [](ports::TaskMeta& meta) { meta.model_switch.sweep_from.reset(); });
}

std::unique_ptr<ports::ChangelogReader> LosesSwitch(ports::ChangelogReader& changelog,
                                                    const std::string& active) {
  return AltersMeta(changelog, [active](ports::TaskMeta& meta) { meta.model_version = active; });
}

}  // namespace segmentd::support
