#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "segmentd/base/clock.h"
#include "segmentd/base/result.h"
#include "segmentd/kafka/connection.h"
#include "segmentd/ports/store.h"

namespace segmentd::app {

// A folder of its own below TMPDIR, removed with all that is in it.
class ScratchFolder {
 public:
  // kStorage.
  static Result<std::unique_ptr<ScratchFolder>> Make();
  explicit ScratchFolder(std::filesystem::path path) : path_(std::move(path)) {}
  ScratchFolder(const ScratchFolder&) = delete;
  ScratchFolder& operator=(const ScratchFolder&) = delete;
  ~ScratchFolder();

  std::string path() const { return path_.string(); }

 private:
  const std::filesystem::path path_;
};

// Every customer's state as committed at one moment, read from the changelog without joining the
// group, so that the daemon may run or not. In bounded memory: it lies in a store in a temporary
// folder (TMPDIR says where) that goes with the object.
class CustomerStates {
 public:
  // records: read so far; share: of all.
  using Progress = std::function<void(std::uint64_t records, double share)>;
  // kNotFound: the changelog is not there. kRetry: brokers away. kStorage. kCancelled: stopped.
  static Result<CustomerStates> Read(const kafka::Connection& connection,
                                     const std::string& changelog, const std::stop_token& stop,
                                     const Progress& progress);

  int partitions() const { return partitions_; }
  // Where each partition stood; one that never committed is not there.
  const std::map<Partition, ports::TaskMeta>& metas() const { return metas_; }

  using Visitor = std::function<Status(Partition partition, std::string_view customer_id,
                                       std::string_view image)>;
  // Each customer once, by partition, then by id.
  Status Visit(const Visitor& visit) const;

 private:
  struct Change {
    std::string key;  // the partition's four bytes, then the id
    std::optional<std::string> image;
  };

  CustomerStates() = default;
  Status Open();
  Status Take(Partition partition, std::string_view key, std::optional<std::string_view> value);
  Status WriteOut();

  std::unique_ptr<ScratchFolder> folder_;  // outlives what is in it
  std::unique_ptr<SystemClock> clock_;
  std::unique_ptr<ports::StoreFactory> stores_;
  std::unique_ptr<ports::StateStore> store_;
  int partitions_ = 0;
  std::map<Partition, ports::TaskMeta> metas_;
  std::vector<Change> changes_;  // in the changelog's order
  std::size_t change_bytes_ = 0;
};

}  // namespace segmentd::app
