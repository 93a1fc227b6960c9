#include "app/daemon.h"

#include <unistd.h>

#include <chrono>
#include <memory>
#include <thread>

#include "app/endpoints.h"
#include "app/exit_code.h"
#include "app/log_probe.h"
#include "app/model_feed.h"
#include "app/options.h"
#include "app/overview.h"
#include "app/shard_group.h"
#include "app/topics_gate.h"
#include "app/trainer_service.h"
#include "app/version.h"
#include "app/wait.h"
#include "app/watchdog.h"
#include "segmentd/base/hash.h"
#include "segmentd/http/server.h"
#include "segmentd/model/bundle.h"
#include "segmentd/rocks/attempts.h"
#include "segmentd/rocks/stores.h"
#include "segmentd/runtime/model_shelf.h"
#include "segmentd/telemetry/metrics.h"
#include "segmentd/telemetry/status_board.h"

namespace segmentd::app {
namespace {

telemetry::Identity IdentityOf(const config::Config& config) {
  return {std::string(Version()),      std::string(Revision()),
          std::string(Compiler()),     ContentHash(config::Render(config)),
          TransactionsTopicOf(config), config.input.profiles.topic.value_or("")};
}

void ShowModel(const pipeline::Model& model, telemetry::Metrics& metrics, const Log& log) {
  telemetry::ModelIdentity shown{model.version,
                                 static_cast<int>(model.ids.size()),
                                 std::string(model::EmbeddingKindName(model.bundle.embedding.kind)),
                                 {}};
  for (const model::Segment& segment : model.bundle.segments) {
    shown.names.emplace_back(segment.id, segment.name());
  }
  metrics.SetModel(shown);
  log.Info("model", {{"version", model.version},
                     {"segments", fmt::format("{}", shown.segments)},
                     {"embedding", shown.embedding}});
}

Result<std::unique_ptr<http::Server>> Listen(const config::Config& config,
                                             const Surfaces& surfaces) {
  const auto address = config::ParseAddress(config.http.listen);
  if (!address)
    return Fail(Code::kConfig, "http.listen: `{}` is not host:port", config.http.listen);
  http::Options options;
  options.host = address->host;
  options.port = address->port;
  if (config.http.token_file) {
    SEGMENTD_ASSIGN_OR_RETURN(options.token,
                              config::ReadSecret(*config.http.token_file, "http.token_file"));
  }
  return http::Server::Start(
      options, Endpoints(surfaces),
      [&metrics = surfaces.metrics](std::string_view route, std::string_view method, int status,
                                    double seconds) {
        metrics.OnHttpRequest(route, method, status, seconds);
      });
}

// What everything else stands on, in the order in which it can fail.
struct Ground {
  std::shared_ptr<const pipeline::Model> model;
  kafka::Connection connection;
  MemoryPlan memory;
  std::unique_ptr<ports::StoreFactory> stores;
  std::unique_ptr<ports::Attempts> attempts;
  std::string instance;
};

Result<Ground> LayGround(const config::Config& config, const Log& log, const Clock& clock) {
  SEGMENTD_RETURN_IF_ERROR(CheckOffline(config, false));
  Ground ground;
  SEGMENTD_ASSIGN_OR_RETURN(ground.model, LoadBootstrap(config));
  SEGMENTD_ASSIGN_OR_RETURN(ground.connection, ConnectionOf(config, &log));
  ground.memory = PlanMemory(config.state.memory_bytes, config.shards, config.input.rekey);
  rocks::StoreOptions stores;
  stores.dir = config.state.dir;
  stores.memory_bytes = ground.memory.store_bytes;
  SEGMENTD_ASSIGN_OR_RETURN(ground.stores, rocks::OpenStores(stores, clock));
  SEGMENTD_ASSIGN_OR_RETURN(ground.attempts, rocks::OpenAttempts(config.state.dir));
  if (ground.attempts->unclean()) {
    log.Warn(
        "the process before this one did not end in order; looking for a record that crashes it");
  }
  if (config.instance) {
    ground.instance = *config.instance;
  } else {
    SEGMENTD_ASSIGN_OR_RETURN(ground.instance, rocks::InstanceId(config.state.dir));
  }
  return ground;
}

// Ends the process when a shard hangs: whoever starts it again, or takes its partitions over, goes
// on from the last commit.
void WatchShards(const Surfaces& on, SharedOverview& overview, const Log& log,
                 const std::stop_token& stop) {
  for (Watchdog watchdog; !stop.stop_requested(); WaitFor(std::chrono::seconds(1), stop)) {
    const Overview before = overview.Get();
    const auto still =
        watchdog.Look(on.board.Shards(), before.ended, on.clock.MonotonicNs() / 1'000'000);
    overview.Update([&still](Overview& now) { now.still = still; });
    for (const auto& [shard, for_ms] : still) {
      const std::string number = fmt::format("{}", shard);
      if (!before.still.contains(shard)) log.Warn(DescribeStill(for_ms), {{"shard", number}});
      if (for_ms <= Watchdog::kLimitMs) continue;
      log.Failure(
          "a shard's loop has not turned for too long; ending the process",
          {{"shard", number}, {"limit_s", fmt::format("{}", Watchdog::kLimitMs / kSecondMs)}});
      ::_exit(kExitRuntime);
    }
  }
}

Overview FirstOverview(const config::Config& config, const Ground& ground, const Clock& clock) {
  Overview overview;
  overview.app = config.app;
  overview.instance = ground.instance;
  overview.model_version = ground.model == nullptr ? "" : ground.model->version;
  overview.shards = config.shards + (config.input.rekey ? 1 : 0);
  overview.started_ms = clock.WallMs();
  return overview;
}

// What everybody is told of a model that is to score, or of one that cannot.
void TellModel(const ModelFeed::Told& told, SharedOverview& overview, telemetry::Metrics& metrics,
               const Log& log) {
  const std::string version = told.active == nullptr ? "" : told.active->version;
  bool other = false;
  overview.Update([&](Overview& now) {
    other = now.model_version != version;
    now.model_version = version;
    now.model_problem = told.problem;
  });
  metrics.SetModelFailures(told.failures);
  if (other && told.active != nullptr) ShowModel(*told.active, metrics, log);
}

Status PassGateAndRun(ShardGroup group, ModelFeed& feed, const TrainerGround& trainer,
                      telemetry::Metrics& metrics, const Log& log, const std::stop_token& stop) {
  const Result<InputShape> input =
      PassTopicsGate(group.config, group.connection, group.overview, log, stop);
  if (!input.ok()) {
    return input.error().code == Code::kCancelled ? Ok() : Status(tl::unexpected(input.error()));
  }
  group.input = *input;
  if (!group.config.learning.enabled) return RunShards(group, stop);
  const Status read = feed.ReadAll(group.connection, ModelTopicOf(group.config), stop);
  if (!read.ok()) return read.error().code == Code::kCancelled ? Ok() : read;
  const std::jthread following([&](const std::stop_token& own) {
    feed.Follow(
        own, [&](const ModelFeed::Told& told) { TellModel(told, group.overview, metrics, log); });
  });
  // What is read to its end once is over before there is anything to learn.
  std::jthread training;
  if (!group.until_drained) {
    training = std::jthread([&](const std::stop_token& own) { RunTrainer(trainer, own); });
  }
  return RunShards(group, stop);
}

}  // namespace

Status RunDaemon(const config::Config& config, const DaemonOptions& options, Log& log,
                 std::stop_token stop) {
  SystemClock clock;
  log.Info("starting", {{"version", std::string(Version())},
                        {"app", config.app},
                        {"brokers", config.kafka.brokers},
                        {"state", config.state.dir}});
  SEGMENTD_ASSIGN_OR_RETURN(const Ground ground, LayGround(config, log, clock));
  log.Info("kafka", {{"client", kafka::DescribeClient()}});
  log.Info("memory", {{"plan", DescribeMemory(ground.memory, config.shards, config.input.rekey)}});

  telemetry::Metrics metrics(IdentityOf(config));
  telemetry::StatusBoard board;
  LogProbe log_probe(log, clock);
  std::vector<ports::Probe*> probes = {&board, &metrics, &log_probe};
  if (options.watcher != nullptr) probes.push_back(options.watcher);
  ProbeFan probe(std::move(probes));
  log.SetCounter([&metrics](std::string_view level) { metrics.OnLogMessage(level); });
  if (ground.model != nullptr) ShowModel(*ground.model, metrics, log);

  runtime::ModelShelf models;
  ModelFeed feed(config.app, ground.model, models, log);
  SharedOverview overview(FirstOverview(config, ground, clock));
  const std::stop_callback stopping(
      stop, [&overview] { overview.Update([](Overview& now) { now.stopping = true; }); });
  SEGMENTD_ASSIGN_OR_RETURN(const std::unique_ptr<http::Server> server,
                            Listen(config, {clock, overview, board, metrics}));
  const auto address = config::ParseAddress(config.http.listen);
  log.Announce("listening", {{"address", fmt::format("{}:{}", address->host, server->port())}});
  if (options.on_listening) options.on_listening(server->port());

  const Surfaces surfaces{clock, overview, board, metrics};
  const std::jthread watching(
      [&](const std::stop_token& own) { WatchShards(surfaces, overview, log, own); });
  Status ended = PassGateAndRun({config,
                                 options.until_drained,
                                 options.accepted,
                                 ground.connection,
                                 ground.memory,
                                 {},
                                 ground.instance,
                                 models,
                                 clock,
                                 *ground.stores,
                                 *ground.attempts,
                                 probe,
                                 overview,
                                 log},
                                feed,
                                {config, ground.connection, ground.model, clock, board, overview,
                                 metrics, log, options.on_trainer},
                                metrics, log, stop);
  log.SetCounter({});
  if (ended.ok()) log.Info("stopped", {{"app", config.app}});
  return ended;
}

}  // namespace segmentd::app
