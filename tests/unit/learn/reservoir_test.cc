#include "segmentd/learn/reservoir.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <map>
#include <set>

#include "segmentd/base/random.h"

namespace segmentd::learn {
namespace {

constexpr std::int64_t kNowMs = 1'767'225'600'000;

Schema TwoFeatures() { return {{"idle_days", "aov"}, {}, {}}; }

Row MakeRow(std::uint64_t customer, std::int64_t as_of_ms, std::uint32_t segment = 1) {
  return {customer,
          as_of_ms,
          SegmentId{segment},
          {static_cast<double>(customer), static_cast<double>(as_of_ms % 1'000)}};
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

Reservoir Filled(const std::vector<Row>& rows, const ReservoirOptions& options) {
  Reservoir reservoir(options, TwoFeatures());
  for (const Row& row : rows) reservoir.Offer(row);
  return reservoir;
}

TEST(ReservoirTest, KeepsTheNewestRowOfEachCustomer) {
  Reservoir reservoir({}, TwoFeatures());
  reservoir.Offer(MakeRow(7, kNowMs + 5));
  reservoir.Offer(MakeRow(7, kNowMs + 9));
  reservoir.Offer(MakeRow(7, kNowMs + 2, 2));
  const Rows rows = reservoir.Take();
  ASSERT_EQ(rows.size(), 1);
  EXPECT_EQ(rows.as_of_ms[0], kNowMs + 9);
  EXPECT_EQ(rows.values(1, 0), 9);
  EXPECT_EQ(rows.schema, TwoFeatures());
}

TEST(ReservoirTest, HoldsTheSameInWhateverOrderRowsCome) {
  std::vector<Row> rows = Stream(3'000);
  const ReservoirOptions options = {.rows_max = 200, .quota = 20};
  const std::string expected = Filled(rows, options).Encode();
  Random random(11);
  for (int trial = 0; trial < 5; ++trial) {
    for (std::size_t i = rows.size(); i > 1; --i) std::swap(rows[i - 1], rows[random.Below(i)]);
    EXPECT_EQ(Filled(rows, options).Encode(), expected);
  }
}

TEST(ReservoirTest, PrefersTheNewByItsHalfLife) {
  Reservoir reservoir({.rows_max = 2'000, .half_life_ms = 10 * kDayMs, .quota = 0}, TwoFeatures());
  Random random(5);
  for (int i = 0; i < 20'000; ++i) {
    reservoir.Offer(MakeRow(random.Next(), kNowMs + (i % 2) * 10 * kDayMs));
  }
  const Rows rows = reservoir.Take();
  ASSERT_EQ(rows.size(), 2'000);
  const auto old = std::ranges::count(rows.as_of_ms, kNowMs);
  EXPECT_NEAR(static_cast<double>(old) / 2'000, 1.0 / 3, 0.04);
}

// The share of the rare segment, and how many rows it has.
std::pair<double, int> RareOf(Reservoir reservoir) {
  const Rows rows = reservoir.Take();
  std::set<std::uint64_t> rare;
  reservoir.Relabel([&](const Row& row) {
    if (row.segment == SegmentId{2}) rare.insert(row.customer);
    return row.segment;
  });
  double all = 0;
  double weight = 0;
  for (std::size_t i = 0; i < rows.customers.size(); ++i) {
    EXPECT_LE(rows.weights[i], 1 + 1e-12);
    all += rows.weights[i];
    if (rare.contains(rows.customers[i])) weight += rows.weights[i];
  }
  return {weight / all, static_cast<int>(rare.size())};
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

TEST(ReservoirTest, KeepsInfinityAsMissingAndCountsIt) {
  Reservoir reservoir({}, TwoFeatures());
  reservoir.Offer({1, kNowMs, SegmentId{1}, {std::numeric_limits<double>::infinity(), -HUGE_VAL}});
  reservoir.Offer({2, kNowMs, SegmentId{1}, {std::nan(""), 1}});
  EXPECT_EQ(reservoir.not_finite(), 2U);
  const Rows rows = reservoir.Take();
  EXPECT_TRUE(std::isnan(rows.values(0, 0)) && std::isnan(rows.values(1, 0)));
}

TEST(ReservoirTest, ForgetsACustomerWhole) {
  Reservoir reservoir = Filled(Stream(500), {.rows_max = 100, .quota = 20});
  const Rows rows = reservoir.Take();
  reservoir.Forget(rows.customers[0]);
  const Rows after = reservoir.Take();
  EXPECT_EQ(after.size(), rows.size() - 1);
  EXPECT_FALSE(std::ranges::count(after.customers, rows.customers[0]));
  EXPECT_EQ(reservoir.size(), static_cast<std::size_t>(after.size()));
}

TEST(ReservoirTest, ReadsItsStateBackAndGoesOnAsIfNothingHadHappened) {
  const std::vector<Row> rows = Stream(2'000);
  const ReservoirOptions options = {.rows_max = 150, .quota = 15};
  const std::size_t half = rows.size() / 2;
  Reservoir first =
      Filled({rows.begin(), rows.begin() + static_cast<std::ptrdiff_t>(half)}, options);
  Reservoir second(options, TwoFeatures());
  ASSERT_TRUE(second.Decode(first.Encode()).ok());
  EXPECT_EQ(first.Encode(), second.Encode());
  for (std::size_t i = half; i < rows.size(); ++i) {
    first.Offer(rows[i]);
    second.Offer(rows[i]);
  }
  EXPECT_EQ(first.Encode(), second.Encode());
  EXPECT_EQ(first.Take().weights, second.Take().weights);
}

TEST(ReservoirTest, RefusesDamagedStateAndStaysAsItWas) {
  Reservoir reservoir = Filled(Stream(50), {.rows_max = 20, .quota = 5});
  const std::string state = reservoir.Encode();
  for (std::size_t at = 0; at < state.size(); at += 7) {
    std::string damaged = state;
    damaged[at] = static_cast<char>(damaged[at] ^ 0x10);
    const Status status = reservoir.Decode(damaged);
    ASSERT_FALSE(status.ok()) << at;
    EXPECT_EQ(status.error().code, Code::kCorruption);
    EXPECT_FALSE(reservoir.Decode(state.substr(0, at)).ok());
  }
  EXPECT_EQ(reservoir.Encode(), state);
  Reservoir other({}, {{"aov"}, {}, {}});
  EXPECT_EQ(other.Decode(state).error().code, Code::kCorruption);
}

}  // namespace
}  // namespace segmentd::learn
