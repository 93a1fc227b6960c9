#include "app/overview.h"

#include <fmt/format.h>

#include <algorithm>

#include "app/trainer_text.h"
#include "app/version.h"
#include "segmentd/base/json_writer.h"
#include "segmentd/event/event.h"

namespace segmentd::app {
namespace {

// A turn of the loop takes milliseconds; even a stalled disk gets less than this.
constexpr std::int64_t kTickMsMax = 30 * kSecondMs;
constexpr double kCaughtUpLagS = 10;

void WritePartition(JsonWriter& json, const ports::PartitionStatus& partition) {
  json.BeginObject().Key("partition").Int(partition.partition.value());
  json.Key("state").String(ports::TaskStateName(partition.state));
  json.Key("state_since").Instant(partition.state_since_ms);
  json.Key("position").Int(partition.position.value()).Key("lag_records");
  partition.lag_records < 0 ? json.Null() : json.Int(partition.lag_records);
  json.Key("lag_seconds").Double(partition.lag_seconds);
  json.Key("held_back_seconds").Double(partition.held_back_s).Key("clock");
  partition.clock_ms == INT64_MIN ? json.Null() : json.Instant(partition.clock_ms);
  json.Key("drained").Bool(partition.drained).Key("timers").Int(partition.timers);
  json.Key("next_timer");
  partition.next_timer_ms == INT64_MAX ? json.Null() : json.Instant(partition.next_timer_ms);
  json.Key("model");
  partition.model_version.empty() ? json.Null() : json.String(partition.model_version);
  json.Key("sweeping").Bool(partition.sweeping);
  json.Key("restore_remaining").Int(partition.restore_remaining).Key("restore_eta_seconds");
  partition.restore_eta_s < 0 ? json.Null() : json.Double(partition.restore_eta_s);
  json.Key("overdue").Bool(partition.overdue);
  json.Key("problem").String(partition.problem).EndObject();
}

// " (81,234 offsets left, about 12 s)"
std::string Progress(const ports::PartitionStatus& partition) {
  if (partition.restore_remaining <= 0) return "";
  const std::string time =
      partition.restore_eta_s < 0 ? "" : fmt::format(", about {:.0f} s", partition.restore_eta_s);
  return fmt::format(" ({} offsets left{})", partition.restore_remaining, time);
}

void WriteCounts(JsonWriter& json, const pipeline::Counts& counts) {
  const auto number = [](std::uint64_t count) { return static_cast<std::int64_t>(count); };
  json.BeginObject().Key("records").Int(number(counts.records));
  json.Key("accepted").Int(number(counts.accepted)).Key("profiles").Int(number(counts.profiles));
  json.Key("duplicates").Int(number(counts.duplicates)).Key("late").Int(number(counts.late));
  json.Key("late_within_seconds").BeginObject();
  for (std::size_t i = 0; i < counts.lateness.counts.size(); ++i) {
    const bool last = i == pipeline::Spread::kBoundsS.size();
    json.Key(last ? "more" : fmt::format("{:.0f}", pipeline::Spread::kBoundsS[i]))
        .Int(number(counts.lateness.counts[i]));
  }
  json.EndObject().Key("from_future");
  json.Int(number(counts.rejected[static_cast<std::size_t>(event::RejectCode::kFromFuture)]));
  json.Key("timers_fired").BeginObject();
  for (int i = 0; i < pipeline::kTimerKinds; ++i) {
    json.Key(pipeline::TimerKindName(static_cast<pipeline::TimerKind>(i)))
        .Int(number(counts.fired[static_cast<std::size_t>(i)]));
  }
  json.EndObject();
  json.Key("changes").Int(number(counts.changes)).Key("suppressed").Int(number(counts.suppressed));
  json.Key("rejected").BeginObject();
  for (std::size_t i = 0; i < counts.rejected.size(); ++i) {
    if (counts.rejected[i] == 0) continue;
    json.Key(event::RejectCodeName(static_cast<event::RejectCode>(i)))
        .Int(number(counts.rejected[i]));
  }
  json.EndObject().EndObject();
}

// What a shard says, or what is said of one that cannot say anything.
std::string ProblemOf(const Overview& overview, const ports::ShardStatus& shard) {
  const auto still = overview.still.find(shard.shard);
  return still == overview.still.end() ? shard.problem : DescribeStill(still->second);
}

void WriteShard(JsonWriter& json, const Overview& overview, const ports::ShardStatus& shard) {
  json.BeginObject().Key("shard").Int(shard.shard).Key("joined").Bool(shard.joined);
  json.Key("last_tick").Instant(shard.tick_ms).Key("last_commit");
  shard.last_commit_ms == 0 ? json.Null() : json.Instant(shard.last_commit_ms);
  json.Key("commits").Int(static_cast<std::int64_t>(shard.commits));
  json.Key("aborts").Int(static_cast<std::int64_t>(shard.aborts));
  json.Key("problem").String(ProblemOf(overview, shard)).Key("rekey_lag_records");
  shard.rekey_lag_records < 0 ? json.Null() : json.Int(shard.rekey_lag_records);
  json.Key("counts");
  WriteCounts(json, shard.counts);
  json.Key("partitions").BeginArray();
  for (const ports::PartitionStatus& partition : shard.partitions) WritePartition(json, partition);
  json.EndArray().EndObject();
}

bool Restoring(const Overview& overview, const ports::ShardStatus& shard) {
  if (overview.ended.contains(shard.shard)) return false;
  return !shard.joined || std::ranges::any_of(shard.partitions, [](const auto& partition) {
    return partition.state != ports::TaskState::kRunning;
  });
}

}  // namespace

std::string DescribeStill(std::int64_t for_ms) {
  return fmt::format(
      "the loop has stood in one call for {} s, as a rule for a broker that does not answer",
      for_ms / kSecondMs);
}

std::string_view Phase(const Overview& overview, std::span<const ports::ShardStatus> shards) {
  if (overview.stopping) return "draining";
  if (!overview.topics_verified || static_cast<int>(shards.size()) < overview.shards)
    return "starting";
  bool behind = false;
  for (const ports::ShardStatus& shard : shards) {
    if (Restoring(overview, shard)) return "restoring";
    for (const auto& partition : shard.partitions) behind |= partition.lag_seconds > kCaughtUpLagS;
  }
  return behind ? "catching_up" : "running";
}

std::vector<std::string> ReasonsNotReady(const Overview& overview,
                                         std::span<const ports::ShardStatus> shards) {
  std::vector<std::string> reasons;
  if (overview.stopping) reasons.emplace_back("the daemon is stopping");
  if (!overview.topics_verified) {
    reasons.emplace_back(overview.waiting_for.empty() ? "the topics are not verified yet"
                                                      : overview.waiting_for);
    return reasons;
  }
  for (int number = 0; number < overview.shards; ++number) {
    if (overview.ended.contains(number)) continue;
    const auto shard = std::ranges::find(shards, number, &ports::ShardStatus::shard);
    if (shard == shards.end() || !shard->joined) {
      reasons.push_back(fmt::format("shard {} has not joined the group yet", number));
    }
    if (shard == shards.end()) continue;
    const std::string problem = ProblemOf(overview, *shard);
    if (!problem.empty()) reasons.push_back(fmt::format("shard {}: {}", number, problem));
    for (const ports::PartitionStatus& partition : shard->partitions) {
      if (partition.state == ports::TaskState::kRunning) continue;
      reasons.push_back(fmt::format("partition {} is {}{}{}{}", partition.partition.value(),
                                    ports::TaskStateName(partition.state), Progress(partition),
                                    partition.problem.empty() ? "" : ": ", partition.problem));
    }
  }
  return reasons;
}

bool IsAlive(const Overview& overview, std::span<const ports::ShardStatus> shards,
             std::int64_t now_ms) {
  return std::ranges::all_of(shards, [&](const ports::ShardStatus& shard) {
    return overview.ended.contains(shard.shard) || now_ms - shard.tick_ms < kTickMsMax;
  });
}

std::string ReadyJson(const Overview& overview, std::span<const ports::ShardStatus> shards) {
  const std::vector<std::string> reasons = ReasonsNotReady(overview, shards);
  std::string text;
  JsonWriter json(text);
  json.BeginObject().Key("ready").Bool(reasons.empty()).Key("reasons").BeginArray();
  for (const std::string& reason : reasons) json.String(reason);
  json.EndArray().Key("phase").String(Phase(overview, shards)).Key("model");
  overview.model_version.empty() ? json.Null() : json.String(overview.model_version);
  json.EndObject();
  return text;
}

std::string StatusJson(const Overview& overview, std::span<const ports::ShardStatus> shards,
                       std::int64_t now_ms) {
  std::string text;
  JsonWriter json(text);
  json.BeginObject().Key("app").String(overview.app).Key("instance").String(overview.instance);
  json.Key("version").String(Version()).Key("phase").String(Phase(overview, shards)).Key("model");
  overview.model_version.empty() ? json.Null() : json.String(overview.model_version);
  json.Key("model_problem").String(overview.model_problem);
  json.Key("started").Instant(overview.started_ms).Key("now").Instant(now_ms);
  json.Key("waiting_for").String(overview.waiting_for).Key("trainer");
  if (overview.trainer) {
    WriteTrainer(json, *overview.trainer);
  } else {
    json.Null();
  }
  json.Key("shards").BeginArray();
  for (const ports::ShardStatus& shard : shards) WriteShard(json, overview, shard);
  json.EndArray().EndObject();
  return text;
}

}  // namespace segmentd::app
