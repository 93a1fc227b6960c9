#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <array>
#include <filesystem>
#include <functional>
#include <optional>

#include "app/commands.h"
#include "app/config_args.h"
#include "app/console.h"
#include "app/exit_code.h"
#include "app/options.h"
#include "app/write_file.h"
#include "segmentd/base/json_writer.h"
#include "segmentd/base/time_text.h"
#include "segmentd/event/decoder.h"
#include "segmentd/kafka/topic_reader.h"
#include "segmentd/risk/fit.h"
#include "segmentd/train/reader.h"
#include "segmentd/train/trainer.h"

namespace segmentd::app {
namespace {

constexpr std::int64_t kPollMs = 200;

struct TrainArgs {
  std::string config;
  std::string events;
  std::string out;
  std::uint64_t seed = 1;
  bool json = false;
};

// A path, or a name that can only be one; everything else is a topic.
bool IsFile(const std::string& events) {
  constexpr std::array<std::string_view, 8> kEndings = {".jsonl", ".ndjson", ".json", ".csv",
                                                        ".tsv",   ".txt",    ".gz",   ".zst"};
  std::error_code error;
  return events.find('/') != std::string::npos || std::filesystem::exists(events, error) ||
         std::ranges::any_of(kEndings, [&](std::string_view end) { return events.ends_with(end); });
}

void SayRefused(std::uint64_t refused, std::uint64_t all, std::string_view first) {
  if (refused == 0) return;
  Say(fmt::format("{} of {} rows cannot be used; the first: {}", refused, all, first));
}

Status ReadFile(const TrainArgs& args, const config::Config& config, train::History& history) {
  ProgressBar bar;
  const auto progress = [&bar](std::uint64_t done, std::uint64_t total) {
    bar.Show("reading", total == 0 ? 1 : static_cast<double>(done) / static_cast<double>(total));
  };
  SEGMENTD_ASSIGN_OR_RETURN(
      const train::ReadReport report,
      train::ReadHistory(args.events, TransactionsFormatOf(config), progress, history));
  if (!report.first_bad.empty()) {
    const train::BadRow& first = report.first_bad.front();
    SayRefused(report.bad, report.rows, fmt::format("line {}: {}", first.line, first.message));
  }
  return Ok();
}

// Adds a record's content to a history, or says why it cannot be used.
using TakeRecord =
    std::function<std::optional<event::Rejection>(event::Decoder&, const event::RawRecord&)>;

std::string_view WayOut(const event::Rejection& why_not) {
  return why_not.code == event::RejectCode::kKeyMismatch ? ", or set input.rekey" : "";
}

Status ReadTopic(const kafka::Connection& connection, const std::string& topic,
                 const event::Format& format, const TakeRecord& take) {
  SEGMENTD_ASSIGN_OR_RETURN(kafka::TopicReader reader, kafka::TopicReader::Open(connection, topic));
  SEGMENTD_ASSIGN_OR_RETURN(const std::unique_ptr<event::Decoder> decoder,
                            event::Decoder::Create(format));
  ProgressBar bar;
  std::uint64_t read = 0;
  std::uint64_t refused = 0;
  std::string first;
  while (!reader.AtEnd()) {
    SEGMENTD_ASSIGN_OR_RETURN(const auto records, reader.Poll(kPollMs));
    for (const event::RawRecord& record : records) {
      const std::optional<event::Rejection> why_not = take(*decoder, record);
      if (why_not && refused++ == 0) {
        first = fmt::format("{}: partition {} offset {}: {}{}", topic, record.partition.value(),
                            record.offset.value(), why_not->message, WayOut(*why_not));
      }
    }
    read += records.size();
    decoder->Reset();
    bar.Show(fmt::format("reading {}: {} records", topic, read), 0);
  }
  if (read > 0 && refused == read) {
    return Fail(Code::kConfig, "none of the {} records can be used; the first: {}", read, first);
  }
  SayRefused(refused, read, first);
  return Ok();
}

Status ReadTopics(const TrainArgs& args, const config::Config& config, train::History& history) {
  SEGMENTD_ASSIGN_OR_RETURN(const kafka::Connection connection, ConnectionOf(config, nullptr));
  const auto add = [&history](const auto& decoded) -> std::optional<event::Rejection> {
    if (!decoded) return decoded.error();
    history.Add(*decoded);
    return std::nullopt;
  };
  if (config.input.profiles.topic) {
    SEGMENTD_RETURN_IF_ERROR(
        ReadTopic(connection, *config.input.profiles.topic, ProfilesFormatOf(config),
                  [&add](event::Decoder& decoder, const event::RawRecord& record) {
                    return add(decoder.DecodeProfile(record));
                  }));
  }
  // As the stage that re-keys does: the value alone names the customer.
  const bool keyed = !config.input.rekey;
  event::Format format = TransactionsFormatOf(config);
  format.keyed = keyed;
  return ReadTopic(connection, args.events, format,
                   [&add, keyed](event::Decoder& decoder, event::RawRecord record) {
                     if (!keyed) record.key.reset();
                     return add(decoder.DecodeTransaction(record));
                   });
}

Status ReadEvents(const TrainArgs& args, const config::Config& config, train::History& history) {
  if (!IsFile(args.events)) return ReadTopics(args, config, history);
  if (config.input.profiles.topic) {
    Say("profiles are read beside a topic's events only: this model knows no attributes");
  }
  return ReadFile(args, config, history);
}

Result<train::Fit> Fit(const TrainArgs& args, const config::Config& config,
                       const train::History& history) {
  train::Options options;
  options.plan = config.features;
  options.k_min = config.learning.k.min;
  options.k_max = config.learning.k.max;
  options.embedding = config.learning.embedding;
  options.seed = args.seed;
  ProgressBar bar;
  return train::FitModel(history, options,
                         [&bar](std::string_view step, double share) { bar.Show(step, share); });
}

void WriteRisk(JsonWriter& json, const risk::Parameters& risk, const risk::Report& report) {
  json.Key("risk");
  if (risk.kind == risk::Kind::kNone) {
    json.Null();
    return;
  }
  json.BeginObject().Key("kind").String(risk::KindName(risk.kind));
  json.Key("customers").Int(static_cast<std::int64_t>(report.customers));
  json.Key("repeaters").Int(static_cast<std::int64_t>(report.repeaters));
  json.Key("r").Double(risk.r).Key("alpha_weeks").Double(risk.alpha);
  json.Key("a").Double(risk.a).Key("b").Double(risk.b);
  json.Key("log_likelihood").Double(report.log_likelihood);
  json.Key("spend_mean").Double(risk.spend_mean).Key("spend_weight").Double(risk.spend_weight);
  json.Key("gamma_gamma");
  if (report.p > 0) {
    json.BeginObject().Key("p").Double(report.p).Key("q").Double(report.q);
    json.Key("v").Double(report.v).EndObject();
  } else {
    json.Null();
  }
  json.Key("tier_mid").Double(risk.tier_mid).Key("tier_high").Double(risk.tier_high).EndObject();
}

void SayRisk(const risk::Parameters& risk, const risk::Report& report) {
  if (risk.kind == risk::Kind::kNone) return;
  Say(
      fmt::format("risk and value from {} customers, {} of whom came back: {} with r {:.4g}, alpha "
                  "{:.4g} weeks, a {:.4g}, b {:.4g}; {:.2f} a purchase day",
                  report.customers, report.repeaters, risk::KindName(risk.kind), risk.r, risk.alpha,
                  risk.a, risk.b, risk.spend_mean));
  Say(fmt::format("value over the year after a purchase: low below {:.2f}, high from {:.2f}",
                  risk.tier_mid, risk.tier_high));
}

std::string ReportJson(const train::Fit& fit, const std::string& version) {
  std::string text;
  JsonWriter json(text);
  json.BeginObject().Key("version").String(version);
  json.Key("customers").Int(static_cast<std::int64_t>(fit.report.customers));
  json.Key("events").Int(static_cast<std::int64_t>(fit.report.events));
  json.Key("as_of").Instant(fit.report.as_of_ms);
  json.Key("features").Int(static_cast<std::int64_t>(fit.bundle.features.size()));
  json.Key("embedding").String(model::EmbeddingKindName(fit.bundle.embedding.kind));
  json.Key("silhouette").Double(fit.bundle.simplified_silhouette).Key("segments").BeginArray();
  for (const model::Segment& segment : fit.bundle.segments) {
    json.BeginObject().Key("segment_id").String(model::SegmentText(segment.id));
    json.Key("name").String(segment.name()).Key("activity").Int(segment.activity);
    json.Key("share").Double(segment.share).EndObject();
  }
  json.EndArray();
  WriteRisk(json, fit.bundle.risk, fit.report.risk);
  json.EndObject();
  return text + "\n";
}

void SayReport(const train::Fit& fit, const std::string& version, const std::string& path) {
  Say(fmt::format(
      "{} segments from {} customers and {} events up to {}:", fit.bundle.segments.size(),
      fit.report.customers, fit.report.events, FormatRfc3339(fit.report.as_of_ms)));
  for (const model::Segment& segment : fit.bundle.segments) {
    Say(fmt::format("  {:8} {:5.1f} %  {}", model::SegmentText(segment.id), segment.share * 100,
                    segment.name()));
  }
  SayRisk(fit.bundle.risk, fit.report.risk);
  Say(fmt::format("model {} is in {}", version, path));
}

int RunTrain(const TrainArgs& args) {
  const Result<config::Config> config = LoadConfig(args.config);
  if (!config.ok()) return Complain(config.error());
  train::History history;
  const Status read = ReadEvents(args, *config, history);
  if (!read.ok()) return Complain(read.error());
  const Result<train::Fit> fit = Fit(args, *config, history);
  if (!fit.ok()) return Complain(fit.error());
  for (const std::string& note : fit->report.notes) Say(note);
  const std::string bytes = model::EncodeBundle(fit->bundle);
  const Status written = WriteFileAtomically(args.out, bytes);
  if (!written.ok()) return Complain(written.error());
  const std::string version = model::BundleVersion(bytes);
  if (args.json) {
    Print(ReportJson(*fit, version));
  } else {
    SayReport(*fit, version, args.out);
  }
  return kExitOk;
}

}  // namespace

Runner AddTrain(CLI::App& command) {
  const auto args = std::make_shared<TrainArgs>();
  AddConfigOption(command, args->config);
  command
      .add_option("--events", args->events,
                  "JSON lines or CSV, .gz or .zst; any other name is a topic, read to its end")
      ->required()
      ->type_name("FILE|TOPIC");
  command.add_option("--out", args->out, "the model; replaced as a whole")
      ->required()
      ->type_name("FILE");
  command.add_option("--seed", args->seed, "same history and seed, same model")
      ->capture_default_str();
  command.add_flag("--json", args->json, "the result for a program");
  return [args] { return RunTrain(*args); };
}

}  // namespace segmentd::app
