#include <CLI/CLI.hpp>
#include <algorithm>
#include <stop_token>
#include <string>
#include <utility>
#include <vector>

#include "app/commands.h"
#include "app/config_args.h"
#include "app/console.h"
#include "app/daemon.h"
#include "app/exit_code.h"
#include "app/signals.h"

namespace segmentd::app {
namespace {

struct RunArgs {
  std::string config;
  bool until_drained = false;
  std::vector<std::string> accept;
};

constexpr std::pair<const char*, bool runtime::Accepted::*> kAcceptable[] = {
    {"offset-reset", &runtime::Accepted::offset_reset},
    {"input-gap", &runtime::Accepted::input_gap},
    {"new-input", &runtime::Accepted::new_input},
    {"state-loss", &runtime::Accepted::state_loss},
    {"other-cluster", &runtime::Accepted::other_cluster},
};

int RunRun(const RunArgs& args) {
  std::stop_source stop;
  const Signals signals([&stop] { stop.request_stop(); });
  const Result<config::Config> config = LoadConfig(args.config);
  if (!config.ok()) return Complain(config.error());
  const SystemClock clock;
  Log log(config->log, clock);
  DaemonOptions options;
  options.until_drained = args.until_drained;
  for (const auto& [name, member] : kAcceptable) {
    options.accepted.*member = std::ranges::find(args.accept, name) != args.accept.end();
  }
  const Status ended = RunDaemon(*config, options, log, stop.get_token());
  if (!ended.ok()) return Complain(ended.error());
  return signals.first() == 0 ? kExitOk : 128 + signals.first();
}

}  // namespace

Runner AddRun(CLI::App& command) {
  const auto args = std::make_shared<RunArgs>();
  AddConfigOption(command, args->config);
  command.add_flag("--until-drained", args->until_drained,
                   "take the input's end as it is now, and exit when it is committed");
  std::vector<std::string> names;
  for (const auto& [name, member] : kAcceptable) names.emplace_back(name);
  command
      .add_option("--accept", args->accept,
                  "go on where it would else refuse, once: offset-reset, input-gap, new-input, "
                  "state-loss, other-cluster (docs/OPERATING.md)")
      ->check(CLI::IsMember(names));
  return [args] { return RunRun(*args); };
}

}  // namespace segmentd::app
