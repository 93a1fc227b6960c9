#include "app/options.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>

#include "support/temp_dir.h"

namespace segmentd::app {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

TEST(OptionsTest, NamesTopicsByPrefixAndApp) {
  config::Config config;
  config.app = "shop";
  config.output.prefix = "x.";
  EXPECT_THAT(OutputTopicsOf(config),
              ElementsAre("x.segment.changed.v1", "x.customer.state.v1", "x.at-risk.v1", "x.dlq.v1",
                          "x.shop.changelog", "x.shop.control", "", "x.shop.samples"));
  config.learning.enabled = false;
  EXPECT_EQ(OutputTopicsOf(config).back(), "");
  EXPECT_THAT(InputTopicsOf(config), ElementsAre("transactions"));
  config.input.profiles.topic = "people";
  EXPECT_THAT(InputTopicsOf(config), ElementsAre("transactions", "people"));
}

TEST(OptionsTest, WithRekeyTheShardsReadTheCopyAndTheStageBeforeThemTheInput) {
  config::Config config;
  config.app = "shop";
  config.output.prefix = "x.";
  config.input.transactions.start = config::Start::kLatest;
  config.input.rekey = true;
  const MemoryPlan memory = PlanMemory(config.state.memory_bytes, 1, true);
  const kafka::ShardOptions shard = KafkaShardOptionsOf(config, memory, {}, {}, "i", 0);
  EXPECT_EQ(shard.transactions_topic, "x.shop.rekeyed");
  EXPECT_TRUE(RuntimeShardOptionsOf(config, memory, 0, false).start_earliest)
      << "the input begins where it is told to, the copy at its beginning";
  const kafka::ShardOptions stage = KafkaRekeyerOptionsOf(config, shard);
  EXPECT_EQ(stage.app, "shop.rekey");
  EXPECT_EQ(stage.transactions_topic, "transactions");
  EXPECT_THAT(stage.outputs, ElementsAre("", "", "", "x.dlq.v1", "", "", "x.shop.rekeyed", ""));
}

TEST(OptionsTest, ReadsClientSecretsFromTheirFiles) {
  const support::TempDir dir;
  std::ofstream(dir.path() + "/secret") << "hush\n";
  config::Config config;
  config.kafka.client = {{"sasl.mechanism", "PLAIN"}};
  config.kafka.client_files = {{"sasl.password", dir.path() + "/secret"}};
  const auto connection = ConnectionOf(config, nullptr);
  ASSERT_TRUE(connection.ok());
  EXPECT_EQ(connection->client.at("sasl.password"), "hush");
  EXPECT_EQ(connection->client.at("sasl.mechanism"), "PLAIN");

  config.kafka.client_files = {{"sasl.password", dir.path() + "/nowhere"}};
  EXPECT_THAT(ConnectionOf(config, nullptr).error().message,
              HasSubstr("kafka.client_files: sasl.password: "));
}

TEST(OptionsTest, AllowsTheDlqMoreThanTheInput) {
  config::Config config;
  auto options = KafkaShardOptionsOf(config, PlanMemory(1 << 30, 1), {}, {}, "i", 0);
  EXPECT_GT(options.dlq_record_bytes_max, config.input.max_bytes);
  options = KafkaShardOptionsOf(config, PlanMemory(1 << 30, 1), {}, {1, 20 << 20}, "i", 0);
  EXPECT_GT(options.dlq_record_bytes_max, 20 << 20);
}

TEST(CheckOfflineTest, TakesTheDefaults) {
  const Status checked = CheckOffline({}, true);
  EXPECT_TRUE(checked.ok()) << checked.error().message;
}

TEST(CheckOfflineTest, RefusesAClientKeyThatIsOwnedOrUnknown) {
  config::Config config;
  config.kafka.client = {{"enable.idempotence", "false"}};
  const Status owned = CheckOffline(config, false);
  ASSERT_FALSE(owned.ok());
  EXPECT_EQ(owned.error().code, Code::kConfig);
  EXPECT_THAT(owned.error().message, HasSubstr("enable.idempotence"));
  config.kafka.client = {{"session.timout.ms", "1"}};
  EXPECT_FALSE(CheckOffline(config, false).ok());
  config.kafka.client = {{"session.timeout.ms", "6000"}, {"group.instance.id", "a"}};
  EXPECT_TRUE(CheckOffline(config, false).ok());
}

TEST(CheckOfflineTest, RefusesAMappingThatCannotBeRead) {
  config::Config config;
  config.input.transactions.fields["amount"].path = "/order/~9";
  const Status checked = CheckOffline(config, false);
  ASSERT_FALSE(checked.ok());
  EXPECT_EQ(checked.error().code, Code::kConfig);
}

TEST(BootstrapTest, TellsAMissingFileFromADamagedOne) {
  const support::TempDir dir;
  config::Config config;
  EXPECT_EQ(LoadBootstrap(config).value(), nullptr);
  config.learning.bootstrap = dir.path() + "/model";
  EXPECT_EQ(LoadBootstrap(config).error().code, Code::kConfig);
  std::ofstream(*config.learning.bootstrap) << "this is no model, whatever its name says it is";
  const auto damaged = LoadBootstrap(config);
  EXPECT_EQ(damaged.error().code, Code::kCorruption);
  EXPECT_THAT(damaged.error().message, HasSubstr(*config.learning.bootstrap));
}

}  // namespace
}  // namespace segmentd::app
