#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "segmentd/base/ids.h"
#include "segmentd/base/result.h"
#include "segmentd/event/raw_record.h"
#include "segmentd/kafka/connection.h"

namespace segmentd::kafka {

// Reads all partitions of one topic without joining a group: `tail`, `train`, `export`, tests. One
// thread.
class TopicReader {
 public:
  enum class From { kStart, kEnd };
  struct Options {
    From from = From::kStart;
    bool read_committed = true;  // false: also what open and aborted transactions wrote
    std::int64_t fetch_bytes_max = 64 << 20;
  };

  // kNotFound: no such topic. kRetry: brokers away.
  static Result<TopicReader> Open(const Connection& connection, const std::string& topic,
                                  const Options& options);
  static Result<TopicReader> Open(const Connection& connection, const std::string& topic) {
    return Open(connection, topic, Options{});
  }
  TopicReader(TopicReader&&) noexcept;
  TopicReader& operator=(TopicReader&&) noexcept;
  ~TopicReader();

  // Waits up to max_wait_ms and returns the records at hand, in offset order per partition; source
  // is always kTransactions. Valid until the next call. kRetry: brokers away.
  Result<std::span<const event::RawRecord>> Poll(std::int64_t max_wait_ms, int records_max = 4096);

  // Every partition has been read to the end that Open saw.
  bool AtEnd() const;
  // How much of what was there then has been read, 0..1.
  double share() const;
  int partitions() const;

 private:
  struct Body;
  explicit TopicReader(std::unique_ptr<Body> body);
  std::unique_ptr<Body> body_;
};

}  // namespace segmentd::kafka
