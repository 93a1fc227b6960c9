#include <CLI/CLI.hpp>

#include "app/commands.h"
#include "app/console.h"
#include "app/exit_code.h"
#include "segmentd/config/config.h"

namespace segmentd::app {
namespace {

int RunInit() { return Print(config::Render(config::Config{})) ? kExitOk : kExitRuntime; }

}  // namespace

Runner AddInit(CLI::App&) { return RunInit; }

}  // namespace segmentd::app
