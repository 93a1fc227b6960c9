#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <fstream>
#include <memory>

#include "app/commands.h"
#include "app/config_args.h"
#include "app/console.h"
#include "app/exit_code.h"
#include "app/options.h"
#include "segmentd/base/time_text.h"
#include "segmentd/generate/generator.h"
#include "segmentd/kafka/producer.h"

namespace segmentd::app {
namespace {

constexpr std::int64_t kDefaultEndMs = 1'767'225'600'000;  // 2026-01-01
constexpr std::uint64_t kShowEvery = 1024;

struct GenArgs {
  generate::Options options;
  std::string start;
  std::string config;
  std::string brokers;
  std::string topic;
  std::string out;
  std::string truth;
};

// Where the records go.
class Target {
 public:
  virtual ~Target() = default;
  virtual Status Write(const generate::Record& record, std::string& value) = 0;
  virtual Status Finish() = 0;
};

class FileTarget final : public Target {
 public:
  // An empty path is stdout.
  static Result<std::unique_ptr<FileTarget>> Open(const std::string& path) {
    std::FILE* const file = path.empty() ? stdout : std::fopen(path.c_str(), "wb");
    if (file == nullptr) {
      return Fail(Code::kStorage, "{} cannot be written: {}", path, std::strerror(errno));
    }
    return std::unique_ptr<FileTarget>(new FileTarget(path.empty() ? "stdout" : path, file));
  }
  ~FileTarget() override {
    if (file_ != stdout) std::fclose(file_);
  }

  Status Write(const generate::Record&, std::string& value) override {
    value += '\n';
    return Write(value);
  }
  Status Write(std::string_view text) {
    if (std::fwrite(text.data(), 1, text.size(), file_) != text.size()) {
      return Fail(Code::kStorage, "{} cannot be written: {}", name_, std::strerror(errno));
    }
    return Ok();
  }
  Status Finish() override {
    if (std::fflush(file_) != 0) {
      return Fail(Code::kStorage, "{} cannot be written: {}", name_, std::strerror(errno));
    }
    return Ok();
  }

 private:
  FileTarget(std::string name, std::FILE* file) : name_(std::move(name)), file_(file) {}

  const std::string name_;
  std::FILE* const file_;
};

class TopicTarget final : public Target {
 public:
  explicit TopicTarget(kafka::Producer producer) : producer_(std::move(producer)) {}

  Status Write(const generate::Record& record, std::string& value) override {
    for (;;) {
      Status sent = producer_.Send({.key = record.customer_id,
                                    .value = value,
                                    .partition = {},
                                    .timestamp_ms = {},
                                    .headers = {}});
      if (sent.ok() || sent.error().code != Code::kRetry) return sent;
      Say(sent.error().message);
    }
  }
  Status Finish() override { return producer_.Flush(); }

 private:
  kafka::Producer producer_;
};

// Brokers and topic as given, else as configured.
Result<std::unique_ptr<Target>> OpenTopic(const GenArgs& args) {
  kafka::Connection connection;
  std::string topic = args.topic;
  if (!args.config.empty()) {
    SEGMENTD_ASSIGN_OR_RETURN(const config::Config config, LoadConfig(args.config));
    SEGMENTD_ASSIGN_OR_RETURN(connection, ConnectionOf(config, nullptr));
    if (topic.empty()) topic = config.input.transactions.topic;
  }
  if (!args.brokers.empty()) connection.brokers = args.brokers;
  if (topic.empty()) topic = config::Config{}.input.transactions.topic;
  const std::vector<std::string> names = {topic};
  SEGMENTD_ASSIGN_OR_RETURN(const auto counts, kafka::PartitionCounts(connection, names));
  if (!counts[0]) {
    return Fail(Code::kNotFound, "the topic {} does not exist at {}; create it first", topic,
                connection.brokers);
  }
  SEGMENTD_ASSIGN_OR_RETURN(kafka::Producer producer, kafka::Producer::Open(connection, topic));
  return std::make_unique<TopicTarget>(std::move(producer));
}

Result<std::unique_ptr<Target>> OpenTarget(const GenArgs& args) {
  if (args.out.empty() && !(args.brokers.empty() && args.config.empty())) return OpenTopic(args);
  SEGMENTD_ASSIGN_OR_RETURN(auto file, FileTarget::Open(args.out));
  return file;
}

Status Generate(const GenArgs& args, generate::Generator& generator, Target& target,
                FileTarget* truth) {
  ProgressBar bar;
  generate::Record record;
  std::string value;
  std::string line;
  for (std::uint64_t made = 0; generator.Next(record); ++made) {
    value.clear();
    generate::AppendJson(record, value);
    SEGMENTD_RETURN_IF_ERROR(target.Write(record, value));
    if (truth != nullptr) {
      line.clear();
      generate::AppendTruth(record, line);
      if (!line.empty()) SEGMENTD_RETURN_IF_ERROR(truth->Write(line += '\n'));
    }
    if (made % kShowEvery == 0) {
      bar.Show("transactions",
               static_cast<double>(made) / static_cast<double>(args.options.events));
    }
  }
  SEGMENTD_RETURN_IF_ERROR(target.Finish());
  if (truth == nullptr) return Ok();
  Status written = Ok();
  generator.VisitTruth([&](std::string_view planted) {
    if (written.ok()) written = truth->Write(fmt::format("{}\n", planted));
  });
  SEGMENTD_RETURN_IF_ERROR(written);
  return truth->Finish();
}

int RunGen(GenArgs args) {
  if (!args.start.empty()) {
    const auto start = ParseRfc3339(args.start);
    if (!start) {
      Say("segmentd: --start takes an instant such as 2026-01-01T00:00:00Z");
      return kExitUsage;
    }
    args.options.start_ms = *start;
  } else {
    // All of it in the past, whatever its length: what lies in the future is refused by `run`.
    args.options.start_ms = kDefaultEndMs - args.options.days * kDayMs;
  }
  Result<generate::Generator> generator = generate::Generator::Create(args.options);
  if (!generator.ok()) {
    Say("segmentd: " + generator.error().message);
    return kExitUsage;
  }
  std::unique_ptr<FileTarget> truth;
  if (!args.truth.empty()) {
    Result<std::unique_ptr<FileTarget>> opened = FileTarget::Open(args.truth);
    if (!opened.ok()) return Complain(opened.error());
    truth = std::move(*opened);
  }
  const Result<std::unique_ptr<Target>> target = OpenTarget(args);
  if (!target.ok()) return Complain(target.error());
  const Status made = Generate(args, *generator, **target, truth.get());
  if (!made.ok()) return Complain(made.error());
  const generate::Counts& counts = generator->counts();
  Say(fmt::format("{} transactions; {} repeated, {} late, {} broken on purpose", counts.records,
                  counts.duplicates, counts.late, counts.bad));
  return kExitOk;
}

}  // namespace

Runner AddGen(CLI::App& command) {
  const auto args = std::make_shared<GenArgs>();
  generate::Options& options = args->options;
  // A minus would be taken for a very large number.
  command.add_option("--customers", options.customers, "how many customers")
      ->check(CLI::NonNegativeNumber)
      ->capture_default_str();
  command.add_option("--events", options.events, "how many records in total")
      ->check(CLI::NonNegativeNumber)
      ->capture_default_str();
  command.add_option("--days", options.days, "over how many days")->capture_default_str();
  command.add_option("--seed", options.seed, "same seed, same bytes")->capture_default_str();
  command
      .add_option("--start", args->start, "the first day; by default the last one is 2025-12-31")
      ->type_name("TIME");
  command
      .add_option("--zipf", options.zipf,
                  "above 0: a plain load with this exponent, for benchmarks")
      ->capture_default_str();
  command.add_option("--duplicate-share", options.duplicate_share, "of records that come twice")
      ->capture_default_str();
  command.add_option("--late-share", options.late_share, "of records that come late")
      ->capture_default_str();
  command.add_option("--bad-share", options.bad_share, "of records that are broken")
      ->capture_default_str();
  CLI::Option* out =
      command.add_option("--out", args->out, "JSON lines; else stdout")->type_name("FILE");
  command.add_option("--brokers", args->brokers, "produce to Kafka instead")
      ->type_name("HOST:PORT")
      ->excludes(out);
  command.add_option("--topic", args->topic, "the topic there, default transactions")
      ->excludes(out);
  command
      .add_option("-c,--config", args->config, "take brokers, client settings and topic from here")
      ->type_name("FILE")
      ->excludes(out);
  command.add_option("--truth", args->truth, "what was planted, as JSON lines")->type_name("FILE");
  return [args] { return RunGen(*args); };
}

}  // namespace segmentd::app
