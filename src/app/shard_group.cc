#include "app/shard_group.h"

#include <condition_variable>
#include <functional>
#include <mutex>
#include <optional>
#include <thread>
#include <vector>

#include "app/trim_copies.h"
#include "segmentd/kafka/shard_ports.h"
#include "segmentd/runtime/helper_threads.h"
#include "segmentd/runtime/parked_stores.h"
#include "segmentd/runtime/rekeyer.h"
#include "segmentd/runtime/shard.h"

namespace segmentd::app {
namespace {

// What all shards of the process have in common beside their configuration.
struct Shared {
  ports::Helpers& helpers;
  ports::StoreFactory& stores;
};

kafka::ShardOptions KafkaOptions(const ShardGroup& group, int number) {
  return KafkaShardOptionsOf(group.config, group.memory, group.connection, group.input,
                             group.instance, number);
}

Result<std::vector<std::unique_ptr<ports::ChangelogReader>>> OpenChangelogs(
    const ShardGroup& group) {
  std::vector<std::unique_ptr<ports::ChangelogReader>> readers;
  for (int i = 0; i < group.memory.helpers; ++i) {
    SEGMENTD_ASSIGN_OR_RETURN(readers.emplace_back(), kafka::OpenChangelog(KafkaOptions(group, 0)));
  }
  return readers;
}

// On the shard's own thread, to which its Kafka clients belong.
Status RunShard(const ShardGroup& group, const Shared& shared, int number,
                const std::stop_token& stop) {
  SEGMENTD_ASSIGN_OR_RETURN(const kafka::ShardPorts kafka,
                            kafka::ConnectShard(KafkaOptions(group, number)));
  SEGMENTD_ASSIGN_OR_RETURN(const std::unique_ptr<pipeline::Pipeline> pipeline,
                            pipeline::Pipeline::Create(PipelineOptionsOf(group.config)));
  runtime::ShardOptions options =
      RuntimeShardOptionsOf(group.config, group.memory, number, group.until_drained);
  options.accepted = group.accepted;
  runtime::Shard shard(
      options, {group.clock, *kafka.source, *kafka.sink, shared.helpers, shared.stores, group.probe,
                *pipeline, group.models, &group.attempts});
  return shard.Run(stop);
}

// The stage before the shards, as one more of them.
Status RunRekeyer(const ShardGroup& group, const std::stop_token& stop) {
  SEGMENTD_ASSIGN_OR_RETURN(
      const kafka::ShardPorts kafka,
      kafka::ConnectShard(KafkaRekeyerOptionsOf(group.config, KafkaOptions(group, 0))));
  pipeline::Options rekeying = PipelineOptionsOf(group.config);
  rekeying.input_topics.front() = group.config.input.transactions.topic;
  SEGMENTD_ASSIGN_OR_RETURN(const std::unique_ptr<pipeline::Rekey> rekey,
                            pipeline::Rekey::Create(rekeying));
  runtime::ShardOptions options =
      RuntimeShardOptionsOf(group.config, group.memory, group.config.shards, group.until_drained);
  options.start_earliest = group.config.input.transactions.start == config::Start::kEarliest;
  options.accepted = group.accepted;
  runtime::Rekeyer rekeyer(options, {group.clock, *kafka.source, *kafka.sink, group.probe, *rekey});
  return rekeyer.Run(stop);
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
  runtime::ParkedStores stores(group.stores, group.clock);
  SEGMENTD_ASSIGN_OR_RETURN(auto changelogs, OpenChangelogs(group));
  runtime::HelperThreads helpers(std::move(changelogs), [&stores] { stores.CloseIdle(); });
  const Shared shared{helpers, stores};
  Ends ends;
  {
    std::vector<std::jthread> threads;
    const auto start = [&](int number, const std::function<Status(const std::stop_token&)>& run) {
      threads.emplace_back([&, number, run](const std::stop_token& own) {
        Status ended = run(own);
        group.overview.Update([number](Overview& now) { now.ended.insert(number); });
        ends.Add(std::move(ended));
      });
    };
    if (group.config.input.rekey) {
      start(group.config.shards,
            [&](const std::stop_token& own) { return RunRekeyer(group, own); });
      // The shards take the end of the copy for theirs: not before all is copied.
      if (group.until_drained) ends.Wait(1, stop);
      threads.emplace_back([&](const std::stop_token& own) {
        TrimCopies(group.connection, {TransactionsTopicOf(group.config), group.config.app},
                   group.log, own);
      });
    }
    const int shards = ends.first_error().ok() ? group.config.shards : 0;
    for (int number = 0; number < shards; ++number) {
      start(number, [&, number](const std::stop_token& own) {
        return RunShard(group, shared, number, own);
      });
    }
    ends.Wait(group.overview.Get().shards, stop);
    group.overview.Update([](Overview& now) { now.stopping = true; });
    // All at once, so that they leave the group together.
    for (std::jthread& thread : threads) thread.request_stop();
  }
  return ends.first_error();
}

}  // namespace segmentd::app
