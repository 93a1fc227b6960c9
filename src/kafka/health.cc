#include "kafka/health.h"

namespace segmentd::kafka {

void Health::Note(rd_kafka_resp_err_t error, std::string_view reason) {
  switch (error) {
    case RD_KAFKA_RESP_ERR__ALL_BROKERS_DOWN:
      down_ = true;
      if (reason_.empty()) reason_ = reason;
      return;
    case RD_KAFKA_RESP_ERR__TRANSPORT:
    case RD_KAFKA_RESP_ERR__RESOLVE:
    case RD_KAFKA_RESP_ERR__TIMED_OUT:
    case RD_KAFKA_RESP_ERR__AUTHENTICATION:
    case RD_KAFKA_RESP_ERR__SSL:
      reason_ = reason;
      return;
    default:
      break;
  }
  const Code code = CodeOf(error);
  if (code == Code::kConfig || error == RD_KAFKA_RESP_ERR__FATAL) {
    fatal_ =
        Error{code == Code::kConfig ? code : Code::kFatal,
              fmt::format("Kafka refuses this client: {} ({})", reason, rd_kafka_err2name(error))};
  }
}

void Health::Clear() {
  down_ = false;
  reason_.clear();
}

Error Health::Explain(const std::string& brokers, rd_kafka_resp_err_t error,
                      std::string_view doing) const {
  if (fatal_) return *fatal_;
  Error plain = ErrorOf(error, doing);
  if (plain.code != Code::kRetry) return plain;
  if (unreachable()) return Unreachable(brokers, reason_).With(doing);
  return {Code::kRetry, plain.message + "; trying again"};
}

}  // namespace segmentd::kafka
