#include "segmentd/telemetry/metrics.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <sstream>
#include <thread>

#include "segmentd/event/event.h"

namespace segmentd::telemetry {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

Identity TestIdentity() { return {"1.2.3", "abc", "g++", "hash", "tx", "profiles"}; }

ports::ShardStatus OnePartition(ports::TaskState state) {
  ports::ShardStatus status;
  status.partitions.emplace_back();
  status.partitions.back().partition = Partition{3};
  status.partitions.back().state = state;
  return status;
}

TEST(MetricsTest, TellsWhatRuns) {
  const Metrics metrics(TestIdentity());
  const std::string text = metrics.Text();
  EXPECT_THAT(text,
              HasSubstr(R"(segmentd_build_info{compiler="g++",revision="abc",version="1.2.3"} 1)"));
  EXPECT_THAT(text, HasSubstr(R"(segmentd_config_info{hash="hash"} 1)"));
  EXPECT_THAT(text, HasSubstr("segmentd_start_time_seconds "));
}

TEST(MetricsTest, ShowsTheProcess) {
  const std::string text = Metrics(TestIdentity()).Text();
  for (const char* name : {"process_cpu_seconds_total", "process_resident_memory_bytes",
                           "process_virtual_memory_bytes", "process_open_fds", "process_max_fds",
                           "process_start_time_seconds", "process_threads"}) {
    EXPECT_THAT(text, HasSubstr(std::string("\n") + name + " "));
  }
}

TEST(MetricsTest, TurnsTotalsOfSeveralShardsIntoOneCounter) {
  Metrics metrics(TestIdentity());
  ports::ShardStatus status;
  status.counts.records = 10;
  status.counts.profiles = 4;
  status.counts.rejected[static_cast<std::size_t>(event::RejectCode::kBadTime)] = 2;
  status.commits = 5;
  metrics.OnStatus(status);
  metrics.OnStatus(status);  // nothing new
  status.shard = 1;
  metrics.OnStatus(status);
  const std::string text = metrics.Text();
  EXPECT_THAT(text, HasSubstr(R"(segmentd_records_consumed_total{topic="tx"} 12)"));
  EXPECT_THAT(text, HasSubstr(R"(segmentd_records_consumed_total{topic="profiles"} 8)"));
  EXPECT_THAT(text,
              HasSubstr(R"(segmentd_dead_letter_records_total{code="bad_time",topic="tx"} 4)"));
  EXPECT_THAT(text,
              HasSubstr(R"(segmentd_dead_letter_records_total{code="too_large",topic="tx"} 0)"));
  EXPECT_THAT(text,
              HasSubstr(R"(segmentd_kafka_transactions_total{outcome="committed",shard="1"} 5)"));
}

TEST(MetricsTest, ShowsOneStatePerPartition) {
  Metrics metrics(TestIdentity());
  metrics.OnStatus(OnePartition(ports::TaskState::kRestoring));
  metrics.OnStatus(OnePartition(ports::TaskState::kRunning));
  const std::string text = metrics.Text();
  EXPECT_THAT(text,
              HasSubstr(R"(segmentd_partition_state{partition="3",state="running",topic="tx"} 1)"));
  EXPECT_THAT(
      text, HasSubstr(R"(segmentd_partition_state{partition="3",state="restoring",topic="tx"} 0)"));
}

TEST(MetricsTest, LeavesOutALagThatIsNotKnownYet) {
  Metrics metrics(TestIdentity());
  ports::ShardStatus status = OnePartition(ports::TaskState::kRunning);
  metrics.OnStatus(status);
  EXPECT_THAT(metrics.Text(), Not(HasSubstr("lag_records{")));
  status.partitions[0].lag_records = 7;
  status.partitions[0].lag_seconds = 1.5;
  metrics.OnStatus(status);
  EXPECT_THAT(metrics.Text(),
              HasSubstr(R"(segmentd_kafka_consumer_lag_records{partition="3",topic="tx"} 7)"));
  EXPECT_THAT(metrics.Text(),
              HasSubstr(R"(segmentd_kafka_consumer_lag_seconds{partition="3",topic="tx"} 1.5)"));
}

TEST(MetricsTest, TellsWhenAPartitionLastHadARecordAndALivingOwner) {
  Metrics metrics(TestIdentity());
  ports::ShardStatus status = OnePartition(ports::TaskState::kRunning);
  status.tick_ms = 9500;
  metrics.OnStatus(status);
  EXPECT_THAT(metrics.Text(),
              HasSubstr(R"(segmentd_heartbeat_timestamp_seconds{partition="3",topic="tx"} 9.5)"));
  EXPECT_THAT(metrics.Text(), Not(HasSubstr("last_record_processed_timestamp_seconds{")));
  status.partitions[0].last_record_ms = 2500;
  metrics.OnStatus(status);
  EXPECT_THAT(
      metrics.Text(),
      HasSubstr(
          R"(segmentd_last_record_processed_timestamp_seconds{partition="3",topic="tx"} 2.5)"));
}

TEST(MetricsTest, TellsOfTroublesAndOfHowLongRecoveryTook) {
  Metrics metrics(TestIdentity());
  ports::ShardStatus status = OnePartition(ports::TaskState::kRunning);
  status.troubles = {.retried = 4, .aborted = 3, .fenced = 2, .ended = 0, .lost = 1};
  metrics.OnStatus(status);
  EXPECT_THAT(metrics.Text(), Not(HasSubstr("segmentd_state_disk_free_bytes "))) << "not known yet";
  status.troubles.revocations = 1;
  status.troubles.revoked_s = 0.3;
  status.disk_free_bytes = 77;
  status.partitions[0].restores = 1;
  status.partitions[0].restore_s = 2;
  status.partitions[0].store = {
      .bytes = 10, .customers = 5, .compaction_bytes = 3, .memtable_bytes = 4};
  metrics.OnStatus(status);
  metrics.OnStatus(status);  // nothing new
  const std::string text = metrics.Text();
  EXPECT_THAT(text, HasSubstr(R"(segmentd_kafka_errors_total{action="retry",shard="0"} 4)"));
  EXPECT_THAT(text, HasSubstr(R"(segmentd_fencing_total{kind="producer",shard="0"} 2)"));
  EXPECT_THAT(text, HasSubstr(R"(segmentd_fencing_total{kind="lost",shard="0"} 1)"));
  EXPECT_THAT(text, HasSubstr(R"(segmentd_rebalance_duration_seconds_count{shard="0"} 1)"));
  EXPECT_THAT(text, HasSubstr("segmentd_state_restore_duration_seconds_sum 2"));
  EXPECT_THAT(text, HasSubstr("segmentd_state_disk_free_bytes 77"));
  EXPECT_THAT(text, HasSubstr(R"(segmentd_state_bytes{partition="3",topic="tx"} 10)"));
  EXPECT_THAT(text, HasSubstr(R"(segmentd_state_customers{partition="3",topic="tx"} 5)"));
  EXPECT_THAT(text, HasSubstr(R"(segmentd_rocksdb_memtable_bytes{partition="3",topic="tx"} 4)"));
}

TEST(MetricsTest, LeavesOutTheLastCommitBeforeThereWasOne) {
  Metrics metrics(TestIdentity());
  ports::ShardStatus status;
  metrics.OnStatus(status);
  EXPECT_THAT(metrics.Text(), Not(HasSubstr("last_commit_timestamp_seconds{")));
  status.last_commit_ms = 2500;
  metrics.OnStatus(status);
  EXPECT_THAT(metrics.Text(),
              HasSubstr(R"(segmentd_last_commit_timestamp_seconds{shard="0"} 2.5)"));
}

TEST(MetricsTest, TakesAPartitionDownThatWasHandedOn) {
  Metrics metrics(TestIdentity());
  ports::ShardStatus status = OnePartition(ports::TaskState::kRunning);
  status.partitions[0].lag_records = 7;
  status.partitions[0].clock_ms = 5;
  status.partitions[0].last_record_ms = 5;
  metrics.OnStatus(status);
  status.partitions.clear();
  metrics.OnStatus(status);
  EXPECT_THAT(metrics.Text(), Not(HasSubstr(R"(partition="3")")));
}

TEST(MetricsTest, ShowsTheTimeOfPartitionsAndWhatCameOfIt) {
  Metrics metrics(TestIdentity());
  ports::ShardStatus status = OnePartition(ports::TaskState::kRunning);
  EXPECT_THAT(metrics.Text(), Not(HasSubstr("segmentd_watermark_timestamp_seconds{")));
  status.partitions[0].clock_ms = 5'000;
  status.partitions[0].drained = true;
  status.partitions[0].held_back_s = 7;
  status.partitions[0].timers = 12;
  status.counts.late = 3;
  status.counts.lateness.Add(4'000);
  status.counts.lateness.Add(59'000);
  status.counts.rejected[static_cast<std::size_t>(event::RejectCode::kFromFuture)] = 2;
  status.counts.fired = {5, 1, 7};
  status.counts.delay[1].Add(900);
  metrics.OnStatus(status);
  metrics.OnStatus(status);  // nothing new
  const std::string text = metrics.Text();
  for (const char* line : {R"(segmentd_watermark_timestamp_seconds{partition="3",topic="tx"} 5)",
                           R"(segmentd_partition_drained{partition="3",topic="tx"} 1)",
                           R"(segmentd_input_lso_blocked_seconds{partition="3",topic="tx"} 7)",
                           R"(segmentd_timers_pending{partition="3",topic="tx"} 12)",
                           R"(segmentd_timers_fired_total{kind="ageing"} 5)",
                           R"(segmentd_timers_fired_total{kind="risk"} 1)",
                           R"(segmentd_timers_fired_total{kind="expiry"} 7)",
                           R"(segmentd_timer_lateness_seconds_bucket{kind="risk",le="1"} 1)",
                           R"(segmentd_late_events_total{action="applied"} 3)",
                           R"(segmentd_future_events_total{action="dlq"} 2)",
                           R"(segmentd_event_lateness_seconds_bucket{le="5"} 1)",
                           R"(segmentd_event_lateness_seconds_bucket{le="60"} 2)",
                           R"(segmentd_event_lateness_seconds_sum 63)"}) {
    EXPECT_THAT(text, HasSubstr(line));
  }
  EXPECT_THAT(text, HasSubstr(R"(segmentd_watermark_lag_seconds{partition="3",topic="tx"} )"));
}

TEST(MetricsTest, KeepsAPartitionThatMovedBetweenItsOwnShards) {
  Metrics metrics(TestIdentity());
  ports::ShardStatus before = OnePartition(ports::TaskState::kRunning);
  metrics.OnStatus(before);
  ports::ShardStatus after = OnePartition(ports::TaskState::kRestoring);
  after.shard = 1;
  metrics.OnStatus(after);
  before.partitions.clear();
  metrics.OnStatus(before);
  metrics.OnStatus(after);
  EXPECT_THAT(
      metrics.Text(),
      HasSubstr(R"(segmentd_partition_state{partition="3",state="restoring",topic="tx"} 1)"));
}

ports::ShardStatus Counted(int shard, Partition partition, const ports::Members& members) {
  ports::ShardStatus status = OnePartition(ports::TaskState::kRunning);
  status.shard = shard;
  status.partitions[0].partition = partition;
  status.partitions[0].members = members;
  return status;
}

TEST(MetricsTest, CountsTheMembersOfSegmentsOverAllPartitionsThatRun) {
  Metrics metrics(TestIdentity());
  metrics.SetModel(
      {"v1", 3, "pca", {{SegmentId{1}, "a"}, {SegmentId{2}, "b"}, {SegmentId{3}, "c"}}});
  EXPECT_THAT(metrics.Text(), Not(HasSubstr("segmentd_segment_members{"))) << "nobody has counted";
  metrics.OnStatus(Counted(0, Partition{0}, {{SegmentId{1}, 3}, {SegmentId{9}, 1}}));
  metrics.OnStatus(Counted(1, Partition{1}, {{SegmentId{1}, 2}, {SegmentId{2}, 4}}));
  std::string text = metrics.Text();
  for (const char* line : {R"(segmentd_segment_members{segment="seg-1"} 5)",
                           R"(segmentd_segment_members{segment="seg-2"} 4)",
                           R"(segmentd_segment_members{segment="seg-3"} 0)",
                           R"(segmentd_segment_members{segment="seg-9"} 1)",
                           R"(segmentd_segment_members_ratio{segment="seg-1"} 0.5)"}) {
    EXPECT_THAT(text, HasSubstr(line));
  }
  // The last customer leaves a retired segment, and a partition goes elsewhere.
  metrics.OnStatus(Counted(0, Partition{0}, {{SegmentId{1}, 4}}));
  ports::ShardStatus none;
  none.shard = 1;
  metrics.OnStatus(none);
  text = metrics.Text();
  EXPECT_THAT(text, HasSubstr(R"(segmentd_segment_members{segment="seg-1"} 4)"));
  EXPECT_THAT(text, HasSubstr(R"(segmentd_segment_members{segment="seg-2"} 0)"));
  EXPECT_THAT(text, Not(HasSubstr("seg-9")));
}

TEST(MetricsTest, TellsFencedTransactionsFromOtherAbortedOnes) {
  Metrics metrics(TestIdentity());
  ports::ShardStatus status;
  status.aborts = 5;
  status.troubles.fenced = 2;
  metrics.OnStatus(status);
  const std::string text = metrics.Text();
  EXPECT_THAT(text,
              HasSubstr(R"(segmentd_kafka_transactions_total{outcome="aborted",shard="0"} 3)"));
  EXPECT_THAT(text,
              HasSubstr(R"(segmentd_kafka_transactions_total{outcome="fenced",shard="0"} 2)"));
}

TEST(MetricsTest, ObservesCommitsByPhase) {
  Metrics metrics(TestIdentity());
  metrics.OnCommit(0, {});
  ports::CommitSample sample;
  sample.produce_s = 0.01;
  sample.end_s = 0.02;
  sample.store_s = 0.003;
  sample.event_latency_s = 0.3;
  sample.event_skew_s = 4;
  sample.timer_latency_s = 0.2;
  sample.step_s[static_cast<std::size_t>(pipeline::Step::kEncode)] = 0.004;
  metrics.OnCommit(0, sample);
  const std::string text = metrics.Text();
  EXPECT_THAT(text,
              HasSubstr(R"(segmentd_commit_duration_seconds_count{phase="end_txn",shard="0"} 2)"));
  EXPECT_THAT(
      text,
      HasSubstr(R"(segmentd_event_to_emit_duration_seconds_bucket{path="event",le="0.5"} 1)"));
  EXPECT_THAT(text, HasSubstr(R"(segmentd_event_to_emit_duration_seconds_count{path="event"} 1)"));
  for (const char* line : {R"(segmentd_event_to_emit_duration_seconds_count{path="timer"} 1)",
                           R"(segmentd_event_time_skew_seconds_bucket{topic="tx",le="5"} 1)",
                           R"(segmentd_event_time_skew_seconds_count{topic="tx"} 1)",
                           R"(segmentd_stage_duration_seconds_sum{stage="encode"} 0.004)",
                           R"(segmentd_stage_duration_seconds_sum{stage="commit"} 0.033)",
                           R"(segmentd_stage_duration_seconds_count{stage="decode"} 2)"}) {
    EXPECT_THAT(text, HasSubstr(line));
  }
}

TEST(MetricsTest, CountsTransitionsBySegmentNeverByCustomer) {
  Metrics metrics(TestIdentity());
  const pipeline::ChangeNote change{.customer_id = "secret-customer",
                                    .previous = SegmentId{},
                                    .current = SegmentId{2},
                                    .previous_name = {},
                                    .current_name = "Loyal",
                                    .reason = "event",
                                    .text = {},
                                    .as_of_ms = 0};
  metrics.OnChanges({&change, 1});
  const std::string text = metrics.Text();
  EXPECT_THAT(
      text,
      HasSubstr(
          R"(segmentd_segment_transitions_total{at_risk="none",from="none",reason="event",to="seg-2"} 1)"));
  EXPECT_THAT(text, Not(HasSubstr("secret-customer")));
}

TEST(MetricsTest, ReplacesTheModelAndItsNames) {
  Metrics metrics(TestIdentity());
  metrics.SetModel({"v1", 2, "pca", {{SegmentId{1}, "Loyal"}}});
  metrics.SetModel({"v2", 3, "pca", {{SegmentId{1}, "Champions"}}});
  const std::string text = metrics.Text();
  EXPECT_THAT(text, HasSubstr(R"(segmentd_model_info{k="3",kind="pca",version="v2"} 1)"));
  EXPECT_THAT(text, HasSubstr(R"(segmentd_segment_info{name="Champions",segment="seg-1"} 1)"));
  EXPECT_THAT(text, Not(HasSubstr("v1")));
  EXPECT_THAT(text, Not(HasSubstr("Loyal")));
}

TEST(MetricsTest, ShowsOnePhase) {
  Metrics metrics(TestIdentity());
  metrics.SetPhase("restoring");
  metrics.SetPhase("running");
  EXPECT_THAT(metrics.Text(), HasSubstr(R"(segmentd_phase{phase="running"} 1)"));
  EXPECT_THAT(metrics.Text(), HasSubstr(R"(segmentd_phase{phase="restoring"} 0)"));
}

TEST(MetricsTest, EveryNameBeginsAsPromised) {
  Metrics metrics(TestIdentity());
  metrics.OnStatus(OnePartition(ports::TaskState::kOpening));
  metrics.OnHttpRequest("/livez", "GET", 200, 0.001);
  metrics.OnLogMessage("warn");
  std::istringstream lines(metrics.Text());
  for (std::string line; std::getline(lines, line);) {
    if (line.starts_with("#")) continue;
    EXPECT_TRUE(line.starts_with("segmentd_") || line.starts_with("process_")) << line;
  }
}

TEST(MetricsTest, TakesReportsWhileItIsRead) {
  Metrics metrics(TestIdentity());
  {
    std::vector<std::jthread> threads;
    for (int shard = 0; shard < 2; ++shard) {
      threads.emplace_back([&metrics, shard] {
        for (std::uint64_t i = 1; i <= 200; ++i) {
          ports::ShardStatus status = OnePartition(ports::TaskState::kRunning);
          status.shard = shard;
          status.partitions[0].partition = Partition{shard};
          status.counts.records = i;
          if (i % 2 == 0) status.partitions.clear();
          metrics.OnStatus(status);
          metrics.OnCommit(shard, {});
        }
      });
    }
    for (int i = 0; i < 20; ++i) EXPECT_FALSE(metrics.Text().empty());
  }
  EXPECT_THAT(metrics.Text(), HasSubstr(R"(segmentd_records_consumed_total{topic="tx"} 400)"));
}

}  // namespace
}  // namespace segmentd::telemetry
