#include "sim/process.h"

#include <algorithm>

namespace segmentd::support {

Process::Process(const Place& place, const Nature& nature, const Carelessness& careless)
    : nature_(nature),
      chaos_(nature.seed, nature.rates),
      pauses_(nature.seed + 1),
      source_(place.broker, place.clock, chaos_),
      sink_(place.broker, source_, chaos_, place.transactional_id, careless.habits),
      changelog_(place.broker, chaos_),
      parked_(place.stores, place.clock),
      pipeline_(MakePipeline()) {
  place.stores.Use(chaos_);
  chaos_.Watch([this](Call call) { return AtCall(call); });
  if (careless.source) careless_source_ = careless.source(source_);
  if (careless.sink) careless_sink_ = careless.sink(sink_, place.broker, place.stores);
  if (careless.changelog) careless_changelog_ = careless.changelog(changelog_, place.broker);
  ports::RecordSource& source = careless_source_ ? *careless_source_ : source_;
  ports::Sink& sink = careless_sink_ ? *careless_sink_ : sink_;
  ports::ChangelogReader& changelog = careless_changelog_ ? *careless_changelog_ : changelog_;
  helpers_ = std::make_unique<StepHelpers>(changelog);
  source_.SetMeanwhile([this] {
    for (std::uint64_t n = pauses_.Below(4); n > 0; --n) helpers_->StepAll();
    if (pauses_.Chance(0.1)) parked_.CloseIdle();
  });
  shard_ = std::make_unique<runtime::Shard>(
      nature.options, runtime::ShardParts{place.clock, source, sink, *helpers_, parked_, probe_,
                                          *pipeline_, place.models});
  thread_ = std::jthread([this] { Run(); });
}

Process::~Process() { Kill(); }

void Process::Run() {
  go_.acquire();
  try {
    if (!killed_) outcome_ = shard_->Run(stop_.get_token());
  } catch (const Crash&) {
    outcome_.reset();
  }
  shard_.reset();
  ended_ = true;
  paused_.release();
}

Status Process::AtCall(Call call) {
  if (pauses_.Chance(call == Call::kPoll ? 0.5 : nature_.pause)) {
    paused_.release();
    go_.acquire();
  }
  if (killed_) throw Crash{};
  return nature_.weather ? nature_.weather(call) : Ok();
}

void Process::Resume() {
  go_.release();
  paused_.acquire();
}

void Process::Kill() {
  killed_ = true;
  while (!ended_) Resume();
}

bool Process::Runs(Partition partition, FakeModels& models) const {
  const auto& all = probe_.last.partitions;
  return std::any_of(all.begin(), all.end(), [&](const ports::PartitionStatus& at) {
    return at.partition == partition && at.state == ports::TaskState::kRunning &&
           at.next_timer_ms > at.clock_ms && !at.sweeping &&
           at.model_version == models.Active()->version;
  });
}

}  // namespace segmentd::support
