#pragma once

#include <librdkafka/rdkafka.h>

#include <memory>
#include <string>
#include <string_view>
#include <utility>

#include "segmentd/base/result.h"
#include "segmentd/kafka/connection.h"

namespace segmentd::kafka {

// Frees what librdkafka hands out with the function that belongs to it.
template <auto kFree>
struct FreeWith {
  template <typename T>
  void operator()(T* thing) const {
    kFree(thing);
  }
};
using ErrorPtr = std::unique_ptr<rd_kafka_error_t, FreeWith<rd_kafka_error_destroy>>;
using TopicPtr = std::unique_ptr<rd_kafka_topic_t, FreeWith<rd_kafka_topic_destroy>>;
using QueuePtr = std::unique_ptr<rd_kafka_queue_t, FreeWith<rd_kafka_queue_destroy>>;
using EventPtr = std::unique_ptr<rd_kafka_event_t, FreeWith<rd_kafka_event_destroy>>;
using TopicListPtr = std::unique_ptr<rd_kafka_topic_partition_list_t,
                                     FreeWith<rd_kafka_topic_partition_list_destroy>>;
using GroupMetadataPtr = std::unique_ptr<rd_kafka_consumer_group_metadata_t,
                                         FreeWith<rd_kafka_consumer_group_metadata_destroy>>;
using MetadataPtr = std::unique_ptr<const rd_kafka_metadata_t, FreeWith<rd_kafka_metadata_destroy>>;

// What librdkafka tells while it is polled, on the polling thread.
class Events {
 public:
  virtual ~Events() = default;
  virtual void OnError(rd_kafka_resp_err_t error, std::string_view reason) = 0;
  virtual void OnDelivery(const rd_kafka_message_t& message);
  virtual void OnRebalance(rd_kafka_resp_err_t event, rd_kafka_topic_partition_list_t* partitions);
};

struct Config {
  rd_kafka_type_t type = RD_KAFKA_CONSUMER;
  Settings defaults = {};  // the connection's client settings win over these
  Settings owned = {};     // these win over all
  bool rebalances = false;
  bool reports_deliveries = false;
};

// One librdkafka client. Calls back into `events`, which must outlive it.
class Handle {
 public:
  Handle() = default;
  // kConfig, with librdkafka's words.
  static Result<Handle> Open(const Connection& connection, const Config& config, Events& events);

  rd_kafka_t* get() const { return client_.get(); }
  explicit operator bool() const { return client_ != nullptr; }
  const std::string& brokers() const { return context_->brokers; }

 private:
  struct Context {
    std::string brokers;
    LogSink log;
    Events* events = nullptr;
  };
  // A consumer that has not been closed is dropped as a crash would: it does not leave its group.
  struct Destroy {
    void operator()(rd_kafka_t* client) const {
      rd_kafka_destroy_flags(client, RD_KAFKA_DESTROY_F_NO_CONSUMER_CLOSE);
    }
  };

  static void SetCallbacks(rd_kafka_conf_t* conf, const Config& config, Context* context);

  std::unique_ptr<Context> context_;  // outlives the client
  std::unique_ptr<rd_kafka_t, Destroy> client_;
};

}  // namespace segmentd::kafka
