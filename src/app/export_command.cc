#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <map>
#include <optional>
#include <stop_token>

#include "app/commands.h"
#include "app/config_args.h"
#include "app/console.h"
#include "app/customer_states.h"
#include "app/exit_code.h"
#include "app/export_rows.h"
#include "app/options.h"
#include "app/published_models.h"
#include "app/signals.h"
#include "app/table.h"
#include "app/write_file.h"
#include "segmentd/base/json_writer.h"
#include "segmentd/base/time_text.h"

namespace segmentd::app {
namespace {

constexpr std::size_t kPieceBytes = 256 << 10;

struct ExportArgs {
  std::string config;
  std::string as_of;
  TableFormat format = TableFormat::kCsv;
  std::string out;
  bool json = false;
};

// Where the rows go: a file that is there when all of it is, or stdout.
class Target {
 public:
  static Result<Target> Open(const std::string& path) {
    Target target;
    if (path.empty()) return target;
    SEGMENTD_ASSIGN_OR_RETURN(AtomicFile file, AtomicFile::Open(path));
    target.file_.emplace(std::move(file));
    return target;
  }

  Status Write(std::string_view bytes) {
    if (file_) return file_->Write(bytes);
    return Print(bytes) ? Ok() : Status(Fail(Code::kFatal, "nobody reads the rows any more"));
  }
  Status Finish() { return file_ ? file_->Commit() : Ok(); }

 private:
  std::optional<AtomicFile> file_;
};

// The instant of a partition's rows. kConfig for one that is past there: what has happened since
// cannot be taken back from the state.
Result<std::map<Partition, std::int64_t>> InstantsOf(const CustomerStates& states,
                                                     std::optional<std::int64_t> as_of_ms) {
  std::map<Partition, std::int64_t> instants;
  for (const auto& [partition, meta] : states.metas()) {
    if (as_of_ms && *as_of_ms < meta.clock_ms) {
      return Fail(Code::kConfig,
                  "--as-of {} is past: partition {} stands at {} already, and a state does not go "
                  "back; leave --as-of out, or give a later instant",
                  FormatRfc3339(*as_of_ms), partition.value(), FormatRfc3339(meta.clock_ms));
    }
    instants[partition] = as_of_ms.value_or(meta.clock_ms);
  }
  return instants;
}

void WarnOfOtherModels(const CustomerStates& states, const pipeline::Model* model) {
  for (const auto& [partition, meta] : states.metas()) {
    const std::string_view version = model == nullptr ? "none" : std::string_view(model->version);
    if (meta.model_version.empty() || meta.model_version == version) continue;
    Say(fmt::format(
        "partition {} was segmented by model {}, the one that is to score is {}: segments are "
        "the former's, names, scores and features the latter's",
        partition.value(), meta.model_version, version));
    return;
  }
}

Result<feature::FeatureSet> FeaturesOf(const config::Config& config, const pipeline::Model* model) {
  if (model != nullptr) return model->features;
  const feature::Plan& plan = config.features;
  return feature::FeatureSet::Compile(feature::FeatureNames(plan, {}), plan.profile_numbers,
                                      plan.profile_names);
}

Result<std::uint64_t> WriteRows(const CustomerStates& states,
                                const std::map<Partition, std::int64_t>& instants, ExportRows& rows,
                                TableFormat format, Target& target, ProgressBar& bar,
                                const std::stop_token& stop) {
  std::string text;
  Table table(format, rows.Columns(), text);
  const auto customer = std::make_unique<pipeline::Customer>();
  std::uint64_t written = 0;
  SEGMENTD_RETURN_IF_ERROR(
      states.Visit([&](Partition partition, std::string_view id, std::string_view image) -> Status {
        const auto instant = instants.find(partition);
        // Without a position the first commit never happened.
        if (instant == instants.end()) return Ok();
        if (stop.stop_requested()) return Fail(Code::kCancelled, "stopped while writing");
        SEGMENTD_RETURN_IF_ERROR(pipeline::DecodeCustomer(image, *customer));
        rows.Write(id, *customer, instant->second, table);
        ++written;
        if (text.size() < kPieceBytes) return Ok();
        bar.Show(fmt::format("writing: {} customers", written),
                 static_cast<double>(partition.value()) / states.partitions());
        SEGMENTD_RETURN_IF_ERROR(target.Write(text));
        text.clear();
        return Ok();
      }));
  SEGMENTD_RETURN_IF_ERROR(target.Write(text));
  return written;
}

std::string ReportJson(std::uint64_t customers, const std::map<Partition, std::int64_t>& instants,
                       const pipeline::Model* model, const std::string& path) {
  std::string text;
  JsonWriter json(text);
  json.BeginObject().Key("customers").Int(static_cast<std::int64_t>(customers)).Key("model");
  if (model != nullptr) {
    json.String(model->version);
  } else {
    json.Null();
  }
  json.Key("as_of").BeginArray();
  for (const auto& [partition, instant_ms] : instants) {
    json.BeginObject().Key("partition").Int(partition.value());
    json.Key("instant").Instant(instant_ms).EndObject();
  }
  json.EndArray().Key("out").String(path).EndObject();
  return text + "\n";
}

Status Export(const ExportArgs& args, std::optional<std::int64_t> as_of_ms,
              const config::Config& config, const std::stop_token& stop) {
  SEGMENTD_ASSIGN_OR_RETURN(const kafka::Connection connection, ConnectionOf(config, nullptr));
  SEGMENTD_ASSIGN_OR_RETURN(const auto model, LoadScoring(connection, config));
  SEGMENTD_ASSIGN_OR_RETURN(const feature::FeatureSet features, FeaturesOf(config, model.get()));
  SEGMENTD_ASSIGN_OR_RETURN(Target target, Target::Open(args.out));
  const std::string changelog =
      OutputTopicsOf(config)[static_cast<std::size_t>(pipeline::Topic::kChangelog)];
  ProgressBar bar;
  SEGMENTD_ASSIGN_OR_RETURN(
      const CustomerStates states,
      CustomerStates::Read(
          connection, changelog, stop, [&bar](std::uint64_t records, double share) {
            bar.Show(fmt::format("reading the changelog: {} records", records), share);
          }));
  SEGMENTD_ASSIGN_OR_RETURN(const auto instants, InstantsOf(states, as_of_ms));
  WarnOfOtherModels(states, model.get());
  const risk::Thresholds thresholds = PipelineOptionsOf(config).risk;
  ExportRows rows(model.get(), features, thresholds);
  SEGMENTD_ASSIGN_OR_RETURN(const std::uint64_t customers,
                            WriteRows(states, instants, rows, args.format, target, bar, stop));
  SEGMENTD_RETURN_IF_ERROR(target.Finish());
  if (args.json) {
    Print(ReportJson(customers, instants, model.get(), args.out));
  } else if (!args.out.empty()) {
    Say(fmt::format("{} customers are in {}", customers, args.out));
  }
  return Ok();
}

int RunExport(const ExportArgs& args) {
  std::optional<std::int64_t> as_of_ms;
  if (!args.as_of.empty()) {
    as_of_ms = ParseRfc3339(args.as_of);
    if (!as_of_ms) {
      Say("segmentd: --as-of takes an instant such as 2026-01-01T00:00:00Z");
      return kExitUsage;
    }
  }
  std::stop_source stop;
  const Signals signals([&stop] { stop.request_stop(); });
  const Result<config::Config> config = LoadConfig(args.config);
  if (!config.ok()) return Complain(config.error());
  const Status done = Export(args, as_of_ms, *config, stop.get_token());
  if (signals.first() != 0) return 128 + signals.first();
  return done.ok() ? kExitOk : Complain(done.error());
}

}  // namespace

Runner AddExport(CLI::App& command) {
  const auto args = std::make_shared<ExportArgs>();
  AddConfigOption(command, args->config);
  command
      .add_option("--as-of", args->as_of,
                  "the instant of scores and features; by default each partition's clock")
      ->type_name("TIME");
  command.add_option("--format", args->format, "csv, or jsonl: JSON lines")
      ->transform(CLI::CheckedTransformer(std::map<std::string, TableFormat>{
          {"csv", TableFormat::kCsv}, {"jsonl", TableFormat::kJsonl}}))
      ->type_name("csv|jsonl")
      ->default_str("csv");
  CLI::Option* out =
      command.add_option("--out", args->out, "replaced as a whole; else stdout")->type_name("FILE");
  command.add_flag("--json", args->json, "a report for a program; the rows go to --out")
      ->needs(out);
  return [args] { return RunExport(*args); };
}

}  // namespace segmentd::app
