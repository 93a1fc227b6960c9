// The embedded broker as a process of its own, so that its CPU is not counted with the daemon's.
// usage: bench_embedded_broker PARTITIONS TOPIC...   prints the address; ends when its input ends
#include "segmentd/kafka/embedded_broker.h"

#include <cstdio>
#include <cstdlib>
#include <iostream>
#include <vector>

int main(int argc, char** argv) {
  if (argc < 3) return 2;
  std::vector<segmentd::kafka::TopicSpec> topics;
  for (int i = 2; i < argc; ++i)
    topics.push_back({.name = argv[i], .partitions = std::atoi(argv[1])});
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
