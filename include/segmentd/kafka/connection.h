#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <string_view>

#include "segmentd/base/result.h"

namespace segmentd::kafka {

// librdkafka's own keys and values, as in its CONFIGURATION.md.
using Settings = std::map<std::string, std::string>;

// What `kafka.client` may not set: segmentd's guarantees rest on them, or another field sets them.
inline constexpr std::array<std::string_view, 24> kOwnedSettings = {
    "acks",
    "auto.commit.enable",
    "auto.commit.interval.ms",
    "auto.offset.reset",
    "bootstrap.servers",
    "enable.auto.commit",
    "enable.auto.offset.store",
    "enable.gapless.guarantee",
    "enable.idempotence",
    "enable.partition.eof",
    "group.id",
    "group.protocol",
    "isolation.level",
    "max.in.flight",
    "max.in.flight.requests.per.connection",
    "message.max.bytes",
    "metadata.broker.list",
    "partition.assignment.strategy",
    "partitioner",
    "queued.max.messages.kbytes",
    "queued.min.messages",
    "request.required.acks",
    "transaction.timeout.ms",
    "transactional.id",
};

// Lines of librdkafka itself; severity as in syslog (3 error, 4 warning, 6 information). Called
// from librdkafka's threads.
using LogSink = std::function<void(int severity, std::string_view line)>;

// How to reach the brokers. Copied by whoever connects.
struct Connection {
  std::string brokers;  // "host:port,host:port"
  Settings client;      // passed through; owned ones are refused with kConfig
  LogSink log;          // empty: librdkafka is silent
};

// kConfig names the key that is owned, unknown or has a value that librdkafka refuses. Contacts
// nobody.
Status CheckSettings(const Settings& client);

}  // namespace segmentd::kafka
