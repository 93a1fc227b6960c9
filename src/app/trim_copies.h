#pragma once

#include <chrono>
#include <cstdint>
#include <stop_token>
#include <string>

#include "app/log.h"
#include "segmentd/kafka/connection.h"

namespace segmentd::app {

struct Copies {
  std::string topic;
  std::string group;           // that reads it
  std::int64_t kept = 10'000;  // of each partition: by the last record read an input is known again
  std::chrono::milliseconds every = std::chrono::minutes{10};
};

// Deletes the copies that the group has read, and committed, at once and then now and again until
// stopped: they are of no use to anybody. What cannot be deleted is said in the log and stays.
void TrimCopies(const kafka::Connection& connection, const Copies& copies, const Log& log,
                const std::stop_token& stop);

}  // namespace segmentd::app
