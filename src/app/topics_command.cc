#include <fmt/format.h>

#include <CLI/CLI.hpp>

#include "app/commands.h"
#include "app/config_args.h"
#include "app/console.h"
#include "app/exit_code.h"
#include "app/options.h"
#include "app/topics_gate.h"
#include "segmentd/base/json_writer.h"
#include "segmentd/kafka/topics.h"

namespace segmentd::app {
namespace {

struct TopicsArgs {
  std::string config;
  bool create = false;
  bool dry_run = false;
  bool json = false;
};

struct Listed {
  std::string name;
  std::string_view role;          // input | output
  std::optional<int> partitions;  // nothing: missing
  kafka::Settings config;         // what it is made with, of outputs
  int wanted = 0;
};

std::string Text(const std::vector<Listed>& topics) {
  std::string text;
  for (const Listed& topic : topics) {
    text +=
        fmt::format("{:6}  {:40}  {}\n", topic.role, topic.name,
                    topic.partitions ? fmt::format("{} partitions", *topic.partitions) : "missing");
  }
  return text;
}

std::string Json(const std::vector<Listed>& topics) {
  std::string text;
  JsonWriter json(text);
  json.BeginArray();
  for (const Listed& topic : topics) {
    json.BeginObject().Key("name").String(topic.name).Key("role").String(topic.role);
    json.Key("partitions");
    topic.partitions ? json.Int(*topic.partitions) : json.Null();
    json.Key("config").BeginObject();
    for (const auto& [key, value] : topic.config) json.Key(key).String(value);
    json.EndObject().EndObject();
  }
  json.EndArray();
  return text + "\n";
}

Result<std::vector<Listed>> List(const config::Config& config, const kafka::Connection& connection,
                                 const InputShape& input) {
  std::vector<Listed> topics;
  for (const std::string& name : InputTopicsOf(config))
    topics.push_back({name, "input", {}, {}, 0});
  for (const kafka::TopicSpec& spec : OutputSpecsOf(config, input)) {
    topics.push_back({spec.name, "output", {}, spec.config, spec.partitions});
  }
  std::vector<std::string> names;
  for (const Listed& topic : topics) names.push_back(topic.name);
  SEGMENTD_ASSIGN_OR_RETURN(const auto counts, kafka::PartitionCounts(connection, names));
  for (std::size_t i = 0; i < topics.size(); ++i) topics[i].partitions = counts[i];
  return topics;
}

Status Create(const TopicsArgs& args, const config::Config& config,
              const kafka::Connection& connection) {
  SEGMENTD_ASSIGN_OR_RETURN(const InputShape input, ShapeOfInput(config, connection));
  if (!args.dry_run) {
    return kafka::EnsureTopics(connection, OutputSpecsOf(config, input), true);
  }
  SEGMENTD_ASSIGN_OR_RETURN(const std::vector<Listed> topics, List(config, connection, input));
  for (const Listed& topic : topics) {
    if (topic.partitions || topic.role == "input") continue;
    std::string settings;
    for (const auto& [key, value] : topic.config) settings += fmt::format(" {}={}", key, value);
    Say(fmt::format("would create {} with {} partitions{}", topic.name, topic.wanted, settings));
  }
  return Ok();
}

int RunTopics(const TopicsArgs& args) {
  const Result<config::Config> config = LoadConfig(args.config);
  if (!config.ok()) return Complain(config.error());
  const Result<kafka::Connection> connection = ConnectionOf(*config, nullptr);
  if (!connection.ok()) return Complain(connection.error());
  if (args.create) {
    const Status created = Create(args, *config, *connection);
    if (!created.ok()) return Complain(created.error());
  }
  const Result<std::vector<Listed>> topics = List(*config, *connection, {});
  if (!topics.ok()) return Complain(topics.error());
  return Print(args.json ? Json(*topics) : Text(*topics)) ? kExitOk : kExitRuntime;
}

}  // namespace

Runner AddTopics(CLI::App& command) {
  const auto args = std::make_shared<TopicsArgs>();
  command.require_subcommand(1);
  CLI::App* list = command.add_subcommand("list", "each topic with its number of partitions");
  CLI::App* create = command.add_subcommand("create", "make the missing output topics, then list");
  for (CLI::App* sub : {list, create}) {
    AddConfigOption(*sub, args->config);
    sub->add_flag("--json", args->json, "for a program");
  }
  create->add_flag("--dry-run", args->dry_run, "only say what would be made");
  return [args, create] {
    args->create = create->parsed();
    return RunTopics(*args);
  };
}

}  // namespace segmentd::app
