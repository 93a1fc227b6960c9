#include "app/model_writer.h"

#include "app/options.h"
#include "segmentd/kafka/fenced_writer.h"
#include "segmentd/kafka/producer.h"

namespace segmentd::app {
namespace {

class Fenced final : public ModelWriter {
 public:
  explicit Fenced(kafka::FencedWriter writer) : writer_(std::move(writer)) {}

  Status Claim() override { return writer_.Claim(); }
  Status Write(const std::vector<model::TopicRecord>& records) override {
    std::vector<kafka::FencedWriter::Record> out;
    for (const model::TopicRecord& record : records) {
      out.push_back({record.key, {}});
      if (record.value) out.back().value = *record.value;
    }
    return writer_.Write(out);
  }

 private:
  kafka::FencedWriter writer_;
};

// Manifests come behind their chunks and pointers behind manifests, so that a reader never sees
// more than is there.
class Plain final : public ModelWriter {
 public:
  explicit Plain(kafka::Producer producer) : producer_(std::move(producer)) {}

  Status Claim() override { return Ok(); }
  Status Write(const std::vector<model::TopicRecord>& records) override {
    for (const model::TopicRecord& record : records) {
      kafka::Producer::Record out;
      out.key = record.key;
      if (record.value) out.value = *record.value;
      out.partition = Partition{0};
      SEGMENTD_RETURN_IF_ERROR(producer_.Send(out));
    }
    return producer_.Flush();
  }

 private:
  kafka::Producer producer_;
};

}  // namespace

Result<std::unique_ptr<ModelWriter>> ModelWriter::Open(const config::Config& config,
                                                       const kafka::Connection& connection) {
  const std::string topic = ModelTopicOf(config);
  if (config.delivery == config::Delivery::kExactlyOnce) {
    SEGMENTD_ASSIGN_OR_RETURN(
        kafka::FencedWriter writer,
        kafka::FencedWriter::Open(connection, topic, config.app + ".trainer"));
    return std::make_unique<Fenced>(std::move(writer));
  }
  return OpenPlain(connection, topic);
}

Result<std::unique_ptr<ModelWriter>> ModelWriter::OpenPlain(const kafka::Connection& connection,
                                                            const std::string& topic) {
  SEGMENTD_ASSIGN_OR_RETURN(kafka::Producer producer, kafka::Producer::Open(connection, topic));
  return std::make_unique<Plain>(std::move(producer));
}

}  // namespace segmentd::app
