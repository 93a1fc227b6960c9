#include <fmt/format.h>

#include <CLI/CLI.hpp>

#include "app/commands.h"
#include "app/console.h"
#include "app/exit_code.h"
#include "app/version.h"

namespace segmentd::app {
namespace {

struct VersionArgs {
  bool json = false;
};

int RunVersion(const VersionArgs& args) {
  const std::string text =
      args.json ? VersionJson()
                : fmt::format("segmentd {} ({}, {})", Version(), Revision(), Compiler());
  return Print(text + "\n") ? kExitOk : kExitRuntime;
}

}  // namespace

Runner AddVersion(CLI::App& command) {
  const auto args = std::make_shared<VersionArgs>();
  command.add_flag("--json", args->json, "for a program");
  return [args] { return RunVersion(*args); };
}

}  // namespace segmentd::app
