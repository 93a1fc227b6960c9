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
  return options;
}

std::unique_ptr<pipeline::Pipeline> MakePipeline() {
  auto created = pipeline::Pipeline::Create(PipelineOptions());
  SEGMENTD_ASSERT(created.ok(), "a test's options are valid");
  static const std::shared_ptr<const pipeline::Model> kModel = LoadModel(OrdersBundle());
  (*created)->UseModel(kModel);
  return std::move(*created);
}

std::optional<std::string> HeaderOf(const FakeBroker::Entry& entry, std::string_view name) {
  for (const pipeline::OutHeader& header : entry.headers) {
    if (header.name == name) return header.value;
  }
  return std::nullopt;
}

Offset PositionOf(const MemoryStores::Disk& disk) {
  return disk.meta ? disk.meta->transactions_next : Offset{-1};
}

}  // namespace

ShardProcess::ShardProcess(FakeBroker& broker, ManualClock& clock, MemoryStores& stores,
                           Chaos& chaos, RecordingProbe& probe,
                           const runtime::ShardOptions& options, const std::string& instance)
    : source(broker, clock, chaos),
      sink(broker, source, chaos, "test." + instance),
      changelog(broker, chaos),
      pipeline(MakePipeline()),
      shard(options,
            runtime::ShardParts{clock, source, sink, changelog, stores, probe, *pipeline}) {}

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
  ShardProcess process(broker, clock, stores, chaos, probe, options);
  try {
    return process.shard.Run(std::move(stop));
  } catch (const Crash&) {
    ++crashes;
    broker.Expire(process.source.member());
    return std::nullopt;
  }
}

Status ShardWorld::RunUntilDrained() {
  while (crashes < kCrashesMax) {
    const std::optional<Status> ended = RunOnce();
    if (ended) return *ended;
    if (chaos.random().Chance(0.3)) stores.LoseWrites(1 + chaos.random().Below(3));
  }
  return Fail(Code::kFatal, "{} crashes and not yet drained", crashes);
}

std::vector<std::string> ShardWorld::Output(pipeline::Topic topic, Partition partition) {
  std::vector<std::string> seen;
  for (const auto& entry : broker.log(FakeBroker::OutputTopic(topic), partition)) {
    if (!entry.visible()) continue;
    std::string text =
        fmt::format("{} = {}", entry.key.value_or("-"), entry.value.value_or("(null)"));
    for (const auto& header : entry.headers) {
      if (header.name != "ce_recordedtime")
        text += fmt::format(" {}={}", header.name, header.value);
    }
    seen.push_back(std::move(text));
  }
  return seen;
}

std::string ShardWorld::AllOutput() {
  std::string all;
  for (const auto topic :
       {pipeline::Topic::kSegmentChanged, pipeline::Topic::kCustomerState, pipeline::Topic::kDlq}) {
    for (int p = 0; p < broker.partitions(); ++p) {
      all += fmt::format("--- {} {}\n", FakeBroker::OutputTopic(topic), p);
      for (const std::string& text : Output(topic, Partition{p})) all += text + '\n';
    }
  }
  return all;
}

MemoryStores::Disk ShardWorld::FoldChangelog(Partition partition, MemoryStores::Disk disk) {
  const auto from = disk.meta ? disk.meta->changelog_next : Offset{0};
  const FakeBroker::Log& log = broker.log("changelog", partition);
  for (auto at = static_cast<std::size_t>(from.value()); at < log.size(); ++at) {
    const FakeBroker::Entry& entry = log[at];
    if (!entry.visible()) continue;
    if (entry.key->front() == ports::kMetaKey) {
      disk.meta = ports::DecodeMeta(*entry.value).value();
    } else if (entry.value) {
      disk.images[entry.key->substr(1)] = *entry.value;
    } else {
      disk.images.erase(entry.key->substr(1));
    }
  }
  return disk;
}

std::string ShardWorld::Violations() {
  std::string found;
  for (int p = 0; p < broker.partitions(); ++p) {
    const Partition partition{p};
    std::map<std::string, int> ordinals;
    std::set<std::string> ids;
    for (const auto& entry : broker.log("changed", partition)) {
      if (!entry.visible()) continue;
      if (!ids.insert(HeaderOf(entry, "ce_id").value_or("")).second) {
        found += fmt::format("id {} twice\n", HeaderOf(entry, "ce_id").value_or("?"));
      }
      const int expected = ++ordinals[*entry.key];
      const std::string ordinal = HeaderOf(entry, "ce_sequence").value_or("0");
      if (std::stoi(ordinal) != expected) {
        found += fmt::format("{}: ordinal {} where {} was due\n", *entry.key, ordinal, expected);
      }
    }
    // A store may be behind, never elsewhere: the rest of the changelog makes it whole.
    const MemoryStores::Disk whole = FoldChangelog(partition, {});
    const MemoryStores::Disk repaired = FoldChangelog(partition, stores.disk(partition));
    if (whole.images != repaired.images) found += fmt::format("store {} is not its changelog\n", p);
    if (PositionOf(whole) != PositionOf(repaired)) {
      found += fmt::format("store {} stands elsewhere than its changelog\n", p);
    }
  }
  return found;
}

}  // namespace segmentd::support
