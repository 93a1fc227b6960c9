#include "support/shard_world.h"

#include <algorithm>
#include <set>

#include "segmentd/base/assert.h"
#include "segmentd/base/time_text.h"
#include "support/bundles.h"

namespace segmentd::support {
namespace {

constexpr std::int64_t kInputStartMs = 1'790'000'000'000;
constexpr int kCrashesMax = 10'000;

pipeline::Options PipelineOptions() {
  pipeline::Options options;
  options.app = "test";
  options.version = "0";
  options.input_topics = {"transactions", "profiles"};
  options.out_of_orderness_ms = 300 * kSecondMs;
  options.allowed_lateness_ms = 30 * kDayMs;
  options.max_future_ms = 300 * kSecondMs;
  options.profiles.profile_attributes = {"age", "region"};
  options.sample = 1;
  return options;
}

}  // namespace

std::unique_ptr<pipeline::Pipeline> MakePipeline() {
  auto created = pipeline::Pipeline::Create(PipelineOptions());
  SEGMENTD_ASSERT(created.ok(), "a test's options are valid");
  return std::move(*created);
}

FakeModels MakeModels() {
  static const std::shared_ptr<const pipeline::Model> kModel = LoadModel(OrdersBundle());
  return FakeModels({kModel});
}

FakeModels SimModels() {
  static const std::shared_ptr<const pipeline::Model> kSecond = LoadModel(SecondOrdersBundle());
  static const std::shared_ptr<const pipeline::Model> kThird = LoadModel(ThirdOrdersBundle());
  FakeModels models = MakeModels();
  models.Add(kSecond);
  models.Add(kThird);
  return models;
}

ShardProcess::ShardProcess(FakeBroker& broker, ManualClock& clock, MemoryStores& stores,
                           Chaos& chaos, RecordingProbe& probe, FakeModels& models,
                           const runtime::ShardOptions& options, const std::string& instance,
                           ports::Attempts* attempts)
    : source(broker, clock, chaos),
      sink(broker, source, chaos, "test." + instance),
      changelog(broker, chaos),
      helpers(changelog),
      parked(stores, clock),
      pipeline(MakePipeline()),
      shard(options, runtime::ShardParts{clock, source, sink, helpers, parked, probe, *pipeline,
                                         models, attempts}) {
  source.SetMeanwhile([this, &chaos] {
    for (std::uint64_t n = chaos.random().Below(4); n > 0; --n) helpers.StepAll();
    if (chaos.random().Chance(0.1)) parked.CloseIdle();
  });
}

ShardWorld::ShardWorld(int partitions, bool profiles)
    : broker(partitions, profiles), stores(chaos) {
  options.until_drained = true;
  options.resets_max = 1'000'000;
}

void ShardWorld::AddPurchase(Partition partition, const std::string& customer, int day) {
  const std::int64_t time_ms = kInputStartMs + day * kDayMs;
  FakeBroker::Entry entry;
  entry.key = customer;
  entry.value = fmt::format(R"({{"customer_id":"{}","event_time":"{}","amount":5}})", customer,
                            FormatRfc3339(time_ms));
  entry.timestamp_ms = time_ms;
  broker.Append("transactions", partition, std::move(entry));
}

void ShardWorld::AddInput(std::uint64_t seed, int n) {
  Random random(seed);
  std::int64_t now_ms = kInputStartMs;
  for (int i = 0; i < n; ++i) {
    now_ms += static_cast<std::int64_t>(random.Exponential(3'600'000));
    const auto customer = random.Below(20);
    const Partition partition{static_cast<int>(customer) % broker.partitions()};
    FakeBroker::Entry entry;
    entry.key = fmt::format("c{}", customer);
    entry.timestamp_ms = now_ms;
    if (random.Chance(0.03)) {
      entry.value = "not json";
    } else if (broker.profile_partitions() > 0 && random.Chance(0.1)) {
      entry.value = fmt::format(R"({{"customer_id":"{}","age":{}}})", *entry.key, random.Below(80));
      broker.Append("profiles", partition, std::move(entry));
      continue;
    } else {
      entry.value = fmt::format(
          R"({{"event_id":"e{}","customer_id":"{}","event_time":"{}","amount":{}}})",
          random.Chance(0.05) ? i - 1 : i, *entry.key, FormatRfc3339(now_ms), random.Below(90) + 1);
    }
    broker.Append("transactions", partition, std::move(entry));
    if (random.Chance(0.05)) broker.AppendMarker("transactions", partition);
  }
  for (int p = 0; p < broker.partitions(); ++p) broker.AppendMarker("transactions", Partition{p});
}

std::optional<Status> ShardWorld::RunOnce(std::stop_token stop) {
  ShardProcess process(broker, clock, stores, chaos, probe, models, options);
  try {
    return process.shard.Run(std::move(stop));
  } catch (const Crash&) {
    ++crashes;
    broker.Expire(process.source.member());
    return std::nullopt;
  }
}

Status ShardWorld::RunForPolls(int polls, const std::function<void(int)>& meanwhile) {
  std::stop_source stop;
  int seen = 0;
  options.until_drained = false;
  chaos.Watch([&](Call call) {
    if (call != Call::kPoll) return Ok();
    if (meanwhile) meanwhile(seen);
    if (++seen == polls) stop.request_stop();
    return Ok();
  });
  ShardProcess process(broker, clock, stores, chaos, probe, models, options);
  const Status ended = process.shard.Run(stop.get_token());
  chaos.Watch({});
  return ended;
}

Status ShardWorld::RunUntilDrained() {
  while (crashes < kCrashesMax) {
    const std::optional<Status> ended = RunOnce();
    if (ended) return *ended;
    if (chaos.random().Chance(0.3)) stores.LoseWrites(1 + chaos.random().Below(3));
  }
  return Fail(Code::kFatal, "{} crashes and not yet drained", crashes);
}

std::string ShardWorld::AllOutput() {
  std::string all;
  for (const auto topic : {pipeline::Topic::kSegmentChanged, pipeline::Topic::kCustomerState,
                           pipeline::Topic::kAtRisk, pipeline::Topic::kDlq}) {
    for (int p = 0; p < broker.partitions(); ++p) {
      all += fmt::format("--- {} {}\n", FakeBroker::OutputTopic(topic), p);
      // Of each customer in order: which customer's timer fires first depends on the schedule.
      std::map<std::string, std::string> by_customer;
      for (const std::string& text : Output(topic, Partition{p})) {
        by_customer[text.substr(0, text.find(" = "))] += text + '\n';
      }
      for (const auto& [customer, texts] : by_customer) all += texts;
    }
  }
  // A profile counts from when it is read, amid looks wherever that is.
  if (broker.profile_partitions() > 0) return all;
  for (const auto& [where, samples] : CommittedSamples(broker)) {
    for (const std::string& sample : samples) all += fmt::format("{} {}\n", where.second, sample);
  }
  return all;
}

std::string ShardWorld::Violations() {
  return ChangeFaults(broker) + StoreFaults(broker, stores) + MemberFaults(broker);
}

}  // namespace segmentd::support
