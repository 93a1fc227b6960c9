#include <CLI/CLI.hpp>

#include "app/commands.h"
#include "app/config_args.h"
#include "app/console.h"
#include "app/exit_code.h"
#include "app/options.h"
#include "segmentd/base/json_writer.h"

namespace segmentd::app {
namespace {

struct CheckConfigArgs {
  std::string config;
  bool offline = false;
  bool print = false;
  bool json = false;
};

std::string ResultJson(const Status& checked) {
  std::string text;
  JsonWriter json(text);
  json.BeginObject().Key("ok").Bool(checked.ok()).Key("errors").BeginArray();
  if (!checked.ok()) {
    std::istringstream lines(checked.error().message);
    for (std::string line; std::getline(lines, line);) json.String(line);
  }
  json.EndArray().EndObject();
  return text + "\n";
}

int RunCheckConfig(const CheckConfigArgs& args) {
  const Result<config::Config> config = LoadConfig(args.config);
  Status checked =
      config.ok() ? CheckOffline(*config, !args.offline) : Status(tl::unexpected(config.error()));
  if (args.json) {
    Print(ResultJson(checked));
  } else if (checked.ok() && args.print) {
    Print(config::Render(*config));
  }
  if (!checked.ok()) return args.json ? ExitCode(checked.error().code) : Complain(checked.error());
  if (!args.json && !args.print) Say(args.config + ": no mistakes found");
  return kExitOk;
}

}  // namespace

Runner AddCheckConfig(CLI::App& command) {
  const auto args = std::make_shared<CheckConfigArgs>();
  command.add_option("-c,--config,FILE", args->config, "the configuration")
      ->required()
      ->type_name("FILE");
  command.add_flag("--offline", args->offline, "do not read the model and secrets that it names");
  command.add_flag("--print", args->print, "print the configuration in force");
  command.add_flag("--json", args->json, "the result for a program");
  return [args] { return RunCheckConfig(*args); };
}

}  // namespace segmentd::app
