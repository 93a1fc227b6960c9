#include <sys/ioctl.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <condition_variable>
#include <filesystem>
#include <mutex>
#include <thread>

#include "app/commands.h"
#include "app/console.h"
#include "app/daemon.h"
#include "app/demo_feed.h"
#include "app/demo_view.h"
#include "app/demo_watch.h"
#include "app/exit_code.h"
#include "app/options.h"
#include "app/signals.h"
#include "segmentd/base/time_text.h"
#include "segmentd/kafka/embedded_broker.h"
#include "segmentd/kafka/topics.h"

namespace segmentd::app {
namespace {

constexpr int kPartitions = 4;
constexpr auto kFrame = std::chrono::milliseconds(1000);

struct DemoArgs {
  std::string brokers;
  std::string duration;
  std::string listen = "127.0.0.1:0";
};

// A directory that goes with the demo.
class Scratch {
 public:
  Scratch() : path_(std::filesystem::temp_directory_path() / "segmentd-demo-XXXXXX") {
    made_ = mkdtemp(path_.data()) != nullptr;
  }
  ~Scratch() {
    std::error_code ignored;
    if (made_) std::filesystem::remove_all(path_, ignored);
  }
  Scratch(const Scratch&) = delete;
  Scratch& operator=(const Scratch&) = delete;
  bool made() const { return made_; }
  const std::string& path() const { return path_; }

 private:
  std::string path_;
  bool made_ = false;
};

config::Config DemoConfig(const DemoArgs& args, const Scratch& scratch) {
  config::Config config;
  config.app = fmt::format("demo-{}", getpid());
  config.kafka.brokers = args.brokers;
  config.input.transactions.topic = config.app + ".transactions";
  config.output.prefix = config.app + ".";
  config.learning.bootstrap = scratch.path() + "/first.model";
  // A day takes a second: a retrain every ten, and three of trial.
  config.learning.retrain = {.samples = 10'000'000, .every_ms = 10 * kDayMs, .spacing_ms = kDayMs};
  config.learning.trial_ms = 3 * kDayMs;
  config.state.dir = scratch.path() + "/state";
  config.state.memory_bytes = 256 << 20;
  config.http.listen = args.listen;
  config.log.level = config::LogLevel::kError;
  return config;
}

// In this process, with every topic made beforehand: its admin calls do not work.
Result<std::unique_ptr<kafka::EmbeddedBroker>> EmbedBroker(config::Config& config) {
  config.delivery = config::Delivery::kAtLeastOnce;
  std::vector<kafka::TopicSpec> topics = OutputSpecsOf(config, {.partitions = kPartitions});
  topics.push_back({.name = config.input.transactions.topic, .partitions = kPartitions});
  SEGMENTD_ASSIGN_OR_RETURN(auto broker, kafka::EmbeddedBroker::Start(topics));
  const kafka::Connection connection = broker->connection();
  config.kafka.brokers = connection.brokers;
  config.kafka.client = connection.client;
  return broker;
}

// The screen of a terminal, or plain lines.
class Screen {
 public:
  Screen() : terminal_(isatty(STDOUT_FILENO) == 1) {}

  void Show(const DemoTally& tally, const DemoFigures& figures) const {
    if (!terminal_) {
      Print(DemoLine(tally, figures));
      return;
    }
    winsize size{};
    ioctl(STDOUT_FILENO, TIOCGWINSZ, &size);
    const std::size_t width = size.ws_col > 20 ? size.ws_col : 100;
    const bool color = std::getenv("NO_COLOR") == nullptr;
    Print("\x1b[H\x1b[J" + DemoScreen(tally, figures, width, color));
  }

 private:
  const bool terminal_;
};

class Demo {
 public:
  Demo(const DemoArgs& args, config::Config config, const DemoPlan& plan)
      : args_(args), config_(std::move(config)), plan_(plan) {}

  Status Run(std::stop_source stop, std::optional<std::int64_t> for_ms);

 private:
  void Watch(const std::stop_token& stop, std::optional<std::int64_t> for_ms);
  DemoFigures Figures(std::uint64_t sent_before) const;

  const DemoArgs& args_;
  const config::Config config_;
  const DemoPlan plan_;
  DemoWatch watch_;
  DemoProgress progress_;
  std::atomic<int> port_{0};
};

DemoFigures Demo::Figures(std::uint64_t sent_before) const {
  const ports::ShardStatus status = watch_.Status();
  DemoFigures figures;
  figures.brokers = config_.kafka.brokers;
  figures.http = fmt::format("http://127.0.0.1:{}", port_.load());
  figures.embedded = args_.brokers.empty();
  figures.event_time_ms = progress_.event_time_ms;
  figures.ended = progress_.ended;
  figures.events_per_s = static_cast<double>(progress_.sent - sent_before);
  for (const ports::PartitionStatus& partition : status.partitions) {
    figures.lag_records += std::max<std::int64_t>(partition.lag_records, 0);
  }
  figures.counts = status.counts;
  return figures;
}

void Demo::Watch(const std::stop_token& stop, std::optional<std::int64_t> for_ms) {
  const Screen screen;
  const auto began = std::chrono::steady_clock::now();
  std::mutex mutex;
  std::condition_variable_any wake;
  std::unique_lock lock(mutex);
  std::uint64_t sent_before = 0;
  for (auto next = began + kFrame; !stop.stop_requested(); next += kFrame) {
    wake.wait_until(lock, stop, next, [] { return false; });
    const DemoFigures figures = Figures(sent_before);
    sent_before = progress_.sent;
    screen.Show(watch_.TakeFrame(), figures);
    if (for_ms && std::chrono::steady_clock::now() - began >= std::chrono::milliseconds(*for_ms))
      break;
  }
}

Status Demo::Run(std::stop_source stop, std::optional<std::int64_t> for_ms) {
  const SystemClock clock;
  Log log(config_.log, clock);
  Status daemon = Ok();
  Status feed = Ok();
  std::jthread daemon_thread([&] {
    DaemonOptions options;
    options.watcher = &watch_;
    options.on_listening = [this](int port) { port_ = port; };
    options.on_trainer = [this](const train::LiveStatus& trainer) { watch_.OnTrainer(trainer); };
    daemon = RunDaemon(config_, options, log, stop.get_token());
    stop.request_stop();
  });
  std::jthread feed_thread([&] {
    const kafka::Connection connection{config_.kafka.brokers, config_.kafka.client, {}};
    feed =
        FeedDemo(plan_, connection, config_.input.transactions.topic, progress_, stop.get_token());
    if (!feed.ok()) stop.request_stop();
  });
  Watch(stop.get_token(), for_ms);
  stop.request_stop();
  feed_thread.join();
  daemon_thread.join();
  Print(DemoSummary(watch_.TakeFrame(), Figures(0)));
  SEGMENTD_RETURN_IF_ERROR(daemon);
  return feed;
}

void Introduce(const config::Config& config, bool embedded) {
  Say(fmt::format("kafka at {}; read along: kcat -b {} -C -t {}segment.changed.v1",
                  config.kafka.brokers, config.kafka.brokers, config.output.prefix));
  if (embedded) {
    Say("this broker lives in the demo's process and has no transactional isolation: delivery is "
        "at_least_once here; --brokers HOST:PORT uses a real one, exactly once");
  }
}

Status RunDemo(const DemoArgs& args, std::optional<std::int64_t> for_ms, std::stop_source stop) {
  const Scratch scratch;
  if (!scratch.made()) return Fail(Code::kStorage, "no temporary directory can be made");
  config::Config config = DemoConfig(args, scratch);
  const DemoPlan plan = PlanDemo(SystemClock().WallMs());
  Say("learning a first model from three months of generated history");
  SEGMENTD_RETURN_IF_ERROR(LearnDemoModel(plan, *config.learning.bootstrap));
  std::unique_ptr<kafka::EmbeddedBroker> broker;
  if (args.brokers.empty()) {
    SEGMENTD_ASSIGN_OR_RETURN(broker, EmbedBroker(config));
  } else {
    const std::vector<kafka::TopicSpec> input = {
        {.name = config.input.transactions.topic, .partitions = kPartitions}};
    SEGMENTD_RETURN_IF_ERROR(kafka::EnsureTopics({config.kafka.brokers, {}, {}}, input, true));
  }
  Introduce(config, args.brokers.empty());
  Demo demo(args, config, plan);
  return demo.Run(std::move(stop), for_ms);
}

}  // namespace

Runner AddDemo(CLI::App& command) {
  const auto args = std::make_shared<DemoArgs>();
  command.add_option("--for", args->duration, "end by itself after this long, such as 30s")
      ->type_name("DURATION");
  command.add_option("--brokers", args->brokers, "a real Kafka instead of the embedded one")
      ->type_name("HOST:PORT");
  command.add_option("--listen", args->listen, "where HTTP answers")->capture_default_str();
  return [args] {
    std::optional<std::int64_t> for_ms;
    if (!args->duration.empty()) {
      for_ms = ParseDurationMs(args->duration);
      if (!for_ms) {
        Say("segmentd: --for takes a duration such as 30s or 5m");
        return static_cast<int>(kExitUsage);
      }
    }
    std::stop_source stop;
    const Signals signals([&stop] { stop.request_stop(); });
    const Status ended = RunDemo(*args, for_ms, stop);
    return ended.ok() ? static_cast<int>(kExitOk) : Complain(ended.error());
  };
}

}  // namespace segmentd::app
