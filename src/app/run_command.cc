#include <CLI/CLI.hpp>
#include <stop_token>

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
  return [args] { return RunRun(*args); };
}

}  // namespace segmentd::app
