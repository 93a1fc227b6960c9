#include "segmentd/learn/retrain.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <set>

#include "customers.h"
#include "segmentd/learn/gate.h"
#include "segmentd/model/kmeans.h"

namespace segmentd::learn {
namespace {

using testing::Contains;
using testing::HasSubstr;

Retrained Train(const model::Bundle* champion, const Rows& rows, const Options& options) {
  auto trained = Retrain(champion, rows, options, {});
  EXPECT_TRUE(trained.ok()) << trained.error().message;
  return *std::move(trained);
}

std::set<std::uint32_t> IdsOf(const model::Bundle& bundle) {
  std::set<std::uint32_t> ids;
  for (const model::Segment& segment : bundle.segments) ids.insert(segment.id.value());
  return ids;
}

TEST(RetrainTest, MakesAFirstModelThatReadsBack) {
  const Retrained first = Train(nullptr, MakeRows({}), SmallOptions());
  EXPECT_TRUE(first.report.first);
  EXPECT_EQ(first.challenger.sequence, 1U);
  EXPECT_EQ(first.challenger.segments.size(), 4U);
  EXPECT_EQ(first.challenger.next_segment_id, 5U);
  EXPECT_EQ(first.challenger.parent, "");
  EXPECT_NE(first.challenger.risk.kind, risk::Kind::kNone);
  const auto read = model::DecodeBundle(model::EncodeBundle(first.challenger));
  EXPECT_TRUE(read.ok()) << read.error().message;
  EXPECT_TRUE(Judge(first.challenger, first.report, {}).accepted)
      << VerdictJson(Judge(first.challenger, first.report, {}));
}

TEST(RetrainTest, GivesTheSameBytesForTheSameSeedAndRows) {
  const Rows rows = MakeRows({});
  const Retrained first = Train(nullptr, rows, SmallOptions());
  EXPECT_EQ(model::EncodeBundle(first.challenger),
            model::EncodeBundle(Train(nullptr, rows, SmallOptions()).challenger));
  EXPECT_EQ(model::EncodeBundle(Train(&first.challenger, rows, SmallOptions()).challenger),
            model::EncodeBundle(Train(&first.challenger, rows, SmallOptions()).challenger));
}

TEST(RetrainTest, KeepsIdsAndNamesOverAWarmRetrainOnOtherRows) {
  Retrained first = Train(nullptr, MakeRows({}), SmallOptions());
  first.challenger.currency = "EUR";
  const Retrained second =
      Train(&first.challenger, MakeRows({.customers = 600, .seed = 2}), SmallOptions());
  EXPECT_EQ(second.challenger.sequence, 2U);
  EXPECT_EQ(second.challenger.parent, model::BundleVersion(model::EncodeBundle(first.challenger)));
  EXPECT_EQ(second.challenger.currency, "EUR");
  EXPECT_EQ(IdsOf(second.challenger), IdsOf(first.challenger));
  EXPECT_TRUE(second.report.clusters.anchored);
  EXPECT_LT(second.report.movement.moved, 0.01);
  EXPECT_GT(second.report.movement.adjusted_rand, 0.98);
  for (std::size_t i = 0; i < first.challenger.segments.size(); ++i) {
    EXPECT_EQ(second.challenger.segments[i].name(), first.challenger.segments[i].name());
  }
  EXPECT_TRUE(Judge(second.challenger, second.report, {}).accepted)
      << Judge(second.challenger, second.report, {}).reason;
}

TEST(RetrainTest, FindsItsSegmentsAgainFromNothing) {
  const Retrained first = Train(nullptr, MakeRows({}), SmallOptions());
  Options options = SmallOptions();
  options.cold = true;
  options.seed = 77;
  const Retrained second = Train(&first.challenger, MakeRows({.seed = 3}), options);
  EXPECT_EQ(IdsOf(second.challenger), IdsOf(first.challenger));
  EXPECT_LT(second.report.movement.moved, 0.01);
  EXPECT_FALSE(second.report.clusters.anchored);
}

TEST(RetrainTest, RetiresASegmentThatLostItsCustomersAndNeverGivesItsIdAgain) {
  const Rows all = MakeRows({});
  const Retrained first = Train(nullptr, all, SmallOptions());
  Rows three = all;
  Eigen::Index kept = 0;
  for (Eigen::Index i = 0; i < all.size(); ++i) {
    if (i % 4 == 3) continue;
    three.values.col(kept) = all.values.col(i);
    three.customers[static_cast<std::size_t>(kept)] = all.customers[static_cast<std::size_t>(i)];
    ++kept;
  }
  three.values.conservativeResize(Eigen::NoChange, kept);
  three.customers.resize(static_cast<std::size_t>(kept));
  three.as_of_ms.resize(static_cast<std::size_t>(kept));
  three.weights.resize(static_cast<std::size_t>(kept));
  const Retrained second = Train(&first.challenger, three, SmallOptions());
  ASSERT_EQ(second.challenger.segments.size(), 3U);
  ASSERT_EQ(second.challenger.lineage.size(), 1U);
  const model::Lineage& retired = second.challenger.lineage[0];
  EXPECT_EQ(retired.kind, model::Lineage::Kind::kRetired);
  EXPECT_EQ(retired.sequence, 2U);

  Options cold = SmallOptions();
  cold.cold = true;
  const Retrained third = Train(&second.challenger, all, cold);
  ASSERT_EQ(third.challenger.segments.size(), 4U);
  EXPECT_FALSE(IdsOf(third.challenger).contains(retired.parent.value()));
  EXPECT_TRUE(IdsOf(third.challenger).contains(5));
  EXPECT_TRUE(model::DecodeBundle(model::EncodeBundle(third.challenger)).ok());
}

// Every second customer of the first kind begins to buy for little money.
Rows WithANewKind(int customers, std::uint64_t seed) {
  Rows rows = MakeRows({.customers = customers, .seed = seed});
  for (Eigen::Index i = 0; i < rows.size(); i += 8) {
    for (const Eigen::Index row : {3, 4, 9}) rows.values(row, i) /= 40;
  }
  return rows;
}

TEST(RetrainTest, SplitsASegmentInTwoAndRecordsWhereTheNewOneCameFrom) {
  const Retrained first = Train(nullptr, MakeRows({.customers = 800}), SmallOptions());
  const Retrained second = Train(&first.challenger, WithANewKind(800, 2), SmallOptions());
  ASSERT_EQ(second.challenger.segments.size(), 5U);
  ASSERT_EQ(second.challenger.lineage.size(), 1U);
  const model::Lineage& split = second.challenger.lineage[0];
  EXPECT_EQ(split.kind, model::Lineage::Kind::kSplit);
  EXPECT_EQ(split.child, SegmentId{5});
  EXPECT_TRUE(IdsOf(first.challenger).contains(split.parent.value()));
  EXPECT_EQ(second.challenger.segments[4].names.front().first, 2U);
  std::set<std::string_view> names;
  for (const model::Segment& segment : second.challenger.segments) names.insert(segment.name());
  EXPECT_EQ(names.size(), 5U);
  EXPECT_TRUE(model::DecodeBundle(model::EncodeBundle(second.challenger)).ok());
  // An eighth of all changed segments, and nobody else.
  EXPECT_NEAR(second.report.movement.moved, 0.125, 0.01);
  EXPECT_GT(second.report.movement.adjusted_rand, 0.98) << "that it was split is on record";
}

// Warm, cold and on a part of the customers: a segment goes on, or its end is on record.
TEST(RetrainTest, LosesNoSegmentWithoutARecord) {
  for (const bool cold : {false, true}) {
    Options options = SmallOptions();
    options.cold = cold;
    Retrained last = Train(nullptr, MakeRows({.customers = 800}), options);
    for (std::uint64_t seed = 2; seed <= 4; ++seed) {
      options.seed = seed;
      Rows rows = seed % 2 == 0 ? WithANewKind(800, seed)
                                : MakeRows({.customers = 400, .seed = seed, .noise = 3});
      Retrained next = Train(&last.challenger, rows, options);
      std::set<std::uint32_t> there = IdsOf(next.challenger);
      for (const model::Lineage& entry : next.challenger.lineage) {
        const bool ends = entry.kind == model::Lineage::Kind::kMerged ||
                          entry.kind == model::Lineage::Kind::kRetired;
        if (ends && entry.sequence == next.challenger.sequence) there.insert(entry.parent.value());
      }
      for (const std::uint32_t id : IdsOf(last.challenger)) {
        EXPECT_TRUE(there.contains(id)) << "seg-" << id << " of model " << seed;
      }
      last = std::move(next);
    }
  }
}

TEST(RetrainTest, NeverSplitsBeyondTheRangeOfK) {
  const Retrained first = Train(nullptr, MakeRows({.customers = 800}), SmallOptions());
  Options options = SmallOptions();
  options.k_max = 4;
  const Retrained second = Train(&first.challenger, WithANewKind(800, 2), options);
  EXPECT_EQ(second.challenger.segments.size(), 4U);
}

TEST(RetrainTest, TrainsAnAutoencoderWhereThereAreRowsEnoughAndPcaWhereNot) {
  Options options = SmallOptions();
  options.embedding = model::EmbeddingKind::kDae;
  const Retrained few = Train(nullptr, MakeRows({}), options);
  EXPECT_EQ(few.challenger.embedding.kind, model::EmbeddingKind::kPca);
  EXPECT_THAT(few.report.notes, Contains(HasSubstr("dae needs 2000 rows")));

  options.embedding_size = 3;  // five numbers make a customer of the crowd
  const Retrained many = Train(nullptr, MakeRows({.customers = 2'200}), options);
  ASSERT_EQ(many.challenger.embedding.kind, model::EmbeddingKind::kDae)
      << testing::PrintToString(many.report.notes);
  EXPECT_LT(many.report.embedding.error, 0.95 * many.report.embedding.pca_error);
  EXPECT_EQ(many.challenger.segments.size(), 4U);
  EXPECT_TRUE(model::DecodeBundle(model::EncodeBundle(many.challenger)).ok());

  const Retrained warm =
      Train(&many.challenger, MakeRows({.customers = 2'400, .seed = 5}), options);
  EXPECT_TRUE(warm.report.embedding.warm);
  EXPECT_LT(warm.report.movement.moved, 0.01);
  EXPECT_TRUE(Judge(warm.challenger, warm.report, {}).accepted)
      << Judge(warm.challenger, warm.report, {}).reason;
}

TEST(RetrainTest, TrainsAutoencodersOnWhateverIsThere) {
  Rows rows = MakeRows({.customers = 2'000});
  Random random(9);
  for (int i = 0; i < 2'000; ++i) {
    rows.values(static_cast<Eigen::Index>(random.Below(10)), i) =
        i % 3 == 0 ? kMissing : (i % 3 == 1 ? -HUGE_VAL : 1e300);
  }
  rows.values.row(5).setConstant(0.1);
  rows.values.row(2).setConstant(kMissing);
  Options options = SmallOptions();
  options.embedding_size = 3;
  options.k_max = 4;
  for (const auto kind : {model::EmbeddingKind::kDae, model::EmbeddingKind::kVae}) {
    options.embedding = kind;
    const Retrained trained = Train(nullptr, rows, options);
    EXPECT_TRUE(trained.report.finite);
    EXPECT_EQ(trained.report.embedding.restored, 0);
    EXPECT_GT(trained.report.embedding.epochs, 0);
    EXPECT_LT(trained.report.embedding.last_loss, trained.report.embedding.first_loss);
    EXPECT_TRUE(model::DecodeBundle(model::EncodeBundle(trained.challenger)).ok());
  }
}

// Of a Gaussian cloud there is nothing to know beyond its axes.
TEST(RetrainTest, StaysWithPcaWhereAnAutoencoderIsNoBetter) {
  Rows rows;
  rows.schema = {{"a", "b", "c", "d"}, {"a", "b", "c", "d"}, {}};
  Random random(4);
  rows.values.resize(4, 2'000);
  for (double& value : rows.values.reshaped()) value = random.Normal();
  for (int i = 0; i < 2'000; ++i) {
    rows.customers.push_back(random.Next());
    rows.as_of_ms.push_back(kNowMs);
    rows.weights.push_back(1);
  }
  Options options = SmallOptions();
  options.embedding = model::EmbeddingKind::kDae;
  const Retrained trained = Train(nullptr, rows, options);
  EXPECT_EQ(trained.challenger.embedding.kind, model::EmbeddingKind::kPca);
  EXPECT_THAT(trained.report.notes, Contains(HasSubstr("the error of the dae is")));
}

TEST(RetrainTest, PassesOverIdsThatAreTaken) {
  Options options = SmallOptions();
  options.next_segment_id = 20;
  EXPECT_EQ(IdsOf(Train(nullptr, MakeRows({}), options).challenger),
            (std::set<std::uint32_t>{20, 21, 22, 23}));
}

TEST(RetrainTest, KeepsItsScalerWhileItFits) {
  const Retrained first = Train(nullptr, MakeRows({}), SmallOptions());
  const auto spend = [](const model::Bundle& bundle) { return bundle.scaler.rows[3].centre; };
  const Retrained same = Train(&first.challenger, MakeRows({.seed = 2}), SmallOptions());
  EXPECT_EQ(spend(same.challenger), spend(first.challenger));
  const Retrained other = Train(&first.challenger, MakeRows({.shift = 5}), SmallOptions());
  EXPECT_GT(spend(other.challenger), spend(first.challenger));
}

TEST(RetrainTest, KeepsSegmentsOverAChangeOfFeatures) {
  const Rows rows = MakeRows({});
  const Retrained first = Train(nullptr, rows, SmallOptions());
  Rows fewer = rows;
  fewer.schema.features.resize(9);
  fewer.values = rows.values.topRows(9).eval();
  const Retrained second = Train(&first.challenger, fewer, SmallOptions());
  EXPECT_EQ(second.challenger.features.size(), 9U);
  EXPECT_EQ(IdsOf(second.challenger), IdsOf(first.challenger));
  EXPECT_LT(second.report.movement.moved, 0.02);
  EXPECT_EQ(second.challenger.risk.r, first.challenger.risk.r);
  EXPECT_THAT(second.report.notes, Contains(HasSubstr("risk is as before")));
}

TEST(RetrainTest, TakesWhatIsNotFiniteForMissing) {
  Rows rows = MakeRows({});
  Random random(9);
  for (int i = 0; i < 200; ++i) {
    rows.values(static_cast<Eigen::Index>(random.Below(10)),
                static_cast<Eigen::Index>(random.Below(400))) =
        i % 3 == 0 ? kMissing : (i % 3 == 1 ? HUGE_VAL : 1e300);
  }
  const Retrained trained = Train(nullptr, rows, SmallOptions());
  EXPECT_TRUE(trained.report.finite);
  EXPECT_TRUE(model::DecodeBundle(model::EncodeBundle(trained.challenger)).ok());
}

TEST(RetrainTest, MakesDoWithConstantFeaturesAndCustomersThatAreAllAlike) {
  Rows rows = MakeRows({});
  rows.values.row(5).setConstant(0.1);
  EXPECT_TRUE(Train(nullptr, rows, SmallOptions()).challenger.scaler.rows[5].constant);

  rows.values = rows.values.col(0).replicate(1, rows.size()).eval();
  const Retrained alike = Train(nullptr, rows, SmallOptions());
  EXPECT_EQ(alike.challenger.segments.size(), 1U);
  EXPECT_TRUE(model::DecodeBundle(model::EncodeBundle(alike.challenger)).ok());
  EXPECT_TRUE(Judge(alike.challenger, alike.report, {}).accepted);
}

TEST(RetrainTest, HasNoMoreSegmentsThanThereAreDifferentCustomers) {
  Rows rows = MakeRows({.customers = 40});
  for (Eigen::Index i = 0; i < 40; ++i) rows.values.col(i) = rows.values.col(i % 2).eval();
  Options options = SmallOptions();
  options.k_min = 5;
  EXPECT_EQ(Train(nullptr, rows, options).challenger.segments.size(), 2U);
}

TEST(RetrainTest, SaysWhatIsMissing) {
  EXPECT_EQ(Retrain(nullptr, MakeRows({.customers = 19}), SmallOptions(), {}).error().code,
            Code::kConfig);
  Options options = SmallOptions();
  options.k_min = 9;
  EXPECT_EQ(Retrain(nullptr, MakeRows({}), options, {}).error().code, Code::kConfig);
}

TEST(RetrainTest, StopsWhenItIsTold) {
  int calls = 0;
  while (true) {
    int left = calls;
    const auto trained = Retrain(nullptr, MakeRows({}), SmallOptions(),
                                 [&](std::string_view, double) { return left-- > 0; });
    if (trained.ok()) break;
    EXPECT_EQ(trained.error().code, Code::kCancelled);
    ++calls;
    ASSERT_LT(calls, 100);
  }
  EXPECT_GE(calls, 3);
}

}  // namespace
}  // namespace segmentd::learn
