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

}  // namespace
}  // namespace segmentd::learn
