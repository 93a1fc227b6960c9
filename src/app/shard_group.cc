#include "app/shard_group.h"

#include <condition_variable>
#include <mutex>
#include <optional>
#include <thread>
#include <vector>

#include "segmentd/kafka/shard_ports.h"
#include "segmentd/runtime/shard.h"

namespace segmentd::app {
namespace {

// On the shard's own thread, to which its Kafka clients belong.
Status RunShard(const ShardGroup& group, int number, const std::stop_token& stop) {
  SEGMENTD_ASSIGN_OR_RETURN(
      const kafka::ShardPorts kafka,
      kafka::ConnectShard(KafkaShardOptionsOf(group.config, group.memory, group.connection,
                                              group.input, group.instance, number)));
  SEGMENTD_ASSIGN_OR_RETURN(const std::unique_ptr<pipeline::Pipeline> pipeline,
                            pipeline::Pipeline::Create(PipelineOptionsOf(group.config)));
  pipeline->UseModel(group.model);
  runtime::Shard shard(
      RuntimeShardOptionsOf(group.config, group.memory, number, group.until_drained),
      {group.clock, *kafka.source, *kafka.sink, *kafka.changelog, group.stores, group.probe,
       *pipeline});
  return shard.Run(stop);
}

// Who has ended, and how.
class Ends {
 public:
  void Add(Status status) {
    const std::lock_guard lock(mutex_);
    if (!status.ok() && first_error_.ok()) first_error_ = std::move(status);
    ++count_;
    changed_.notify_all();
  }

  // Until all have ended, one of them badly, or a stop.
  void Wait(int all, const std::stop_token& stop) {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, stop, [&] { return count_ == all || !first_error_.ok(); });
  }

  Status first_error() {
    const std::lock_guard lock(mutex_);
    return first_error_;
  }

 private:
  std::mutex mutex_;
  std::condition_variable_any changed_;
  int count_ = 0;
  Status first_error_;
};

}  // namespace

Status RunShards(const ShardGroup& group, const std::stop_token& stop) {
  Ends ends;
  {
    std::vector<std::jthread> threads;
    for (int number = 0; number < group.config.shards; ++number) {
      threads.emplace_back([&group, &ends, number](const std::stop_token& own) {
        Status ended = RunShard(group, number, own);
        group.overview.Update([number](Overview& now) { now.ended.insert(number); });
        ends.Add(std::move(ended));
      });
    }
    ends.Wait(group.config.shards, stop);
    group.overview.Update([](Overview& now) { now.stopping = true; });
    // All at once, so that they leave the group together.
    for (std::jthread& thread : threads) thread.request_stop();
  }
  return ends.first_error();
}

}  // namespace segmentd::app
