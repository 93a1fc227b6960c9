#include <CLI/CLI.hpp>

#include "app/commands.h"
#include "app/config_args.h"
#include "app/console.h"
#include "app/exit_code.h"
#include "segmentd/http/client.h"

namespace segmentd::app {
namespace {

constexpr int kTimeoutS = 5;

struct HealthArgs {
  std::string config;
  std::string address;
  bool json = false;
};

// An address to listen on is not always one to connect to.
std::string Reachable(const std::string& host) {
  if (host == "0.0.0.0") return "127.0.0.1";
  return host == "::" ? "::1" : host;
}

Result<config::Address> AddressOf(const HealthArgs& args) {
  std::string text = args.address;
  if (text.empty()) {
    // Without a file: where a daemon listens by default, or by the environment.
    SEGMENTD_ASSIGN_OR_RETURN(const config::Config config,
                              args.config.empty() ? DefaultConfig() : LoadConfig(args.config));
    text = config.http.listen;
  }
  const auto address = config::ParseAddress(text);
  if (!address || address->port == 0) {
    return Fail(Code::kConfig, "`{}` does not tell the port; give --address HOST:PORT", text);
  }
  return config::Address{Reachable(address->host), address->port};
}

int RunHealth(const HealthArgs& args) {
  if (!args.address.empty() && !config::ParseAddress(args.address)) {
    Say("segmentd: --address takes HOST:PORT, not `" + args.address + "`");
    return kExitUsage;
  }
  const Result<config::Address> address = AddressOf(args);
  if (!address.ok()) return Complain(address.error());
  const Result<http::Reply> reply = http::Get(address->host, address->port, "/readyz", kTimeoutS);
  if (!reply.ok()) {
    Complain(reply.error());
    return kExitRuntime;
  }
  const bool ready = reply->status == 200;
  if (args.json) {
    Print(reply->body + "\n");
  } else {
    Say(ready ? "ready" : "not ready: " + reply->body);
  }
  return ready ? kExitOk : kExitRuntime;
}

}  // namespace

Runner AddHealth(CLI::App& command) {
  const auto args = std::make_shared<HealthArgs>();
  command.add_option("-c,--config", args->config, "the daemon's configuration")->type_name("FILE");
  command.add_option("--address", args->address, "where it listens, if not as configured")
      ->type_name("HOST:PORT");
  command.add_flag("--json", args->json, "print /readyz as it comes");
  return [args] { return RunHealth(*args); };
}

}  // namespace segmentd::app
