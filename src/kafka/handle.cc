#include "kafka/handle.h"

#include <algorithm>

#include "segmentd/base/text.h"

namespace segmentd::kafka {
namespace {

using ConfPtr = std::unique_ptr<rd_kafka_conf_t, FreeWith<rd_kafka_conf_destroy>>;

// The keys that librdkafka knows.
std::vector<std::string> KnownKeys(rd_kafka_conf_t* conf) {
  std::size_t count = 0;
  const char** const pairs = rd_kafka_conf_dump(conf, &count);
  std::vector<std::string> keys;
  for (std::size_t i = 0; i < count; i += 2) keys.emplace_back(pairs[i]);
  rd_kafka_conf_dump_free(pairs, count);
  return keys;
}

Status Set(rd_kafka_conf_t* conf, const std::string& key, const std::string& value) {
  char reason[512] = "";
  switch (rd_kafka_conf_set(conf, key.c_str(), value.c_str(), reason, sizeof reason)) {
    case RD_KAFKA_CONF_OK:
      return Ok();
    case RD_KAFKA_CONF_INVALID:
      break;
    case RD_KAFKA_CONF_UNKNOWN: {
      const std::vector<std::string> known = KnownKeys(conf);
      const std::vector<std::string_view> views(known.begin(), known.end());
      const auto nearest = NearestName(key, views);
      return Fail(Code::kConfig, "librdkafka has no setting \"{}\"{}", key,
                  nearest ? fmt::format("; did you mean `{}`?", *nearest) : "");
    }
  }
  return Fail(Code::kConfig, "{}={}: {}", key, value, reason);
}

// Both kinds of client take the same settings, and librdkafka remarks on each that only the other
// one uses.
bool IsNoise(const char* facility) { return std::string_view(facility) == "CONFWARN"; }

}  // namespace

void Events::OnDelivery(const rd_kafka_message_t&) {}
void Events::OnRebalance(rd_kafka_resp_err_t, rd_kafka_topic_partition_list_t*) {}

Status CheckSettings(const Settings& client) {
  const ConfPtr conf(rd_kafka_conf_new());
  for (const auto& [key, value] : client) {
    if (std::find(kOwnedSettings.begin(), kOwnedSettings.end(), key) != kOwnedSettings.end()) {
      return Fail(Code::kConfig,
                  "\"{}\" is set by segmentd itself; remove it from the configuration", key);
    }
    if (Status set = Set(conf.get(), key, value); !set.ok()) return set;
  }
  return Ok();
}

Result<Handle> Handle::Open(const Connection& connection, const Config& config, Events& events) {
  if (connection.brokers.empty()) {
    return Fail(Code::kConfig, "kafka.brokers is empty: name at least one host:port");
  }
  if (Status checked = CheckSettings(connection.client); !checked.ok()) {
    return tl::unexpected(checked.error().With("kafka.client"));
  }
  ConfPtr conf(rd_kafka_conf_new());
  for (const Settings* settings : {&config.defaults, &connection.client, &config.owned}) {
    for (const auto& [key, value] : *settings) {
      if (Status set = Set(conf.get(), key, value); !set.ok()) {
        return tl::unexpected(set.error().With("kafka.client"));
      }
    }
  }
  if (Status set = Set(conf.get(), "bootstrap.servers", connection.brokers); !set.ok()) {
    return tl::unexpected(set.error().With("kafka.brokers"));
  }
  Handle handle;
  handle.context_ = std::make_unique<Context>(Context{connection.brokers, connection.log, &events});
  SetCallbacks(conf.get(), config, handle.context_.get());
  char reason[512] = "";
  handle.client_.reset(rd_kafka_new(config.type, conf.get(), reason, sizeof reason));
  if (!handle.client_) return Fail(Code::kConfig, "kafka.client: {}", reason);
  static_cast<void>(conf.release());  // the client owns it now
  if (config.type == RD_KAFKA_CONSUMER) rd_kafka_poll_set_consumer(handle.get());
  return handle;
}

void Handle::SetCallbacks(rd_kafka_conf_t* conf, const Config& config, Context* context) {
  rd_kafka_conf_set_opaque(conf, context);
  rd_kafka_conf_set_log_cb(conf, [](const rd_kafka_t* client, int severity, const char* facility,
                                    const char* line) {
    // Lines about the configuration come before there is a client.
    const auto* to = client == nullptr ? nullptr : static_cast<Context*>(rd_kafka_opaque(client));
    if (to != nullptr && to->log && !IsNoise(facility)) to->log(severity, line);
  });
  rd_kafka_conf_set_error_cb(conf, [](rd_kafka_t*, int error, const char* reason, void* opaque) {
    static_cast<Context*>(opaque)->events->OnError(static_cast<rd_kafka_resp_err_t>(error), reason);
  });
  if (config.reports_deliveries) {
    rd_kafka_conf_set_dr_msg_cb(conf,
                                [](rd_kafka_t*, const rd_kafka_message_t* message, void* opaque) {
                                  static_cast<Context*>(opaque)->events->OnDelivery(*message);
                                });
  }
  if (config.rebalances) {
    rd_kafka_conf_set_rebalance_cb(
        conf, [](rd_kafka_t*, rd_kafka_resp_err_t event,
                 rd_kafka_topic_partition_list_t* partitions, void* opaque) {
          static_cast<Context*>(opaque)->events->OnRebalance(event, partitions);
        });
  }
}

}  // namespace segmentd::kafka
