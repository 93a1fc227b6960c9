#include "app/trim_copies.h"

#include "app/wait.h"
#include "segmentd/kafka/topics.h"

namespace segmentd::app {

void TrimCopies(const kafka::Connection& connection, const Copies& copies, const Log& log,
                const std::stop_token& stop) {
  while (!stop.stop_requested()) {
    const Status trimmed = kafka::TrimTopic(connection, copies.topic, copies.group, copies.kept);
    if (!trimmed.ok()) {
      log.Warn("the re-keyed topic keeps what was read for now",
               {{"problem", trimmed.error().message}});
    }
    WaitFor(copies.every, stop);
  }
}

}  // namespace segmentd::app
