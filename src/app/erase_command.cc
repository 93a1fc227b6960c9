#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <map>
#include <random>

#include "app/commands.h"
#include "app/config_args.h"
#include "app/console.h"
#include "app/exit_code.h"
#include "app/options.h"
#include "segmentd/base/clock.h"
#include "segmentd/base/json_writer.h"
#include "segmentd/kafka/producer.h"
#include "segmentd/kafka/topic_reader.h"
#include "segmentd/pipeline/control.h"

namespace segmentd::app {
namespace {

constexpr std::int64_t kPollMs = 200;

struct EraseArgs {
  std::string config;
  std::string customer_id;
  bool consent = false;
  bool json = false;
  int timeout_s = 60;
};

// What the partitions answered, by partition.
using Answers = std::map<int, pipeline::ControlResult>;

std::string NewRequestName() {
  std::random_device device;
  std::string name;
  for (int i = 0; i < 4; ++i) name += fmt::format("{:08x}", device());
  return name;
}

// To every partition: only the customer's knows it, and any producer may have chosen which.
Status Send(const kafka::Connection& connection, const std::string& topic, int partitions,
            const pipeline::Control& request) {
  SEGMENTD_ASSIGN_OR_RETURN(kafka::Producer producer, kafka::Producer::Open(connection, topic));
  const std::string value = pipeline::EncodeControl(request);
  for (int p = 0; p < partitions; ++p) {
    kafka::Producer::Record record;
    record.key = request.request;
    record.value = value;
    record.partition = Partition{p};
    SEGMENTD_RETURN_IF_ERROR(producer.Send(record));
  }
  return producer.Flush();
}

Status Await(kafka::TopicReader& reader, const std::string& request, int timeout_s,
             Answers& answers) {
  const SystemClock clock;
  const std::int64_t end_ns = clock.MonotonicNs() + timeout_s * 1'000'000'000LL;
  while (static_cast<int>(answers.size()) < reader.partitions()) {
    if (clock.MonotonicNs() > end_ns) {
      return Fail(
          Code::kRetry,
          "{} of {} partitions have answered request {} after {} s: does a `segmentd run` of "
          "this app serve all partitions? The request stays; ask again to see what became "
          "of it",
          answers.size(), reader.partitions(), request, timeout_s);
    }
    const auto records = reader.Poll(kPollMs);
    if (!records.ok() && records.error().code != Code::kRetry) {
      return tl::unexpected(records.error());
    }
    if (!records.ok()) continue;
    for (const event::RawRecord& record : *records) {
      if (record.key != request || !record.value) continue;
      const auto control = pipeline::DecodeControl(*record.value);
      if (!control.ok()) continue;
      const auto* outcome = std::get_if<pipeline::ControlOutcome>(&control->what);
      if (outcome != nullptr) answers[record.partition.value()] = outcome->result;
    }
  }
  return Ok();
}

Result<Answers> Ask(const EraseArgs& args, const config::Config& config,
                    const pipeline::Control& request) {
  SEGMENTD_ASSIGN_OR_RETURN(const kafka::Connection connection, ConnectionOf(config, nullptr));
  const std::string topic =
      OutputTopicsOf(config)[static_cast<std::size_t>(pipeline::Topic::kControl)];
  // Before the request is sent, so that no answer is missed.
  SEGMENTD_ASSIGN_OR_RETURN(
      kafka::TopicReader reader,
      kafka::TopicReader::Open(connection, topic, {.from = kafka::TopicReader::From::kEnd}));
  SEGMENTD_RETURN_IF_ERROR(Send(connection, topic, reader.partitions(), request));
  Answers answers;
  SEGMENTD_RETURN_IF_ERROR(Await(reader, request.request, args.timeout_s, answers));
  return answers;
}

std::string Json(const std::string& request, const Answers& answers) {
  std::string text;
  JsonWriter json(text);
  json.BeginObject().Key("request").String(request).Key("partitions").BeginArray();
  for (const auto& [partition, result] : answers) {
    json.BeginObject().Key("partition").Int(partition);
    json.Key("result").String(pipeline::ControlResultName(result)).EndObject();
  }
  json.EndArray().EndObject();
  return text + "\n";
}

std::string Text(const std::string& request, const Answers& answers) {
  std::string text;
  for (const auto& [partition, result] : answers) {
    if (result == pipeline::ControlResult::kUnknown) continue;
    text += fmt::format("partition {}: {}\n", partition, pipeline::ControlResultName(result));
  }
  return text.empty() ? "" : fmt::format("request {}\n{}", request, text);
}

int RunErase(const EraseArgs& args) {
  const Result<config::Config> config = LoadConfig(args.config);
  if (!config.ok()) return Complain(config.error());
  pipeline::Control request{NewRequestName(), pipeline::Erase{args.customer_id}};
  if (args.consent) request.what = pipeline::Consent{args.customer_id};
  const Result<Answers> answers = Ask(args, *config, request);
  if (!answers.ok()) return Complain(answers.error());
  const bool known = std::ranges::any_of(*answers, [](const auto& answer) {
    return answer.second != pipeline::ControlResult::kUnknown;
  });
  if (!Print(args.json ? Json(request.request, *answers) : Text(request.request, *answers))) {
    return kExitRuntime;
  }
  if (known) return kExitOk;
  return Complain({Code::kNotFound, "no partition knows this customer: nothing was changed"});
}

}  // namespace

Runner AddErase(CLI::App& command) {
  const auto args = std::make_shared<EraseArgs>();
  AddConfigOption(command, args->config);
  command.add_option("ID", args->customer_id, "the customer")->required();
  command.add_flag("--consent", args->consent,
                   "the reverse: the customer may be known again from now on");
  command.add_flag("--json", args->json, "for a program");
  command.add_option("--timeout", args->timeout_s, "how many seconds to wait for the outcome")
      ->check(CLI::Range(1, 3600));
  return [args] { return RunErase(*args); };
}

}  // namespace segmentd::app
