#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <semaphore>
#include <stop_token>
#include <string>
#include <thread>

#include "sim/careless.h"
#include "support/recording_probe.h"
#include "support/shard_world.h"

namespace segmentd::support {

// One process among several: a thread of its own, of which none runs unless it was resumed, until
// it pauses at one of its port calls. So whatever goes on between two processes goes by the seed.
class Process {
 public:
  struct Place {
    FakeBroker& broker;
    ManualClock& clock;
    MemoryStores& stores;
    FakeModels& models;
    std::string transactional_id;
  };
  struct Nature {
    runtime::ShardOptions options;
    std::uint64_t seed = 0;
    Chaos::Rates rates;
    double pause = 0;                     // at a port call
    std::function<Status(Call)> weather;  // asked at each port call
  };

  Process(const Place& place, const Nature& nature, const Carelessness& careless);
  ~Process();

  // Lets it run to its next pause, or to its end.
  void Resume();
  // Ends it where it stands.
  void Kill();
  // Asks it to end; it needs to be resumed to do so.
  void Stop() { stop_.request_stop(); }

  bool ended() const { return ended_; }
  bool stopping() const { return stop_.stop_requested(); }
  // How it ended; nothing: it crashed.
  const std::optional<Status>& outcome() const { return outcome_; }
  int member() const { return source_.member(); }
  // It is running, no timer is due, and all customers have the active model.
  bool Runs(Partition partition, FakeModels& models) const;

 private:
  Status AtCall(Call call);
  void Run();

  const Nature nature_;
  Chaos chaos_;
  Random pauses_;
  RecordingProbe probe_;
  FakeSource source_;
  FakeSink sink_;
  FakeChangelogReader changelog_;
  std::unique_ptr<ports::RecordSource> careless_source_;
  std::unique_ptr<ports::Sink> careless_sink_;
  std::unique_ptr<ports::ChangelogReader> careless_changelog_;
  std::unique_ptr<StepHelpers> helpers_;
  runtime::ParkedStores parked_;
  std::unique_ptr<pipeline::Pipeline> pipeline_;
  std::unique_ptr<runtime::Shard> shard_;

  std::stop_source stop_;
  std::optional<Status> outcome_;
  bool ended_ = false;
  bool killed_ = false;
  std::binary_semaphore go_{0};
  std::binary_semaphore paused_{0};
  std::jthread thread_;  // last: it uses all of the above
};

}  // namespace segmentd::support
