#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "segmentd/base/result.h"
#include "segmentd/event/decoder.h"
#include "segmentd/feature/feature_set.h"
#include "segmentd/model/embedding.h"
#include "segmentd/pipeline/pipeline.h"

namespace segmentd::config {

// The whole configuration, typed; the initialisers are the defaults. Paths in the YAML are the
// member names, save that units stay behind: commit.interval is commit.interval_ms. What each field
// means, and its range, stands in one table in src/config/fields.cc, which `segmentd init` prints.

struct Kafka {
  std::string brokers = "localhost:9092";
  bool create_topics = true;
  std::map<std::string, std::string> client;        // librdkafka keys, passed through
  std::map<std::string, std::string> client_files;  // the same, the value read from a file
};

enum class Start : std::uint8_t { kEarliest, kLatest };

struct Transactions {
  std::string topic = "transactions";
  event::Encoding format = event::Encoding::kJson;
  event::Framing framing = event::Framing::kNone;
  event::TimeFormat time = event::TimeFormat::kRfc3339;
  Start start = Start::kEarliest;
  std::map<std::string, event::FieldSource> fields;
};

struct Profiles {
  std::optional<std::string> topic;  // nothing: no profiles
  event::Encoding format = event::Encoding::kJson;
  event::Framing framing = event::Framing::kNone;
  std::map<std::string, event::FieldSource> fields;
};

struct Breaker {
  double share = 0.05;
  int records = 10'000;
};

struct Input {
  std::int64_t max_bytes = 1 << 20;
  bool rekey = false;
  Breaker breaker;
  Transactions transactions;
  Profiles profiles;
};

// output.state.every: change | commit | a duration.
struct StateOutput {
  pipeline::StateEvery every = pipeline::StateEvery::kChange;
  std::int64_t period_ms = 0;  // with kPeriod
};

struct Output {
  std::string prefix = "segmentd.";
  pipeline::OutputFormat format = pipeline::OutputFormat::kJson;
  bool backfill = false;
  StateOutput state;
};

enum class Delivery : std::uint8_t { kExactlyOnce, kAtLeastOnce };

struct Commit {
  std::int64_t interval_ms = 250;
  std::int64_t change_within_ms = 20;
};

struct Time {
  std::int64_t out_of_orderness_ms = 5 * 60 * kSecondMs;
  std::int64_t allowed_lateness_ms = 30 * kDayMs;
  std::int64_t max_future_ms = 5 * 60 * kSecondMs;
  std::int64_t idle_grace_ms = 30 * kSecondMs;
};

struct Clusters {
  int min = 4;
  int max = 12;
};

enum class Promote : std::uint8_t { kAuto, kManual };

// When the trainer starts again; event time.
struct Retrain {
  int samples = 20'000;
  std::int64_t every_ms = kDayMs / 4;
  std::int64_t spacing_ms = kDayMs / 48;
};

struct Learning {
  bool enabled = true;
  Clusters k;
  model::EmbeddingKind embedding = model::EmbeddingKind::kDae;
  std::optional<std::string> bootstrap;
  Retrain retrain;
  std::int64_t trial_ms = kDayMs;
  Promote promote = Promote::kAuto;
  double sample = 1;  // share of the customers
};

struct Risk {
  std::int64_t horizon_ms = 91 * kDayMs;
  double enter = 0.35;
  double leave = 0.45;
  double lapsed = 0.10;
};

struct State {
  std::string dir = "./segmentd-state";
  std::int64_t memory_bytes = 1LL << 30;
  std::optional<std::int64_t> expire_after_ms;  // nothing: customers stay
};

struct Http {
  std::string listen = "127.0.0.1:8480";
  std::optional<std::string> token_file;
};

enum class LogLevel : std::uint8_t { kDebug, kInfo, kWarn, kError };
enum class LogFormat : std::uint8_t { kText, kJson };

struct Log {
  LogLevel level = LogLevel::kInfo;
  LogFormat format = LogFormat::kText;
};

struct Config {
  std::string app = "retail";
  std::optional<std::string> instance;  // nothing: kept in the state directory
  Kafka kafka;
  Input input;
  Output output;
  Delivery delivery = Delivery::kExactlyOnce;
  Commit commit;
  Time time;
  feature::Plan features;
  Learning learning;
  Risk risk;
  State state;
  int shards = 1;
  Http http;
  Log log;
};

struct Loaded {
  Config config;
  std::vector<std::string> warnings;  // about environment variables that look mistyped
};

// "NAME=value" as in environ(7).
using Environment = std::vector<std::string>;
Environment ProcessEnvironment();

// What is wrong with a field, or with one entry of a map: "kafka.client.acks".
struct Mistake {
  std::string path;
  std::string message;
};
// Finds what only others know, such as the keys of a library; gets a configuration that is right
// otherwise.
using Check = std::function<std::vector<Mistake>(const Config&)>;

// Reads a YAML text, then the SEGMENTD_SECTION__FIELD overrides of the environment. name stands for
// the file in messages. kConfig with every mistake at once, one per line: "FILE:LINE:COLUMN: what
// is wrong and what would be right".
Result<Loaded> Parse(std::string_view text, std::string_view name, const Environment& environment,
                     const Check& check = {});
// The same for a file. kConfig when it cannot be read.
Result<Loaded> Load(const std::string& path, const Environment& environment,
                    const Check& check = {});

// The configuration as commented YAML, every field with its meaning and range; Parse gives it back.
std::string Render(const Config& config);

// A secret's value: the file's text without surrounding white space. kConfig when the file cannot
// be read or is empty. what names the field in the message.
Result<std::string> ReadSecret(const std::string& path, std::string_view what);

struct Address {
  std::string host;
  int port = 0;
};
// "127.0.0.1:8480", "[::1]:0". Nothing for anything else.
std::optional<Address> ParseAddress(std::string_view text);

}  // namespace segmentd::config
