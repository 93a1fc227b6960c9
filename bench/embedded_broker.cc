// The embedded broker as a process of its own, so that its CPU is not counted with the daemon's.
// usage: bench_embedded_broker TOPIC PARTITIONS   prints the address; ends when its input ends
#include <cstdio>
#include <cstdlib>
#include <iostream>
#include <vector>

#include "segmentd/kafka/embedded_broker.h"

int main(int argc, char** argv) {
  if (argc != 3) return 2;
  const std::vector<segmentd::kafka::TopicSpec> topics = {{.name = argv[1], .partitions = std::atoi(argv[2])}};
  auto broker = segmentd::kafka::EmbeddedBroker::Start(topics);
  if (!broker.ok()) {
    std::fprintf(stderr, "%s\n", broker.error().message.c_str());
    return 1;
  }
  std::printf("%s\n", (*broker)->address().c_str());
  std::fflush(stdout);
  while (std::cin.get() != EOF) {
  }
}
