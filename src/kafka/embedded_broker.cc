#include "segmentd/kafka/embedded_broker.h"

// clang-format off: the second needs the first.
#include <librdkafka/rdkafka.h>
#include <librdkafka/rdkafka_mock.h>
// clang-format on

#include "kafka/handle.h"
#include "kafka/health.h"

namespace segmentd::kafka {

using ClusterPtr =
    std::unique_ptr<rd_kafka_mock_cluster_t, FreeWith<rd_kafka_mock_cluster_destroy>>;

struct EmbeddedBroker::Body {
  HealthEvents events;
  Handle host;  // keeps the cluster's books, sends nothing
  ClusterPtr cluster;
};

Result<std::unique_ptr<EmbeddedBroker>> EmbeddedBroker::Start(std::span<const TopicSpec> topics) {
  std::unique_ptr<EmbeddedBroker> broker(new EmbeddedBroker);
  broker->body_ = std::make_unique<Body>();
  Config config;
  config.type = RD_KAFKA_PRODUCER;
  // A client wants an address; this one never connects.
  const Connection nowhere{"127.0.0.1:1", {{"log_level", "0"}}, {}};
  Result<Handle> host = Handle::Open(nowhere, config, broker->body_->events);
  if (!host.ok()) return tl::unexpected(host.error());
  broker->body_->host = std::move(*host);
  broker->body_->cluster.reset(rd_kafka_mock_cluster_new(broker->body_->host.get(), 1));
  if (!broker->body_->cluster) {
    return Fail(Code::kFatal, "the embedded broker did not start: no free port on 127.0.0.1?");
  }
  broker->address_ = rd_kafka_mock_cluster_bootstraps(broker->body_->cluster.get());
  for (const TopicSpec& topic : topics) {
    if (Status created = broker->CreateTopic(topic.name, topic.partitions); !created.ok()) {
      return tl::unexpected(created.error());
    }
  }
  return broker;
}

EmbeddedBroker::~EmbeddedBroker() = default;

Connection EmbeddedBroker::connection() const {
  return {address_,
          {{"session.timeout.ms", "3500"},
           {"heartbeat.interval.ms", "200"},
           {"fetch.wait.max.ms", "10"}},
          {}};
}

Status EmbeddedBroker::CreateTopic(const std::string& name, int partitions) {
  const rd_kafka_resp_err_t error =
      rd_kafka_mock_topic_create(body_->cluster.get(), name.c_str(), partitions, 1);
  if (error == RD_KAFKA_RESP_ERR_NO_ERROR) return Ok();
  return Fail(Code::kConfig, "topic \"{}\" cannot be made on the embedded broker: {}", name,
              rd_kafka_err2str(error));
}

void EmbeddedBroker::SetDown(bool down) {
  constexpr int kAllBrokers = -1;
  if (down) {
    rd_kafka_mock_broker_set_down(body_->cluster.get(), kAllBrokers);
  } else {
    rd_kafka_mock_broker_set_up(body_->cluster.get(), kAllBrokers);
  }
}

}  // namespace segmentd::kafka
