// Goal: output is a function of the input's order alone. Method: one seeded stream with everything
// in it (late, duplicate, malformed, profiles), cut into batches of many sizes; all bytes of each
// customer must agree. (Timers fire between batches, so that the order among customers may differ.)
#include <gtest/gtest.h>

#include <map>

#include "segmentd/base/random.h"
#include "segmentd/base/time_text.h"
#include "support/bundles.h"
#include "support/pipeline_harness.h"

namespace segmentd::pipeline {
namespace {

using support::OwnedRecord;

std::vector<OwnedRecord> MixedStream(std::uint64_t seed, int n) {
  Random random(seed);
  std::vector<OwnedRecord> records;
  std::map<std::string, std::string> ids;  // a customer's last, sometimes used again
  std::int64_t now_ms = 1'790'000'000'000;
  for (int i = 0; i < n; ++i) {
    now_ms += static_cast<std::int64_t>(random.Exponential(3'600'000));
    const std::string customer = fmt::format("c{}", random.Below(12));
    const std::int64_t late_ms =
        random.Chance(0.1) ? static_cast<std::int64_t>(random.Below(40) * kDayMs) : 0;
    std::string& id = ids[customer];
    if (!random.Chance(0.05)) id = fmt::format("e{}", i);
    if (random.Chance(0.03)) {
      records.push_back({.key = customer, .value = "not json", .headers = {}});
    } else if (random.Chance(0.05)) {
      records.push_back(
          {.source = event::Source::kProfiles,
           .key = customer,
           .value = fmt::format(R"({{"customer_id":"{}","age":{}}})", customer, random.Below(80)),
           .headers = {}});
    } else {
      const double amount =
          static_cast<double>(random.Below(20'000)) / 100 * (random.Chance(0.1) ? -1 : 1);
      records.push_back(support::Purchase(customer, FormatRfc3339(now_ms - late_ms), amount, id));
    }
  }
  return records;
}

std::string Everything(const support::PipelineHarness& harness) {
  std::string all = fmt::format("{}\n", harness.clock().clock_ms);
  std::map<std::string, std::string> by_key;
  for (const OutRecord& record : harness.effects().outputs) {
    std::string& text = by_key[record.key.value_or("-")];
    text += fmt::format("{} {}", static_cast<int>(record.topic), record.value.value_or("-"));
    for (const OutHeader header : record.headers)
      text += fmt::format(" {}={}", header.name, header.value);
    text += '\n';
  }
  for (const auto& [key, text] : by_key) all += key + '\n' + text;
  for (const auto& [id, image] : harness.states()) all += id + image;
  return all;
}

TEST(BatchingTest, OutputDoesNotDependOnWhereBatchesEnd) {
  for (const std::uint64_t seed : {1U, 2U, 3U}) {
    const std::vector<OwnedRecord> records = MixedStream(seed, 700);
    std::string reference;
    for (const std::size_t batch_max :
         {std::size_t{1}, std::size_t{2}, std::size_t{7}, std::size_t{64}, std::size_t{65},
          std::size_t{333}, std::size_t{700}}) {
      support::PipelineHarness harness;
      harness.pipeline().UseModel(support::LoadModel(support::OrdersBundle()));
      harness.Run(records, batch_max);
      const std::string all = Everything(harness);
      if (reference.empty()) reference = all;
      EXPECT_EQ(all == reference, true) << "seed " << seed << ", batches of " << batch_max;
      EXPECT_GT(harness.effects().counts.changes, 10U);
      EXPECT_GT(harness.effects().counts.duplicates, 0U);
      EXPECT_GT(harness.effects().counts.late, 0U);
    }
  }
}

}  // namespace
}  // namespace segmentd::pipeline
