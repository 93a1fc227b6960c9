// On public data, the figures that docs/LEARNING.md gives.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <numeric>

#include "learn/clusters.h"
#include "learn/placing.h"
#include "segmentd/base/random.h"
#include "segmentd/learn/gate.h"
#include "segmentd/learn/retrain.h"
#include "support/data_table.h"

namespace segmentd::learn {
namespace {

// The first holders of the file, as numbers of their profiles: nothing is made of them beside a
// common scale.
Rows FirstOf(const DataTable& table, Eigen::Index count) {
  Rows rows;
  rows.schema = {table.names, table.names, {}};
  rows.values = table.values.leftCols(count);
  for (Eigen::Index i = 0; i < count; ++i) {
    rows.customers.push_back(Random(static_cast<std::uint64_t>(i)).Next());
    rows.as_of_ms.push_back(i);
    rows.weights.push_back(1);
  }
  return rows;
}

double ErrorOn(const model::Bundle& bundle, const Rows& rows, Eigen::Index from) {
  const model::Vector errors = Place(bundle, rows).errors;
  return double{errors.tail(errors.size() - from).mean()};
}

struct CreditCardTest : ::testing::Test {
  CreditCardTest() : table(ReadCreditCards()) {
    options.embedding = model::EmbeddingKind::kDae;
    options.k_min = 6;
    options.k_max = 6;
    options.fit_risk = false;
  }
  void SetUp() override {
    if (table.absent()) GTEST_SKIP() << kDataAbsent;
    first = table.values.cols() * 7 / 10;
    grown = table.values.cols() * 85 / 100;
  }

  Retrained Train(const model::Bundle* champion, Eigen::Index count) const {
    auto trained = Retrain(champion, FirstOf(table, count), options, {});
    EXPECT_TRUE(trained.ok()) << trained.error().message;
    return *std::move(trained);
  }

  DataTable table;
  Options options;
  Eigen::Index first = 0;
  Eigen::Index grown = 0;
};

TEST_F(CreditCardTest, TheAutoencoderGivesBackHoldersItNeverSawBetterThanPca) {
  const Rows all = FirstOf(table, table.values.cols());
  const Retrained dae = Train(nullptr, first);
  EXPECT_EQ(dae.challenger.embedding.kind, model::EmbeddingKind::kDae);
  const double error = ErrorOn(dae.challenger, all, first);
  options.embedding = model::EmbeddingKind::kPca;
  const double pca = ErrorOn(Train(nullptr, first).challenger, all, first);
  EXPECT_LE(error, 0.036);
  EXPECT_NEAR(pca, 0.082, 0.002);
  RecordProperty("error", std::to_string(error));
  RecordProperty("pca", std::to_string(pca));
}

TEST_F(CreditCardTest, SixSegmentsAreChosen) {
  const model::Matrix points = Standardised(table.values).cwiseMax(-4.0F).cwiseMin(4.0F);
  options.k_min = 4;
  options.k_max = 8;
  const std::vector<double> weights(static_cast<std::size_t>(points.cols()), 1);
  const auto chosen = ChooseClusters(points, weights, options, {});
  ASSERT_TRUE(chosen.ok());
  EXPECT_EQ(chosen->fit.centroids.cols(), 6);
  EXPECT_EQ(chosen->knee, 6);
  for (const KScore& score : chosen->by_k) {
    RecordProperty("k" + std::to_string(score.k),
                   fmt::format("PS {:.3f}, simplified silhouette {:.3f}, CH {:.0f}, score {:.2f}",
                               score.prediction_strength, score.silhouette, score.calinski_harabasz,
                               score.score));
  }
}

TEST_F(CreditCardTest, AWarmRetrainOnGrownDataMovesFewAndKeepsTheSegments) {
  const Retrained before = Train(nullptr, first);
  const Retrained after = Train(&before.challenger, grown);
  EXPECT_TRUE(after.report.embedding.warm);
  EXPECT_LE(after.report.movement.moved, 0.04);
  EXPECT_GE(after.report.movement.adjusted_rand, 0.92);
  EXPECT_LE(after.report.clusters.inertia, 1.03 * after.report.clusters.cold_inertia);
  const Verdict verdict = Judge(after.challenger, after.report, {});
  EXPECT_TRUE(verdict.accepted) << verdict.reason;
  RecordProperty("moved", std::to_string(after.report.movement.moved));
  RecordProperty("verdict", VerdictJson(verdict));
}

}  // namespace
}  // namespace segmentd::learn
