#include <CLI/CLI.hpp>
#include <exception>

#include "app/commands.h"
#include "app/console.h"
#include "app/exit_code.h"
#include "app/usage.h"
#include "app/version.h"

namespace segmentd::app {
namespace {

int Main(int argc, char** argv) {
  if (argc > 1) {
    if (const std::string unknown = ExplainUnknownCommand(argv[1]); !unknown.empty()) {
      Say(unknown);
      return kExitUsage;
    }
  }
  CLI::App root("Live customer segments from a Kafka stream of transactions.", "segmentd");
  const auto formatter = std::make_shared<HelpFormatter>();
  root.formatter(formatter);
  root.set_version_flag("-V,--version", std::string(Version()));
  root.require_subcommand(1);
  Runner chosen;
  for (const Command& command : Commands()) {
    CLI::App* sub = root.add_subcommand(std::string(command.name), std::string(command.meaning));
    sub->formatter(formatter);
    const Runner runner = command.add(*sub);
    sub->parse_complete_callback([&chosen, runner] { chosen = runner; });
  }
  if (argc == 1) {
    Say(root.help());
    return kExitUsage;
  }
  try {
    root.parse(argc, argv);
  } catch (const CLI::Success& told) {
    return root.exit(told);  // help and version, on stdout
  } catch (const CLI::ParseError& error) {
    Say(ExplainUsage(root, error));
    return kExitUsage;
  }
  return chosen();
}

}  // namespace
}  // namespace segmentd::app

// For jemalloc, which reads it by this name. The clients' buffers come and go by megabytes: with
// its own defaults, those above 8 MiB are given back at once and the others after ten seconds, and
// the system's zeroed pages in their place cost up to a tenth of the daemon's CPU.
extern "C" {
extern const char* malloc_conf;
const char* malloc_conf = "oversize_threshold:0,dirty_decay_ms:30000,muzzy_decay_ms:0";
}

int main(int argc, char** argv) {
  try {
    return segmentd::app::Main(argc, argv);
  } catch (const std::exception& defect) {
    segmentd::app::Say(std::string("segmentd: a defect: ") + defect.what());
    return segmentd::app::kExitRuntime;
  }
}
