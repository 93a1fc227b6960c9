#include "config/fields.h"

#include <fmt/format.h>

#include "config/rules.h"

namespace segmentd::config {
namespace {

constexpr std::int64_t kMinuteMs = 60 * kSecondMs;
// What is written under output.prefix, for other programs.
constexpr std::string_view kOutputs[] = {"segment.changed.v1", "customer.state.v1", "at-risk.v1",
                                         "segment.profile.v1", "model.v1",          "dlq.v1"};

// What a mapping may name: the contract's input fields.
const std::vector<std::string_view> kTransactionFields = {
    "event_id", "customer_id", "event_time", "kind",     "amount",
    "quantity", "category",    "channel",    "discount", "currency"};

class Table {
 public:
  void Add(std::string_view path, ValuePtr value, std::string_view meaning) {
    fields_.push_back({path, std::move(value), meaning});
  }
  std::vector<Field> Take() { return std::move(fields_); }

 private:
  std::vector<Field> fields_;
};

ValuePtr EncodingChoice(event::Encoding& member) {
  return Choice(member,
                {{"json", event::Encoding::kJson}, {"protobuf", event::Encoding::kProtobuf}});
}

ValuePtr FramingChoice(event::Framing& member) {
  return Choice(member,
                {{"none", event::Framing::kNone}, {"confluent", event::Framing::kConfluent}});
}

void AddIdentity(Table& table, Config& c) {
  table.Add("app", Text(c.app, "a name of at most 80 characters", IdentityText),
            "this application: names its consumer group, its events and its internal topics");
  table.Add("instance", OptionalText(c.instance, "a name", IdentityText),
            "this process among several of the app; null: made once, kept in the state directory");
}

void AddKafka(Table& table, Kafka& c) {
  table.Add("kafka.brokers", Text(c.brokers, "host:port, comma-separated", BrokersText),
            "where to reach the cluster first");
  table.Add("kafka.create_topics", Flag(c.create_topics),
            "create missing output and internal topics at the start; input topics never");
  table.Add("kafka.client",
            ClientKeys(c.client, "a map of librdkafka keys to values", ClientKeyText),
            "passed through to librdkafka; the keys that exactly-once rests on are refused");
  table.Add("kafka.client_files",
            ClientKeys(c.client_files, "a map of librdkafka keys to files", ClientFileKeyText),
            "the same, each value read from a file: for secrets such as sasl.password");
}

void AddInput(Table& table, Input& c) {
  table.Add("input.max_bytes", Bytes(c.max_bytes, 64, 64 << 20),
            "larger values are dead-lettered as too_large");
  table.Add("input.rekey", Flag(c.rekey),
            "the topic is not keyed by customer id: copy it, keyed, into <app>.rekeyed first");
  table.Add("input.breaker.share", Number(c.breaker.share, 0, 1),
            "a partition of which more records than this share are refused is stopped; 1: never");
  table.Add("input.breaker.records", Integer(c.breaker.records, 100, 10'000'000),
            "of how many records in a row");
  Transactions& t = c.transactions;
  table.Add("input.transactions.topic", Text(t.topic, "a topic name", TopicText),
            "the events, keyed by customer id");
  table.Add("input.transactions.format", EncodingChoice(t.format), "how a value is written");
  table.Add("input.transactions.framing", FramingChoice(t.framing),
            "what stands before it: nothing, or a schema registry's prefix");
  table.Add("input.transactions.time",
            Choice(t.time, {{"rfc3339", event::TimeFormat::kRfc3339},
                            {"s", event::TimeFormat::kSeconds},
                            {"ms", event::TimeFormat::kMilliseconds}}),
            "how event_time is written: a text, or an integer since 1970");
  table.Add("input.transactions.start",
            Choice(t.start, {{"earliest", Start::kEarliest}, {"latest", Start::kLatest}}),
            "where to begin with no stored position, and only then");
  table.Add("input.transactions.fields", FieldSources(t.fields, kTransactionFields),
            "our field: the path of theirs (order.total, /order/total) or {constant: VALUE}");
  Profiles& p = c.profiles;
  table.Add("input.profiles.topic", OptionalText(p.topic, "a topic name", TopicText),
            "customers' attributes, compacted, with the transactions' partition count; null: none");
  table.Add("input.profiles.format", EncodingChoice(p.format), "how a value is written");
  table.Add("input.profiles.framing", FramingChoice(p.framing), "what stands before it");
  table.Add("input.profiles.fields", FieldSources(p.fields, {}),
            "attribute: the path of theirs or {constant: VALUE}");
}

void AddOutput(Table& table, Output& c) {
  table.Add("output.prefix", Text(c.prefix, "the start of a topic name", PrefixText),
            "stands before the name of every topic that segmentd writes");
  table.Add("output.format",
            Choice(c.format, {{"json", pipeline::OutputFormat::kJson},
                              {"protobuf", pipeline::OutputFormat::kProtobuf}}),
            "how output values are written");
  table.Add("output.backfill", Flag(c.backfill),
            "publish the first segments of customers from before the first model as changes");
  table.Add("output.state.every", StatePeriod(c.state),
            "when customer.state is written: with each change, at each commit, or once a period");
}

void AddDelivery(Table& table, Config& c) {
  table.Add("delivery",
            Choice(c.delivery, {{"exactly_once", Delivery::kExactlyOnce},
                                {"at_least_once", Delivery::kAtLeastOnce}}),
            "at_least_once is for brokers without transactions: a crash may repeat changes");
  table.Add("commit.interval", Duration(c.commit.interval_ms, 1, kMinuteMs),
            "how long results may wait for their transaction");
  table.Add("commit.change_within", Duration(c.commit.change_within_ms, 0, kMinuteMs),
            "how long a change of segment may wait, if that is less");
}

void AddTime(Table& table, Time& c) {
  table.Add("time.out_of_orderness", Duration(c.out_of_orderness_ms, 0, 30 * kDayMs),
            "how far a partition's clock stays behind its newest event");
  table.Add("time.allowed_lateness", Duration(c.allowed_lateness_ms, 0, 3660 * kDayMs),
            "events older than the clock by more are dead-lettered as too_old");
  table.Add("time.max_future", Duration(c.max_future_ms, 0, 366 * kDayMs),
            "events further ahead of now are dead-lettered as from_future");
  table.Add("time.idle_grace", Duration(c.idle_grace_ms, kSecondMs, kDayMs),
            "a partition drained for so long has its clock moved by wall time");
}

void AddFeatures(Table& table, feature::Plan& c) {
  table.Add("features.windows_days", Selection(c.windows_days, {7, 30, 90, 360}),
            "windows of orders, spend and refunds");
  table.Add("features.half_lives_days", Selection(c.half_lives_days, {7, 30, 180}),
            "half-lives of decayed orders and spend");
  table.Add("features.exclude",
            Names(c.exclude, "a list of feature names, or starts ending in *", 256),
            "features to leave out, by name or by a start such as channel_share_*");
  table.Add("features.categories", Integer(c.categories, 0, 12),
            "how many categories a model tells apart; the rest are other");
  table.Add("features.channels", Integer(c.channels, 0, 6),
            "how many channels a model tells apart");
  table.Add("features.profile_numbers", Names(c.profile_numbers, "a list of attribute names", 8),
            "profile attributes that are numbers");
  table.Add("features.profile_names", Names(c.profile_names, "a list of attribute names", 8),
            "profile attributes that are names, one feature per frequent value");
  table.Add("features.profile_values", Integer(c.profile_values, 1, 64),
            "how many values of each name are frequent");
}

void AddLearning(Table& table, Learning& c) {
  table.Add("learning.enabled", Flag(c.enabled),
            "train on what comes in, and take up the models of model.v1 as they are published");
  table.Add("learning.k", ClusterRange(c.k, 2, 64),
            "how many segments: one number, or a range to choose from");
  table.Add("learning.embedding",
            Choice(c.embedding, {{"identity", model::EmbeddingKind::kIdentity},
                                 {"pca", model::EmbeddingKind::kPca},
                                 {"dae", model::EmbeddingKind::kDae},
                                 {"vae", model::EmbeddingKind::kVae}}),
            "what segments are found in: scaled features, components, or an autoencoder's code");
  table.Add("learning.bootstrap", OptionalText(c.bootstrap, "a file", AnyText),
            "a model from `segmentd train` to start with; null: state only until one is learned");
  table.Add("learning.retrain.samples", Integer(c.retrain.samples, 100, 100'000'000),
            "a retrain is due after so many samples of customers, or");
  table.Add("learning.retrain.every", Duration(c.retrain.every_ms, kMinuteMs, 366 * kDayMs),
            "after so long in event time, whichever comes first, or when drift is noticed, and");
  table.Add("learning.retrain.spacing", Duration(c.retrain.spacing_ms, kSecondMs, 366 * kDayMs),
            "not before so long; all three double with each rejection in a row");
  table.Add(
      "learning.trial", Duration(c.trial_ms, 0, 366 * kDayMs),
      "a challenger scores in silence beside the champion for so long in event time; 0: none");
  table.Add("learning.promote",
            Choice(c.promote, {{"auto", Promote::kAuto}, {"manual", Promote::kManual}}),
            "who lets a model score that passed: the trainer, or a person by `segmentd model`");
  table.Add("learning.sample", Number(c.sample, 0.0001, 1),
            "share of the customers that the trainer learns from, chosen by hash");
}

void AddRisk(Table& table, Risk& c) {
  table.Add("risk.horizon", Duration(c.horizon_ms, kDayMs, 366 * kDayMs),
            "the score is the chance of a purchase within so long");
  table.Add("risk.enter", Number(c.enter, 0, 1), "below it a customer is at risk");
  table.Add("risk.leave", Number(c.leave, 0, 1), "above it no longer; not below risk.enter");
  table.Add("risk.lapsed", Number(c.lapsed, 0, 1), "below it lapsed; not above risk.enter");
}

void AddProcess(Table& table, Config& c) {
  table.Add("state.dir", Text(c.state.dir, "a directory", AnyText),
            "local copies of the partitions' state; may be lost, then it is read back from Kafka");
  table.Add("state.memory", Bytes(c.state.memory_bytes, 64 << 20, 1LL << 40),
            "what fetch queues, caches and RocksDB may take together");
  table.Add("state.expire_after",
            OptionalDuration(c.state.expire_after_ms, kDayMs, 36'500 * kDayMs),
            "a customer without an event for so long leaves and is forgotten; null: never");
  table.Add("shards", Integer(c.shards, 1, 64),
            "threads that process; each has its own partitions");
  table.Add("http.listen", Text(c.http.listen, "host:port", AddressText),
            "metrics, probes and the API; port 0: any free one, told at the start");
  table.Add("http.token_file", OptionalText(c.http.token_file, "a file", AnyText),
            "its text is the bearer token that all but the probes ask for; null: none");
  table.Add("log.level",
            Choice(c.log.level, {{"debug", LogLevel::kDebug},
                                 {"info", LogLevel::kInfo},
                                 {"warn", LogLevel::kWarn},
                                 {"error", LogLevel::kError}}),
            "the least that is logged");
  table.Add("log.format",
            Choice(c.log.format, {{"text", LogFormat::kText}, {"json", LogFormat::kJson}}),
            "for people, or one JSON object a line");
}

}  // namespace

std::vector<Field> Fields(Config& config) {
  Table table;
  AddIdentity(table, config);
  AddKafka(table, config.kafka);
  AddInput(table, config.input);
  AddOutput(table, config.output);
  AddDelivery(table, config);
  AddTime(table, config.time);
  AddFeatures(table, config.features);
  AddLearning(table, config.learning);
  AddRisk(table, config.risk);
  AddProcess(table, config);
  return table.Take();
}

void CheckTogether(const Config& config, Complaints& complaints) {
  const Transactions& transactions = config.input.transactions;
  if (config.input.profiles.topic == transactions.topic) {
    complaints.AddFor("input.profiles.topic", "the transactions are in this topic; name another");
  }
  for (const std::string& topic : {transactions.topic, config.input.profiles.topic.value_or("")}) {
    for (const std::string_view output : kOutputs) {
      if (topic != config.output.prefix + std::string(output)) continue;
      complaints.AddFor(
          "output.prefix",
          fmt::format("makes the input topic {} an output too; choose another prefix", topic));
    }
  }
  if (config.input.rekey && config.delivery != Delivery::kExactlyOnce) {
    complaints.AddFor("input.rekey",
                      "would count events twice after a crash; it needs delivery: exactly_once");
  }
  if (config.risk.leave < config.risk.enter) {
    complaints.AddFor("risk.leave", "must not be below risk.enter");
  }
  if (config.risk.lapsed > config.risk.enter) {
    complaints.AddFor("risk.lapsed", "must not be above risk.enter");
  }
  for (const auto& [key, file] : config.kafka.client_files) {
    if (config.kafka.client.contains(key)) {
      complaints.AddFor("kafka.client_files",
                        fmt::format("`{}` is in kafka.client already; remove one", key));
    }
  }
}

}  // namespace segmentd::config
