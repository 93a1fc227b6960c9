#include "segmentd/generate/generator.h"

#include <gtest/gtest.h>

#include <map>
#include <set>
#include <string>
#include <vector>

#include "segmentd/base/ids.h"
#include "segmentd/base/time_text.h"

namespace segmentd::generate {
namespace {

Generator Make(const Options& options) {
  Result<Generator> generator = Generator::Create(options);
  EXPECT_TRUE(generator.ok());
  return std::move(*generator);
}

std::vector<Record> All(Generator& generator) {
  std::vector<Record> records;
  Record record;
  while (generator.Next(record)) records.push_back(record);
  return records;
}

std::vector<Record> All(const Options& options) {
  Generator generator = Make(options);
  return All(generator);
}

std::string Text(const Options& options) {
  std::string text;
  for (const Record& record : All(options)) {
    AppendJson(record, text);
    text.push_back('\n');
  }
  return text;
}

std::vector<std::string> Truth(const Generator& generator) {
  std::vector<std::string> lines;
  generator.VisitTruth([&](std::string_view line) { lines.emplace_back(line); });
  return lines;
}

// The text between `before` and the next quote; empty when there is none.
std::string After(std::string_view line, std::string_view before) {
  const std::size_t at = line.find(before);
  if (at == std::string_view::npos) return "";
  const std::string_view rest = line.substr(at + before.size());
  return std::string(rest.substr(0, rest.find('"')));
}

// customer -> value of a key in its line of the truth.
std::map<std::string, std::string> OfCustomers(const std::vector<std::string>& truth,
                                               std::string_view key) {
  std::map<std::string, std::string> values;
  for (const std::string& line : truth) {
    if (After(line, "\"truth\":\"") != "customer") continue;
    values[After(line, "\"customer_id\":\"")] = After(line, key);
  }
  return values;
}

Options Small() {
  Options options;
  options.customers = 600;
  options.events = 20'000;
  options.days = 90;
  return options;
}

TEST(GeneratorTest, GivesTheSameBytesForTheSameOptions) {
  EXPECT_EQ(Text(Small()), Text(Small()));
  Options other = Small();
  other.seed = 8;
  EXPECT_NE(Text(Small()), Text(other));
}

TEST(GeneratorTest, GivesExactlyTheRecordsAskedForWithinThePeriod) {
  for (const std::uint64_t events : {0, 1, 777}) {
    Options options = Small();
    options.events = events;
    const std::vector<Record> records = All(options);
    ASSERT_EQ(records.size(), events);
    for (const Record& record : records) {
      EXPECT_GE(record.emitted_ms, options.start_ms);
      EXPECT_LT(record.emitted_ms, options.start_ms + options.days * kDayMs);
    }
  }
}

TEST(GeneratorTest, EmitsInOrderAndInEventTimeButForTheLateAndTheRepeated) {
  std::int64_t last_ms = 0;
  for (const Record& record : All(Small())) {
    EXPECT_GE(record.emitted_ms, last_ms);
    last_ms = record.emitted_ms;
    if (record.late) {
      EXPECT_LT(record.event_time_ms, record.emitted_ms - 5 * 60 * kSecondMs);
    } else if (!record.duplicate) {
      EXPECT_EQ(record.event_time_ms, record.emitted_ms);
    }
  }
}

TEST(GeneratorTest, RepeatsRecordsUnderTheirFirstId) {
  std::map<std::string, std::string> seen;
  std::uint64_t duplicates = 0;
  Generator generator = Make(Small());
  for (const Record& record : All(generator)) {
    std::string json;
    AppendJson(record, json);
    const auto [at, is_new] = seen.try_emplace(record.event_id, json);
    EXPECT_EQ(is_new, !record.duplicate);
    EXPECT_EQ(at->second, json);
    duplicates += record.duplicate;
  }
  EXPECT_NEAR(static_cast<double>(duplicates), 200, 60);
  EXPECT_EQ(generator.counts().duplicates, duplicates);
  EXPECT_EQ(generator.counts().records, 20'000U);
}

TEST(GeneratorTest, BreaksAShareOfTheRecordsInEveryWay) {
  Options options = Small();
  options.bad_share = 0.05;
  std::map<Flaw, int> flaws;
  for (const Record& record : All(options)) ++flaws[record.flaw];
  EXPECT_EQ(flaws.size(), 7U);
  EXPECT_NEAR(flaws[Flaw::kNone], 19'000, 300);
}

TEST(GeneratorTest, PlantsAChurnWaveAfterWhichItsCustomersAreSilent) {
  Generator generator = Make(Small());
  const std::vector<Record> records = All(generator);
  const std::vector<std::string> truth = Truth(generator);
  const auto planted = OfCustomers(truth, "\"planted\":\"");
  const std::int64_t wave_ms = Small().start_ms + 54 * kDayMs;
  std::set<std::string> before, churned;
  for (const auto& [customer, what] : planted) {
    if (what == "churned") churned.insert(customer);
  }
  EXPECT_GT(churned.size(), 10U);
  for (const Record& record : records) {
    if (!churned.contains(record.customer_id)) continue;
    EXPECT_LT(record.event_time_ms, wave_ms);
    before.insert(record.customer_id);
  }
  EXPECT_GT(before.size(), churned.size() * 9 / 10);
  EXPECT_EQ(After(truth[1], "\"at\":\""), FormatRfc3339(wave_ms));
}

TEST(GeneratorTest, PlantsAKindOfCustomerThatIsNotThereBefore) {
  Generator generator = Make(Small());
  const std::vector<Record> records = All(generator);
  const auto archetypes = OfCustomers(Truth(generator), "\"archetype\":\"");
  const std::int64_t from_ms = Small().start_ms + 45 * kDayMs;
  int events = 0;
  for (const Record& record : records) {
    if (archetypes.at(record.customer_id) != "subscriber") continue;
    EXPECT_GE(record.event_time_ms, from_ms);
    ++events;
  }
  EXPECT_GT(events, 200);
}

TEST(GeneratorTest, PlantsEarlierAndMoreWhereItIsToldTo) {
  Options options = Small();
  options.planted_within_days = options.days / 3;
  options.new_kind_share = 0.25;
  Generator generator = Make(options);
  const std::vector<std::string> truth = Truth(generator);
  EXPECT_EQ(After(truth[1], "\"at\":\""), FormatRfc3339(options.start_ms + 18 * kDayMs));
  EXPECT_EQ(After(truth[2], "\"at\":\""), FormatRfc3339(options.start_ms + 15 * kDayMs));
  std::uint64_t new_kind = 0;
  for (const auto& [customer, archetype] : OfCustomers(truth, "\"archetype\":\"")) {
    new_kind += archetype == "subscriber" ? 1 : 0;
  }
  EXPECT_GT(new_kind, options.customers / 5);
  EXPECT_LT(new_kind, options.customers * 3 / 10);
}

TEST(GeneratorTest, PlantsAFlapperThatChangesItsWays) {
  Generator generator = Make(Small());
  const std::vector<Record> records = All(generator);
  const auto planted = OfCustomers(Truth(generator), "\"planted\":\"");
  double discounted[2] = {0, 0}, orders[2] = {0, 0};
  for (const Record& record : records) {
    if (planted.at(record.customer_id) != "flapper" || record.duplicate || record.late) continue;
    if (record.kind != event::Kind::kPurchase) continue;
    const std::int64_t day = (record.event_time_ms - Small().start_ms) / kDayMs;
    orders[day / 7 % 2] += 1;
    discounted[day / 7 % 2] += record.discount_cents > 0;
  }
  ASSERT_GT(orders[0], 10);
  ASSERT_GT(orders[1], 0);
  EXPECT_LT(discounted[0] / orders[0], 0.4);
  EXPECT_GT(discounted[1] / orders[1], 0.6);
}

TEST(GeneratorTest, TellsTheArchetypeOfEveryCustomer) {
  Generator generator = Make(Small());
  const auto archetypes = OfCustomers(Truth(generator), "\"archetype\":\"");
  EXPECT_EQ(archetypes.size(), 600U);
  std::set<std::string> kinds;
  for (const auto& [customer, archetype] : archetypes) kinds.insert(archetype);
  EXPECT_EQ(kinds.size(), 9U);
}

TEST(GeneratorTest, DoesWithOneCustomerAndOneDay) {
  Options options;
  options.customers = 1;
  options.days = 1;
  options.events = 100;
  options.late_share = 1;
  for (const Record& record : All(options)) EXPECT_EQ(record.customer_id, "c1");
}

TEST(GeneratorTest, MakesALoadOfEqualRecordsByZipfsLaw) {
  Options options = Small();
  options.zipf = 1.1;
  std::map<std::string, int> customers;
  Generator generator = Make(options);
  for (const Record& record : All(generator)) {
    std::string json;
    AppendJson(record, json);
    EXPECT_EQ(json.size(), 200U);
    ++customers[record.customer_id];
  }
  EXPECT_GT(customers["c1"], 2 * customers["c10"]);
  EXPECT_TRUE(Truth(generator).empty());
}

TEST(GeneratorTest, RefusesOptionsOutOfRange) {
  Options options;
  options.customers = 0;
  EXPECT_EQ(Generator::Create(options).error().code, Code::kConfig);
  options = {};
  options.days = 0;
  EXPECT_EQ(Generator::Create(options).error().code, Code::kConfig);
  options = {};
  options.bad_share = 1.5;
  EXPECT_EQ(Generator::Create(options).error().code, Code::kConfig);
  options = {};
  options.planted_within_days = options.days + 1;
  EXPECT_EQ(Generator::Create(options).error().code, Code::kConfig);
  options = {};
  options.new_kind_share = -0.1;
  EXPECT_EQ(Generator::Create(options).error().code, Code::kConfig);
}

}  // namespace
}  // namespace segmentd::generate
