#include "learn/embedding_fit.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "customers.h"
#include "segmentd/learn/placing.h"

namespace segmentd::learn {
namespace {

using testing::Contains;
using testing::HasSubstr;

// Four features that say the same: one number tells a customer, and a second dimension nothing.
TEST(FitEmbeddingTest, TakesPcaWhereAnAutoencoderLeavesItsDimensionsUnused) {
  constexpr Eigen::Index kRows = 2'000;
  Rows rows;
  rows.schema = {{"a", "b", "c", "d"}, {"a", "b", "c", "d"}, {}};
  Random random(1);
  model::Matrix scaled(4, kRows);
  for (Eigen::Index i = 0; i < kRows; ++i) {
    const double same = random.Normal();
    for (float& value : scaled.col(i)) value = static_cast<float>(same + 0.01 * random.Normal());
    rows.customers.push_back(random.Next());
    rows.weights.push_back(1);
  }
  rows.values = scaled.cast<double>();
  const Points points = {rows, scaled, model::Matrix::Ones(4, kRows), {}};
  Options options;
  for (const auto kind : {model::EmbeddingKind::kDae, model::EmbeddingKind::kVae}) {
    options.embedding = kind;
    model::Bundle bundle;
    bundle.features = rows.schema.features;
    Report report;
    ASSERT_TRUE(FitEmbedding(nullptr, nullptr, points, options, 0, {}, bundle, report).ok());
    EXPECT_EQ(report.embedding.made, model::EmbeddingKind::kPca);
    EXPECT_THAT(report.notes, Contains(HasSubstr("uses 1 of its 2 dimensions")));
    EXPECT_EQ(report.embedding.error, report.embedding.pca_error);
  }
}

// A wider spread makes each error of the same values smaller.
TEST(FitEmbeddingTest, MeasuresTheChampionsErrorInTheScaleOfTheChallenger) {
  constexpr Eigen::Index kRows = 500;
  Rows rows;
  rows.schema = {{"a", "b", "c", "d"}, {"a", "b", "c", "d"}, {}};
  Random random(1);
  rows.values.resize(4, kRows);
  for (Eigen::Index i = 0; i < kRows; ++i) {
    const double same = random.Normal();
    for (double& value : rows.values.col(i)) value = same + 0.3 * random.Normal();
    rows.customers.push_back(random.Next());
    rows.as_of_ms.push_back(0);
    rows.weights.push_back(1);
  }
  Options options;
  options.embedding = model::EmbeddingKind::kPca;
  const auto fit = [&](float centre, float spread, const model::Bundle* champion, Report& report) {
    model::Bundle bundle;
    bundle.features = rows.schema.features;
    model::ScalerRow row;
    row.centre = centre;
    row.spread = spread;
    bundle.scaler.rows.assign(4, row);
    model::Segment segment;
    segment.id = SegmentId{1};
    segment.centroid = model::Vector::Zero(2);
    bundle.segments.push_back(segment);
    model::Matrix scaled;
    bundle.scaler.Apply(rows.values, static_cast<int>(kRows), scaled);
    const Points points = {rows, scaled.leftCols(kRows), Limits(bundle.scaler, rows.values), {}};
    Placed before;
    if (champion != nullptr) before = Place(*champion, rows);
    EXPECT_TRUE(FitEmbedding(champion, champion != nullptr ? &before : nullptr, points, options, 0,
                             {}, bundle, report)
                    .ok());
    return bundle;
  };
  Report first;
  const model::Bundle champion = fit(0, 1, nullptr, first);
  Report second;
  fit(0.5, 2, &champion, second);
  EXPECT_LT(second.embedding.error, 0.3 * first.embedding.error) << "this is what a scale can do";
  EXPECT_NEAR(second.embedding.champion_error, second.embedding.error,
              0.02 * second.embedding.error);
}

}  // namespace
}  // namespace segmentd::learn
