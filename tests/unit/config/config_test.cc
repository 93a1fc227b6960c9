#include "segmentd/config/config.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

namespace segmentd::config {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

Config Good(std::string_view text, const Environment& environment = {}) {
  Result<Loaded> loaded = Parse(text, "t.yaml", environment);
  EXPECT_TRUE(loaded.ok()) << (loaded.ok() ? "" : loaded.error().message);
  return loaded.ok() ? loaded->config : Config{};
}

std::string Bad(std::string_view text, const Environment& environment = {}) {
  const Result<Loaded> loaded = Parse(text, "t.yaml", environment);
  EXPECT_FALSE(loaded.ok()) << "accepted: " << text;
  if (loaded.ok()) return "";
  EXPECT_EQ(loaded.error().code, Code::kConfig);
  return loaded.error().message;
}

constexpr std::string_view kContract = R"(
app: retail
instance: null
kafka: {brokers: "localhost:9092", create_topics: true, client: {}}
input:
  max_bytes: 1MiB
  transactions: {topic: transactions, format: json, framing: none, start: earliest, fields: {customer_id: customer_id}}
  profiles: {topic: profiles}
output: {prefix: "segmentd.", format: json, backfill: false, state: {every: change}}
delivery: exactly_once
commit: {interval: 250ms, change_within: 20ms}
time: {out_of_orderness: 5m, allowed_lateness: 30d, max_future: 5m, idle_grace: 30s}
features: {}
learning: {enabled: true, k: 4..12, embedding: dae, bootstrap: null}
risk: {horizon: 91d, enter: 0.35, leave: 0.45, lapsed: 0.10}
state: {dir: ./segmentd-state, memory: 1GiB}
shards: 1
http: {listen: "127.0.0.1:8480", token_file: null}
log: {level: info, format: text}
)";

TEST(ConfigTest, TakesTheContractsExampleWhichIsTheDefaultsPlusProfiles) {
  Config expected;
  expected.input.profiles.topic = "profiles";
  expected.input.transactions.fields["customer_id"].path = "customer_id";
  EXPECT_EQ(Render(Good(kContract)), Render(expected));
}

TEST(ConfigTest, RefusesToRekeyWithoutTransactions) {
  EXPECT_TRUE(Good("input: {rekey: true}").input.rekey);
  EXPECT_THAT(Bad("input: {rekey: true}\ndelivery: at_least_once"), HasSubstr("input.rekey"));
}

TEST(ConfigTest, TellsWhatItsCallerFindsWithThePlaceOfTheEntry) {
  const auto find = [](const Config& config) {
    EXPECT_EQ(config.shards, 2);
    return std::vector<Mistake>{
        {"kafka.client.x", "no"}, {"shards", "odd"}, {"http.listen", "busy"}};
  };
  const auto loaded = Parse("shards: 2\nkafka: {client: {x: 1}}\n", "t.yaml",
                            {"SEGMENTD_HTTP__LISTEN=127.0.0.1:1"}, find);
  ASSERT_FALSE(loaded.ok());
  EXPECT_EQ(loaded.error().message,
            "t.yaml:2:18: kafka.client.x: no\n"
            "t.yaml:1:9: shards: odd\n"
            "environment SEGMENTD_HTTP__LISTEN: http.listen: busy");
}

TEST(ConfigTest, AnEmptyTextIsTheDefaults) {
  const std::string defaults = Render(Config{});
  for (const char* text : {"", "# nothing\n", "---\n", "kafka:\n"}) {
    EXPECT_EQ(Render(Good(text)), defaults) << text;
  }
}

TEST(ConfigTest, ReadsBackWhatItRenders) {
  EXPECT_EQ(Render(Good(Render(Config{}))), Render(Config{}));

  const std::string changed = R"(
app: shop-2
instance: i-1
kafka: {brokers: "a:1,b:2", create_topics: false, client: {security.protocol: SASL_SSL, x: 'a "b" \ c'}, client_files: {sasl.password: /run/p}}
input:
  max_bytes: 100
  transactions: {topic: t, format: protobuf, framing: confluent, time: ms, start: latest,
                 fields: {amount: order.total, currency: {constant: EUR}, quantity: {constant: 2}, kind: {constant: "5"}}}
  profiles: {topic: p, fields: {age: /person/age}}
output: {prefix: "x-", format: protobuf, backfill: true, state: {every: 1d}}
state: {expire_after: 730d}
delivery: at_least_once
commit: {interval: 1s, change_within: 0s}
features: {windows_days: [90, 7], half_lives_days: [], exclude: ["channel_share_*"], categories: 3, profile_names: []}
learning: {enabled: false, k: 8, embedding: pca, bootstrap: m.model, trial: 0s, promote: manual,
           retrain: {samples: 500, every: 1d, spacing: 1h}}
risk: {horizon: 30d, enter: 0.5, leave: 0.5, lapsed: 0}
shards: 4
http: {listen: "[::1]:0", token_file: /run/token}
log: {level: debug, format: json}
)";
  const Config config = Good(changed);
  EXPECT_EQ(Render(Good(Render(config))), Render(config));
  EXPECT_EQ(config.features.windows_days, (std::vector<int>{7, 90}));
  EXPECT_EQ(config.learning.k.min, 8);
  EXPECT_EQ(config.learning.k.max, 8);
  EXPECT_EQ(config.learning.promote, Promote::kManual);
  EXPECT_EQ(config.learning.retrain.samples, 500);
  EXPECT_EQ(config.output.state.period_ms, kDayMs);
  EXPECT_EQ(config.state.expire_after_ms, 730 * kDayMs);
  EXPECT_EQ(config.kafka.client.at("x"), R"(a "b" \ c)");
  const auto& fields = config.input.transactions.fields;
  EXPECT_EQ(fields.at("amount").path, "order.total");
  EXPECT_EQ(std::get<double>(fields.at("quantity").constant), 2);
  EXPECT_EQ(std::get<std::string>(fields.at("kind").constant), "5");
}

TEST(ConfigTest, NamesLineColumnAndNearestNameOfAnUnknownKey) {
  EXPECT_EQ(Bad("app: a\nkafka:\n  borkers: x\n"),
            "t.yaml:3:3: unknown key `kafka.borkers`; did you mean `brokers`?");
  EXPECT_EQ(Bad("brokers: x\n"),
            "t.yaml:1:1: unknown key `brokers`; did you mean `kafka.brokers`?");
  EXPECT_THAT(Bad("log: {colour: red}"),
              HasSubstr("unknown key `log.colour`; known here: format, level"));
  EXPECT_THAT(Bad("input: {transactions: {fields: {custmer_id: x}}}"),
              HasSubstr("unknown field `custmer_id`; did you mean `customer_id`?"));
}

TEST(ConfigTest, TellsEveryMistakeAtOnce) {
  EXPECT_EQ(Bad("shards: many\ncommit:\n  interval: 5\nlog: {level: inof}\n"),
            "t.yaml:1:9: shards: expected a whole number 1..64, found `many`\n"
            "t.yaml:3:13: commit.interval: expected a duration 1ms..1m, found `5`\n"
            "t.yaml:4:14: log.level: expected debug | info | warn | error, found `inof`; did you "
            "mean `info`?");
}

TEST(ConfigTest, RefusesWrongTypesAndRanges) {
  EXPECT_THAT(
      Bad("shards: 65"),
      HasSubstr("t.yaml:1:9: shards: expected a whole number 1..64, found `65`: out of range"));
  EXPECT_THAT(Bad("shards: \"2\""), HasSubstr("quoted, so it is a text"));
  EXPECT_THAT(Bad("shards: [2]"), HasSubstr("expected a whole number 1..64, found a list"));
  EXPECT_THAT(Bad("shards:"), HasSubstr("found nothing"));
  EXPECT_THAT(Bad("kafka: here"), HasSubstr("t.yaml:1:8: kafka: expected a map"));
  EXPECT_THAT(Bad("- a"), HasSubstr("t.yaml:1:1: expected a map"));
  EXPECT_THAT(Bad("kafka: {create_topics: yes}"), HasSubstr("expected true | false, found `yes`"));
  EXPECT_THAT(Bad("risk: {enter: nan}"), HasSubstr("expected a number 0..1"));
  EXPECT_THAT(Bad("state: {memory: 1GB}"), HasSubstr("expected a size 64MiB..1TiB, found `1GB`"));
  EXPECT_THAT(Bad("state: {expire_after: 1h}"),
              HasSubstr("expected a duration 1d..36500d or null, found `1h`: out of range"));
  EXPECT_THAT(Bad("learning: {k: 12..4}"), HasSubstr("the smaller number stands first"));
  EXPECT_THAT(Bad("learning: {k: 1..4}"), HasSubstr("out of range"));
  EXPECT_THAT(Bad("features: {windows_days: [8]}"), HasSubstr("a list of some of 7, 30, 90, 360"));
  EXPECT_THAT(Bad("output: {state: {every: commits}}"), HasSubstr("did you mean `commit`?"));
  EXPECT_THAT(Bad("app: a b"), HasSubstr("use letters, digits"));
  EXPECT_THAT(Bad("kafka: {brokers: 'localhost'}"), HasSubstr("`localhost` is not host:port"));
  EXPECT_THAT(Bad("http: {listen: '127.0.0.1:70000'}"), HasSubstr("write an address and a port"));
  EXPECT_THAT(Bad("input: {transactions: {fields: {amount: {constant: 1, more: 2}}}}"),
              HasSubstr("`amount` takes a path or {constant: VALUE}"));
}

TEST(ConfigTest, RefusesDuplicateKeysSecondDocumentsAndBrokenYaml) {
  EXPECT_EQ(Bad("shards: 1\nshards: 2\n"), "t.yaml:2:1: `shards` stands here twice; remove one");
  EXPECT_EQ(Bad("kafka: {client: {a: 1, a: 2}}"),
            "t.yaml:1:24: kafka.client: `a` stands here twice; remove one");
  EXPECT_THAT(Bad("app: a\n---\napp: b\n"), HasSubstr("t.yaml:3:1: a second document begins"));
  EXPECT_THAT(Bad("kafka: {brokers: [\n"), HasSubstr("t.yaml:2:1: "));
  EXPECT_THAT(Bad("app: \xff\n"), HasSubstr("not UTF-8"));
}

TEST(ConfigTest, ComparesFieldsWithEachOther) {
  EXPECT_EQ(Bad("risk:\n  leave: 0.2\n"), "t.yaml:2:10: risk.leave: must not be below risk.enter");
  EXPECT_EQ(Bad("risk: {enter: 0.05}"), "t.yaml: risk.lapsed: must not be above risk.enter");
  EXPECT_THAT(Bad("input: {profiles: {topic: transactions}}"), HasSubstr("name another"));
  EXPECT_THAT(Bad("input: {transactions: {topic: segmentd.dlq.v1}}"),
              HasSubstr("choose another prefix"));
}

TEST(ConfigTest, KeepsSecretsOutOfTheText) {
  EXPECT_THAT(Bad("kafka: {client: {sasl.password: hush}}"),
              HasSubstr("kafka.client_files: {sasl.password: PATH}"));
}

TEST(ConfigTest, DoesNotInterpolate) {
  EXPECT_EQ(Good("state: {dir: '${HOME}/x'}", {"HOME=/a"}).state.dir, "${HOME}/x");
}

TEST(EnvironmentTest, OverridesTypedFields) {
  const Config config =
      Good("shards: 2\n",
           {"SEGMENTD_KAFKA__BROKERS=k:1", "SEGMENTD_SHARDS=3",
            "SEGMENTD_INPUT__TRANSACTIONS__TOPIC=123", "SEGMENTD_KAFKA__CLIENT={client.rack: r1}",
            "SEGMENTD_INSTANCE=", "SEGMENTD_DATA=/d", "SEGMENTD_CACHE=/c",
            "SEGMENTD_PORT=tcp://10.0.0.1:80", "OTHER__X=1"});
  EXPECT_EQ(config.kafka.brokers, "k:1");
  EXPECT_EQ(config.shards, 3);
  EXPECT_EQ(config.input.transactions.topic, "123");
  EXPECT_EQ(config.kafka.client.at("client.rack"), "r1");
  EXPECT_FALSE(config.instance.has_value());
}

TEST(EnvironmentTest, RefusesWhatIsNoField) {
  EXPECT_EQ(Bad("", {"SEGMENTD_KAFKA__BORKERS=k:1"}),
            "environment SEGMENTD_KAFKA__BORKERS: no such field; did you mean "
            "`SEGMENTD_KAFKA__BROKERS`?");
  EXPECT_THAT(
      Bad("", {"SEGMENTD_KAFKA=k:1"}),
      HasSubstr("kafka is a section; set one field of it, such as SEGMENTD_KAFKA__BROKERS"));
  EXPECT_EQ(Bad("", {"SEGMENTD_SHARDS=x"}),
            "environment SEGMENTD_SHARDS: shards: expected a whole number 1..64, found `x`");
  EXPECT_THAT(Bad("", {"SEGMENTD_KAFKA__CLIENT={"}),
              HasSubstr("environment SEGMENTD_KAFKA__CLIENT: kafka.client: "));
}

TEST(EnvironmentTest, WarnsOfALikelySlip) {
  const Result<Loaded> loaded = Parse("", "t.yaml", {"SEGMENTD_SHARD=4"});
  ASSERT_TRUE(loaded.ok());
  EXPECT_THAT(
      loaded->warnings,
      ElementsAre(
          "environment SEGMENTD_SHARD: not a field, ignored; did you mean `SEGMENTD_SHARDS`?"));
}

class ConfigFileTest : public ::testing::Test {
 protected:
  std::string Write(const std::string& text) const {
    std::ofstream(path_) << text;
    return path_;
  }
  void TearDown() override { std::filesystem::remove(path_); }

  const std::string path_ = testing::TempDir() + "config_test_" + std::to_string(::getpid()) + "_" +
                            testing::UnitTest::GetInstance()->current_test_info()->name();
};

TEST_F(ConfigFileTest, LoadsAFileAndNamesOneThatCannotBeRead) {
  EXPECT_EQ(Load(Write("app: x\n"), {})->config.app, "x");
  const Result<Loaded> missing = Load("nowhere/segmentd.yaml", {});
  ASSERT_FALSE(missing.ok());
  EXPECT_THAT(missing.error().message, HasSubstr("nowhere/segmentd.yaml: cannot be read"));
  EXPECT_FALSE(Load(testing::TempDir(), {}).ok());
}

TEST_F(ConfigFileTest, ReadsASecretWithoutItsNewline) {
  EXPECT_EQ(ReadSecret(Write("  hush\n"), "http.token_file").value(), "hush");
  EXPECT_THAT(ReadSecret(Write(" \n"), "http.token_file").error().message, HasSubstr("is empty"));
  EXPECT_THAT(ReadSecret("nowhere/x", "http.token_file").error().message,
              HasSubstr("http.token_file: nowhere/x"));
}

TEST(AddressTest, TakesHostAndPort) {
  EXPECT_EQ(ParseAddress("[::1]:80")->host, "::1");
  EXPECT_EQ(ParseAddress("h:0")->port, 0);
  for (const char* text : {"", ":80", "h", "h:", "h:x", "::1:80", "h:-1", "h:65536", "h/x:1"}) {
    EXPECT_FALSE(ParseAddress(text).has_value()) << text;
  }
}

}  // namespace
}  // namespace segmentd::config
