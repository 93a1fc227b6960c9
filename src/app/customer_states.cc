#include "app/customer_states.h"

#include <fmt/format.h>

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <cstring>

#include "segmentd/kafka/topic_reader.h"
#include "segmentd/pipeline/control.h"
#include "segmentd/ports/changelog.h"
#include "segmentd/rocks/stores.h"

namespace segmentd::app {
namespace {

constexpr std::int64_t kPollMs = 200;
constexpr std::int64_t kStoreBytes = 128 << 20;
constexpr std::size_t kWriteBytes = 8 << 20;
// A record is small, and costs the client as much again several times over while it waits.
constexpr std::int64_t kFetchBytesMax = 16 << 20;
constexpr std::size_t kPartitionBytes = 4;

// Big-endian, so that keys sort by partition.
std::string KeyOf(Partition partition, std::string_view id) {
  const auto number = static_cast<std::uint32_t>(partition.value());
  std::string key;
  for (const int shift : {24, 16, 8, 0}) key += static_cast<char>((number >> shift) & 0xff);
  return key.append(id);
}

Partition PartitionOf(std::string_view key) {
  std::uint32_t number = 0;
  for (const char byte : key.substr(0, kPartitionBytes)) {
    number = (number << 8) | static_cast<unsigned char>(byte);
  }
  return Partition{static_cast<std::int32_t>(number)};
}

}  // namespace

Result<std::unique_ptr<ScratchFolder>> ScratchFolder::Make() {
  std::error_code error;
  const std::filesystem::path parent = std::filesystem::temp_directory_path(error);
  std::string name = (parent / "segmentd-export-XXXXXX").string();
  if (error || ::mkdtemp(name.data()) == nullptr) {
    return Fail(Code::kStorage, "no temporary folder can be made in \"{}\": {}; set TMPDIR",
                parent.string(), error ? error.message() : std::strerror(errno));
  }
  return std::make_unique<ScratchFolder>(name);
}

ScratchFolder::~ScratchFolder() {
  std::error_code ignored;
  std::filesystem::remove_all(path_, ignored);
}

Status CustomerStates::Open() {
  SEGMENTD_ASSIGN_OR_RETURN(folder_, ScratchFolder::Make());
  clock_ = std::make_unique<SystemClock>();
  SEGMENTD_ASSIGN_OR_RETURN(
      stores_,
      rocks::OpenStores({.dir = folder_->path(), .memory_bytes = kStoreBytes, .partitions = 1},
                        *clock_));
  SEGMENTD_ASSIGN_OR_RETURN(store_, stores_->Open(Partition{0}));
  return Ok();
}

Result<CustomerStates> CustomerStates::Read(const kafka::Connection& connection,
                                            const std::string& changelog,
                                            const std::stop_token& stop, const Progress& progress) {
  auto opened =
      kafka::TopicReader::Open(connection, changelog, {.fetch_bytes_max = kFetchBytesMax});
  if (!opened.ok()) return tl::unexpected(opened.error());
  kafka::TopicReader reader = std::move(*opened);
  CustomerStates states;
  SEGMENTD_RETURN_IF_ERROR(states.Open());
  states.partitions_ = reader.partitions();
  std::uint64_t records = 0;
  while (!reader.AtEnd()) {
    if (stop.stop_requested()) return Fail(Code::kCancelled, "stopped while reading {}", changelog);
    SEGMENTD_ASSIGN_OR_RETURN(const auto polled, reader.Poll(kPollMs));
    for (const event::RawRecord& record : polled) {
      SEGMENTD_RETURN_IF_ERROR(
          states.Take(record.partition, record.key.value_or(""), record.value));
    }
    records += polled.size();
    progress(records, reader.share());
  }
  SEGMENTD_RETURN_IF_ERROR(states.WriteOut());
  return states;
}

Status CustomerStates::Take(Partition partition, std::string_view key,
                            std::optional<std::string_view> value) {
  if (!key.empty() && key.front() == ports::kMetaKey && value) {
    SEGMENTD_ASSIGN_OR_RETURN(metas_[partition], ports::DecodeMeta(*value));
    return Ok();
  }
  if (key.empty() || key.front() != ports::kCustomerKey) {
    return Fail(Code::kNewer,
                "the changelog of partition {} has a record of an unknown kind: it was written by "
                "a newer segmentd; export with that version",
                partition.value());
  }
  if (pipeline::IsErasedKey(key.substr(1))) return Ok();  // is no customer any more
  Change& change = changes_.emplace_back();
  change.key = KeyOf(partition, key.substr(1));
  if (value) change.image = std::string(*value);
  change_bytes_ += sizeof(Change) + key.size() + (value ? value->size() : 0);
  return change_bytes_ < kWriteBytes ? Ok() : WriteOut();
}

Status CustomerStates::WriteOut() {
  std::stable_sort(changes_.begin(), changes_.end(),
                   [](const Change& a, const Change& b) { return a.key < b.key; });
  std::vector<ports::StoreWrite::Item> items;
  for (const Change& change : changes_) {
    const bool again = !items.empty() && items.back().customer_id == change.key;
    ports::StoreWrite::Item& item = again ? items.back() : items.emplace_back();
    item.customer_id = change.key;
    item.image = change.image;
  }
  SEGMENTD_RETURN_IF_ERROR(store_->Write({.items = items, .meta = {}}));
  changes_.clear();
  change_bytes_ = 0;
  return Ok();
}

Status CustomerStates::Visit(const Visitor& visit) const {
  return store_->Scan([&](std::string_view key, std::string_view image) {
    return visit(PartitionOf(key), key.substr(kPartitionBytes), image);
  });
}

}  // namespace segmentd::app
