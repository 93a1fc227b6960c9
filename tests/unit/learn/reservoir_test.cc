#include "segmentd/learn/reservoir.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include "segmentd/base/random.h"

namespace segmentd::learn {
namespace {

constexpr std::int64_t kNowMs = 1'767'225'600'000;

Row MakeRow(std::uint64_t customer, std::int64_t as_of_ms, std::uint32_t segment = 1) {
  return {customer, as_of_ms, SegmentId{segment}, std::to_string(as_of_ms % 1'000)};
}

// Customers over sixty days, a third of them seen again, in segments of very different size.
std::vector<Row> Stream(int customers) {
  Random random(3);
  std::vector<Row> rows;
  for (int i = 0; i < customers; ++i) {
    const auto customer = random.Next();
    const std::uint32_t segment = i % 50 == 0 ? 2 : 1;
    const auto at_ms = kNowMs + static_cast<std::int64_t>(random.Below(60 * kDayMs));
    rows.push_back(MakeRow(customer, at_ms, segment));
    if (i % 3 == 0) rows.push_back(MakeRow(customer, at_ms + kDayMs, segment));
    if (i % 30 == 0) rows.push_back(MakeRow(customer, at_ms + 2 * kDayMs, 3 - segment));
  }
  return rows;
}

// All that a reservoir is seen by.
std::vector<std::tuple<std::uint64_t, std::int64_t, std::uint32_t, std::string, double>> Content(
    const Reservoir& reservoir) {
  std::vector<std::tuple<std::uint64_t, std::int64_t, std::uint32_t, std::string, double>> content;
  for (const auto& [row, weight] : reservoir.Take()) {
    content.emplace_back(row->customer, row->as_of_ms, row->segment.value(), row->record, weight);
  }
  return content;
}

Reservoir Filled(const std::vector<Row>& rows, const ReservoirOptions& options) {
  Reservoir reservoir(options);
  for (const Row& row : rows) reservoir.Offer(row);
  return reservoir;
}

TEST(ReservoirTest, KeepsTheNewestRowOfEachCustomer) {
  Reservoir reservoir({});
  reservoir.Offer(MakeRow(7, kNowMs + 5));
  reservoir.Offer(MakeRow(7, kNowMs + 9));
  reservoir.Offer(MakeRow(7, kNowMs + 2, 2));
  const auto held = reservoir.Take();
  ASSERT_EQ(held.size(), 1U);
  EXPECT_EQ(held[0].row->as_of_ms, kNowMs + 9);
  EXPECT_EQ(held[0].row->record, "9");
}

TEST(ReservoirTest, HoldsTheSameInWhateverOrderRowsCome) {
  std::vector<Row> rows = Stream(3'000);
  const ReservoirOptions options = {.rows_max = 200, .quota = 20};
  const auto expected = Content(Filled(rows, options));
  Random random(11);
  for (int trial = 0; trial < 5; ++trial) {
    for (std::size_t i = rows.size(); i > 1; --i) std::swap(rows[i - 1], rows[random.Below(i)]);
    EXPECT_EQ(Content(Filled(rows, options)), expected);
  }
}

TEST(ReservoirTest, PrefersTheNewByItsHalfLife) {
  Reservoir reservoir({.rows_max = 2'000, .half_life_ms = 10 * kDayMs, .quota = 0});
  Random random(5);
  for (int i = 0; i < 20'000; ++i) {
    reservoir.Offer(MakeRow(random.Next(), kNowMs + (i % 2) * 10 * kDayMs));
  }
  const auto held = reservoir.Take();
  ASSERT_EQ(held.size(), 2'000U);
  const auto old =
      std::ranges::count(held, kNowMs, [](const auto& entry) { return entry.row->as_of_ms; });
  EXPECT_NEAR(static_cast<double>(old) / 2'000, 1.0 / 3, 0.04);
}

// The share of the rare segment, and how many rows it has.
std::pair<double, int> RareOf(const Reservoir& reservoir) {
  double all = 0;
  double weight = 0;
  int rare = 0;
  for (const auto& held : reservoir.Take()) {
    EXPECT_LE(held.weight, 1 + 1e-12);
    all += held.weight;
    if (held.row->segment != SegmentId{2}) continue;
    weight += held.weight;
    ++rare;
  }
  return {weight / all, rare};
}

TEST(ReservoirTest, KeepsAQuotaOfEverySegmentAtAWeightThatLeavesTheSharesTrue) {
  const std::vector<Row> rows = Stream(3'000);
  double with = 0;
  double without = 0;
  for (std::uint64_t seed = 1; seed <= 40; ++seed) {
    const auto [plain, few] = RareOf(Filled(rows, {.rows_max = 300, .quota = 0, .seed = seed}));
    const auto [weighted, many] =
        RareOf(Filled(rows, {.rows_max = 300, .quota = 60, .seed = seed}));
    without += plain / 40;
    with += weighted / 40;
    EXPECT_LT(few, 45);
    EXPECT_GE(many, 55);  // but for rows whose customers went on to the other segment
  }
  EXPECT_NEAR(with, without, 0.006);
  EXPECT_GT(without, 0.03);
}

TEST(ReservoirTest, ForgetsACustomerWhole) {
  Reservoir reservoir = Filled(Stream(500), {.rows_max = 100, .quota = 20});
  const auto held = reservoir.Take();
  const std::uint64_t customer = held[0].row->customer;
  reservoir.Forget(customer);
  const auto after = reservoir.Take();
  EXPECT_EQ(after.size(), held.size() - 1);
  for (const auto& left : after) EXPECT_NE(left.row->customer, customer);
}

TEST(ReservoirTest, FollowsANewChampionsSegmentsWithItsQuotas) {
  Reservoir reservoir = Filled(Stream(3'000), {.rows_max = 300, .quota = 60});
  std::vector<SegmentId> segments;
  for (const auto& held : reservoir.Take()) {
    segments.emplace_back(held.row->customer % 2 == 0 ? 8U : 9U);
  }
  reservoir.Relabel(segments);
  EXPECT_EQ(reservoir.size(), 300U);
  for (const auto& held : reservoir.Take()) {
    EXPECT_EQ(held.row->segment, SegmentId{held.row->customer % 2 == 0 ? 8U : 9U});
  }
}

}  // namespace
}  // namespace segmentd::learn
