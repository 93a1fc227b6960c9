// Goal: each customer is there to be learned from as it was once a day, and goes when it is
// forgotten. Method: one customer's story at a time. (That pieces make no difference:
// timer_stories_test.cc.)
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>

#include "segmentd/base/bytes.h"
#include "segmentd/base/time_text.h"
#include "segmentd/pipeline/sample.h"
#include "support/bundles.h"
#include "support/pipeline_harness.h"

namespace segmentd::pipeline {
namespace {

using support::OwnedRecord;
using support::PipelineHarness;
using testing::ElementsAre;
using testing::IsEmpty;
using testing::Pair;

// 10:00 on a Monday.
constexpr std::int64_t kStartMs = 1'719'828'000'000;
constexpr std::int64_t kHourMs = 3'600 * kSecondMs;

Options Sampling(double share = 1) {
  Options options = support::TestOptions();
  options.sample = share;
  return options;
}

OwnedRecord Event(const std::string& customer, std::int64_t time_ms, const std::string& more = "") {
  return {.key = customer,
          .value = fmt::format(R"({{"customer_id":"{}","event_time":"{}","amount":20{}}})",
                               customer, FormatRfc3339(time_ms), more),
          .headers = {}};
}

OwnedRecord Profile(const std::string& customer, const std::string& fields) {
  return {.source = event::Source::kProfiles,
          .key = customer,
          .value = "{" + fields + "}",
          .headers = {}};
}

std::vector<Sample> SamplesOf(const PipelineHarness& harness) {
  std::vector<Sample> samples;
  for (const OutRecord& record : harness.Outputs(Topic::kSamples)) {
    if (!record.value) continue;
    auto sample = DecodeSample(*record.value);
    EXPECT_TRUE(sample.ok()) << sample.error().message;
    samples.push_back(std::move(*sample));
  }
  return samples;
}

std::vector<std::int64_t> Instants(const PipelineHarness& harness) {
  std::vector<std::int64_t> instants;
  for (const Sample& sample : SamplesOf(harness)) instants.push_back(sample.as_of_ms - kStartMs);
  return instants;
}

feature::Record RecordOf(const Sample& sample) {
  feature::Record record;
  ByteReader in(sample.record);
  EXPECT_TRUE(feature::DecodeRecord(in, record).ok());
  return record;
}

class SamplingTest : public testing::Test {
 protected:
  SamplingTest() { harness_.UseModel(support::LoadModel(support::OrdersBundle())); }
  PipelineHarness harness_{Sampling()};
};

TEST_F(SamplingTest, TakesACustomersFirstEventOfEachDayAsItLeavesTheRecord) {
  harness_.Run({Event("c1", kStartMs, R"(,"category":"grocery","channel":"web")"),
                Event("c1", kStartMs + kHourMs, R"(,"category":"toys")"),
                Event("c1", kStartMs + 15 * kHourMs, R"(,"category":"garden")"),
                Event("c1", kStartMs + 16 * kHourMs)});
  const std::vector<Sample> samples = SamplesOf(harness_);
  EXPECT_THAT(Instants(harness_), ElementsAre(0, 15 * kHourMs));
  EXPECT_EQ(RecordOf(samples[0]).events, 1U) << "though four were in the batch";
  EXPECT_EQ(RecordOf(samples[1]).events, 3U);
  EXPECT_EQ(RecordOf(samples[1]).as_of_ms, samples[1].as_of_ms);
  EXPECT_EQ(samples[0].category, "grocery");
  EXPECT_EQ(samples[0].channel, "web");
  EXPECT_EQ(samples[1].category, "garden");
  EXPECT_EQ(samples[1].channel, "");
  const OutRecord record = harness_.Outputs(Topic::kSamples)[0];
  EXPECT_EQ(record.key, "c1");
  EXPECT_EQ(record.partition, Partition{3});
}

TEST_F(SamplingTest, TellsTheSegmentThatTheEvaluationGave) {
  std::vector<OwnedRecord> records;
  for (int day = 0; day < 6; ++day) {
    records.push_back(Event("c1", kStartMs + day * (kDayMs - kHourMs)));
  }
  harness_.Run(records);
  const std::vector<Sample> samples = SamplesOf(harness_);
  ASSERT_EQ(samples.size(), 6U);
  EXPECT_EQ(samples.front().segment, SegmentId{1});
  EXPECT_EQ(samples.back().segment, SegmentId{2});
}

TEST_F(SamplingTest, WithoutAModelThereIsNoSegment) {
  PipelineHarness harness(Sampling());
  harness.Run({Event("c1", kStartMs)});
  ASSERT_EQ(SamplesOf(harness).size(), 1U);
  EXPECT_EQ(SamplesOf(harness)[0].segment, SegmentId{});
}

TEST_F(SamplingTest, TakesNeitherLateEventsNorDuplicatesNorWhatIsRefused) {
  harness_.Run({Event("c1", kStartMs, R"(,"event_id":"e1")")});
  harness_.Run({Event("c1", kStartMs - 2 * kDayMs),
                Event("c1", kStartMs + kDayMs, R"(,"event_id":"e1")"),
                {.key = "c1", .value = "not json", .headers = {}}});
  EXPECT_THAT(Instants(harness_), ElementsAre(0));
}

TEST_F(SamplingTest, TakesLooksAsOfTheirDeadlinesWhetherOrNotAnythingCameOfThem) {
  harness_.Run({Event("c1", kStartMs)});
  const std::size_t outputs = harness_.effects().outputs.size();
  harness_.PassTime(kStartMs + 3 * kDayMs);
  EXPECT_THAT(Instants(harness_), ElementsAre(0, kDayMs, 2 * kDayMs, 3 * kDayMs));
  EXPECT_EQ(harness_.effects().outputs.size(), outputs + 3) << "nothing else came of them";
  const Sample last = SamplesOf(harness_).back();
  EXPECT_EQ(last.segment, SegmentId{1});
  EXPECT_EQ(last.category + last.channel, "");
  EXPECT_EQ(RecordOf(last).last_event_ms, kStartMs);
}

TEST_F(SamplingTest, NobodyIsTakenByALookOnTheDayOfAnEvent) {
  harness_.Run(
      {Event("c1", kStartMs), Event("c1", kStartMs + kDayMs - kHourMs, R"(,"kind":"visit")")});
  harness_.PassTime(kStartMs + kDayMs + kHourMs);
  EXPECT_EQ(harness_.effects().counts.fired[0], 1U);
  EXPECT_THAT(Instants(harness_), ElementsAre(0, kDayMs - kHourMs));
}

TEST_F(SamplingTest, TakesAProfileThatChangesSomethingWithItsNames) {
  harness_.Run({Event("c1", kStartMs)});
  harness_.Run({Profile("c1", R"("region":"south","age":41)"),
                Profile("c1", R"("region":"south","age":41)")});
  const std::vector<Sample> samples = SamplesOf(harness_);
  ASSERT_EQ(samples.size(), 2U);
  EXPECT_EQ(samples[1].as_of_ms, kStartMs);
  EXPECT_THAT(samples[1].attributes, ElementsAre(Pair("region", "south")));
  EXPECT_EQ(RecordOf(samples[1]).attribute_count, 2);
  harness_.Run({Profile("c1", R"("region":"south")")});
  EXPECT_EQ(SamplesOf(harness_).size(), 3U) << "an age less";
}

TEST_F(SamplingTest, TakesTheNamesAloneFromAProfileOfACustomerWithoutEvents) {
  harness_.Run({Profile("c1", R"("region":"north","age":41)"), Profile("c2", R"("age":41)")});
  const std::vector<Sample> samples = SamplesOf(harness_);
  ASSERT_EQ(samples.size(), 1U) << "an age is no name";
  EXPECT_THAT(samples[0].attributes, ElementsAre(Pair("region", "north")));
  EXPECT_EQ(samples[0].record, "");
  EXPECT_EQ(samples[0].as_of_ms, 0);
}

TEST_F(SamplingTest, AProfilesSampleIsAsOfTheNewestLook) {
  harness_.Run({Event("c1", kStartMs)});
  harness_.PassTime(kStartMs + 2 * kDayMs + kHourMs);
  harness_.Run({Profile("c1", R"("region":"south")")});
  EXPECT_THAT(Instants(harness_), ElementsAre(0, kDayMs, 2 * kDayMs, 2 * kDayMs));
}

TEST_F(SamplingTest, ThatAnotherModelComesIsNoOccasion) {
  harness_.Run({Event("c1", kStartMs), Event("c1", kStartMs + kHourMs)});
  harness_.UseModel(support::LoadModel(support::SecondOrdersBundle()));
  while (harness_.Follow()) {
  }
  EXPECT_GT(harness_.effects().counts.followed, 0U);
  EXPECT_THAT(Instants(harness_), ElementsAre(0));
}

TEST_F(SamplingTest, TakesTheCustomersOfTheShareAlone) {
  PipelineHarness harness(Sampling(0.3));
  std::vector<OwnedRecord> records;
  std::set<std::string> expected;
  for (int n = 0; n < 200; ++n) {
    const std::string id = fmt::format("c{}", n);
    records.push_back(Event(id, kStartMs));
    if (IsSampled(id, 0.3)) expected.insert(id);
  }
  harness.Run(records);
  std::set<std::string> taken;
  for (const OutRecord& record : harness.Outputs(Topic::kSamples)) taken.insert(*record.key);
  EXPECT_EQ(taken, expected);
  EXPECT_EQ(harness.effects().counts.samples, expected.size());
}

// A customer expires, another one is erased. Whose samples are taken back, in that order.
std::vector<std::string> Forget(PipelineHarness& harness) {
  harness.UseModel(support::LoadModel(support::OrdersBundle()));
  harness.Run({Event("expired", kStartMs), Event("erased", kStartMs + 101 * kDayMs)});
  Customer customer;
  EXPECT_TRUE(DecodeCustomer(harness.states().at("erased"), customer).ok());
  Effects effects;
  harness.pipeline().Erase(Partition{3}, "erased", "r1", customer, harness.clock(), harness.wall_ms,
                           effects);
  std::vector<std::string> forgotten;
  for (const auto& outputs : {harness.effects().outputs, effects.outputs}) {
    for (const OutRecord& record : outputs) {
      if (record.topic != Topic::kSamples || record.value) continue;
      EXPECT_EQ(record.partition, Partition{3});
      forgotten.push_back(*record.key);
    }
  }
  return forgotten;
}

TEST_F(SamplingTest, WhoIsForgottenLeavesNoSample) {
  // Those are taken back, too, who were sampled only while the share was larger.
  for (const double share : {1.0, 0.0001}) {
    Options options = Sampling(share);
    options.expire_after_ms = 100 * kDayMs;
    PipelineHarness harness(options);
    EXPECT_THAT(Forget(harness), ElementsAre("expired", "erased"));
    EXPECT_EQ(SamplesOf(harness).empty(), share < 1);
  }
}

TEST_F(SamplingTest, WritesNothingWhenNobodyLearns) {
  Options options = Sampling(0);
  options.expire_after_ms = 100 * kDayMs;
  PipelineHarness harness(options);
  EXPECT_THAT(Forget(harness), IsEmpty());
  EXPECT_THAT(harness.Outputs(Topic::kSamples), IsEmpty());
}

}  // namespace
}  // namespace segmentd::pipeline
