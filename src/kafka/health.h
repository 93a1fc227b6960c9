#pragma once

#include <librdkafka/rdkafka.h>

#include <optional>
#include <string>
#include <string_view>

#include "kafka/errors.h"
#include "kafka/handle.h"

namespace segmentd::kafka {

// Remembers what librdkafka said about the brokers, to explain later why nothing comes.
class Health {
 public:
  void Note(rd_kafka_resp_err_t error, std::string_view reason);
  void Clear();

  bool brokers_down() const { return down_; }
  // Some connection failed since Clear; a call that timed out did so for this reason.
  bool unreachable() const { return down_ || !reason_.empty(); }
  // What cannot mend itself: a refused login, a fenced member. Ends the client's use.
  const std::optional<Error>& fatal() const { return fatal_; }
  // For timeouts: the last connection error when there was one, since "timed out" alone helps
  // nobody.
  Error Explain(const std::string& brokers, rd_kafka_resp_err_t error,
                std::string_view doing) const;
  Error Down(const std::string& brokers) const { return Unreachable(brokers, reason_); }

 private:
  bool down_ = false;
  std::string reason_;
  std::optional<Error> fatal_;
};

// Serves those clients that have nothing to be told but errors.
class HealthEvents final : public Events {
 public:
  void OnError(rd_kafka_resp_err_t error, std::string_view reason) override {
    health.Note(error, reason);
  }
  Health health;
};

}  // namespace segmentd::kafka
