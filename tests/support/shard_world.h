#pragma once

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "segmentd/runtime/parked_stores.h"
#include "segmentd/runtime/shard.h"
#include "support/fake_models.h"
#include "support/fake_ports.h"
#include "support/memory_stores.h"
#include "support/observation.h"
#include "support/recording_probe.h"
#include "support/step_helpers.h"

namespace segmentd::support {

std::unique_ptr<pipeline::Pipeline> MakePipeline();
// OrdersBundle, active.
FakeModels MakeModels();
// It, active, and those that came after it.
FakeModels SimModels();

// One shard's process: made new after each crash, over a world that stays.
struct ShardProcess {
  ShardProcess(FakeBroker& broker, ManualClock& clock, MemoryStores& stores, Chaos& chaos,
               RecordingProbe& probe, FakeModels& models, const runtime::ShardOptions& options,
               const std::string& instance = "test", ports::Attempts* attempts = nullptr);

  FakeSource source;
  FakeSink sink;
  FakeChangelogReader changelog;
  StepHelpers helpers;
  runtime::ParkedStores parked;
  std::unique_ptr<pipeline::Pipeline> pipeline;
  runtime::Shard shard;
};

// A broker with input, a disk, a clock; runs shards over them.
struct ShardWorld {
  explicit ShardWorld(int partitions = 2, bool profiles = false);

  // n records of some customers in order of time, a few of them unusable, with markers between.
  void AddInput(std::uint64_t seed, int n);
  void AddPurchase(Partition partition, const std::string& customer, int day);
  // Runs a shard until it has drained the input, again after each crash.
  Status RunUntilDrained();
  // One process, which may crash: nothing if it did.
  std::optional<Status> RunOnce(std::stop_token stop = {});
  // One process until its n-th poll, then stopped; before each poll, `meanwhile` may act.
  Status RunForPolls(int polls, const std::function<void(int poll)>& meanwhile = {});

  // What a read_committed consumer sees, in order, without what tells the wall time.
  std::vector<std::string> Output(pipeline::Topic topic, Partition partition) {
    return CommittedOutput(broker, topic, partition);
  }
  // All of it, customer by customer.
  std::string AllOutput();
  // What must hold after any run: gap-free ordinals, unique ids, a store equal to its changelog,
  // and members counted right.
  std::string Violations();

  FakeBroker broker;
  ManualClock clock;
  Chaos chaos;
  MemoryStores stores;
  RecordingProbe probe;
  FakeModels models = MakeModels();
  runtime::ShardOptions options;
  int crashes = 0;
};

}  // namespace segmentd::support
