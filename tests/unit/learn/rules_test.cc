#include "segmentd/learn/rules.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

#include "customers.h"
#include "segmentd/learn/gate.h"
#include "segmentd/learn/placing.h"

namespace segmentd::learn {
namespace {

using testing::HasSubstr;

TEST(RulesTest, PlaceEachCustomerWithTheArchetypeItIsLike) {
  const Rows rows = MakeRows({.customers = 60});
  const auto made = MakeRules(rows, {});
  ASSERT_TRUE(made.ok()) << made.error().message;
  const model::Bundle& bundle = made->challenger;
  const Placed placed = Place(bundle, rows);
  const auto name_of = [&](int customer) {
    return std::string(bundle.segments[static_cast<std::size_t>(placed.labels[customer])].name());
  };
  for (int i = 0; i < 60; i += 4) {
    EXPECT_THAT(name_of(i), testing::AnyOf("Champions", "Loyal")) << "often, much, lately";
    EXPECT_THAT(name_of(i + 2), testing::AnyOf("Lost", "Hibernating")) << "once, long ago";
    EXPECT_THAT(name_of(i + 3), testing::AnyOf("New", "Promising")) << "for three weeks";
  }
}

TEST(RulesTest, AreAModelThatTravelsAndPassesTheGateThoughSegmentsAreEmpty) {
  const auto made = MakeRules(MakeRows({.customers = 24}), {.next_segment_id = 5});
  ASSERT_TRUE(made.ok());
  const std::string encoded = model::EncodeBundle(made->challenger);
  const auto decoded = model::DecodeBundle(encoded);
  ASSERT_TRUE(decoded.ok()) << decoded.error().message;
  EXPECT_EQ(model::EncodeBundle(*decoded), encoded);
  EXPECT_EQ(decoded->segments.front().id, SegmentId{5});
  EXPECT_TRUE(std::ranges::any_of(decoded->segments, [](const auto& s) { return s.share == 0; }));
  EXPECT_TRUE(Judge(*decoded, made->report, {}).accepted);
}

TEST(RulesTest, NeedSomethingToTellCustomersApartBy) {
  Rows rows = MakeRows({.customers = 30});
  EXPECT_EQ(MakeRules(MakeRows({.customers = 19}), {}).error().code, Code::kConfig);
  for (const int row : {0, 1, 2, 3, 6, 8, 9}) rows.values.row(row).setConstant(3);
  const auto alike = MakeRules(rows, {});
  ASSERT_FALSE(alike.ok());
  EXPECT_THAT(alike.error().message, HasSubstr("idle_days"));
}

}  // namespace
}  // namespace segmentd::learn
