#pragma once

#include <librdkafka/rdkafka.h>

#include <string>
#include <string_view>

#include "kafka/handle.h"
#include "segmentd/base/clock.h"
#include "segmentd/base/result.h"

namespace segmentd::kafka {

// What to do about an error of librdkafka or the broker, outside of a transaction's own calls.
Code CodeOf(rd_kafka_resp_err_t error);
Error ErrorOf(rd_kafka_resp_err_t error, std::string_view doing);

// The same for a transaction's calls, where librdkafka knows more: fatal and abortable are its
// words.
Error TransactionError(const rd_kafka_error_t& error, std::string_view doing);

// "Kafka at b1:9092 cannot be reached (...): check ...".
Error Unreachable(const std::string& brokers, std::string_view reason);
Error MissingTopic(const std::string& brokers, std::string_view topic);

// Time left of a limit, for calls that are repeated.
class Deadline {
 public:
  explicit Deadline(std::int64_t limit_ms) : end_ns_(clock_.MonotonicNs() + limit_ms * 1'000'000) {}
  int left_ms() const {
    const std::int64_t left = (end_ns_ - clock_.MonotonicNs() + 999'999) / 1'000'000;
    return left > 0 ? static_cast<int>(left) : 0;
  }
  bool passed() const { return left_ms() == 0; }

 private:
  SystemClock clock_;
  std::int64_t end_ns_;
};

}  // namespace segmentd::kafka
