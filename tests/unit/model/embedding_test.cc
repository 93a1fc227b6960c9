#include "segmentd/model/embedding.h"

#include <gtest/gtest.h>

#include <cmath>

#include "positions.h"

namespace segmentd::model {
namespace {

Matrix Padded(const Matrix& columns) {
  Matrix padded = Matrix::Zero(
      columns.rows(), (columns.cols() + kBlockColumns - 1) / kBlockColumns * kBlockColumns);
  padded.leftCols(columns.cols()) = columns;
  return padded;
}

Matrix Codes(const Embedding& embedding, const Matrix& columns) {
  Matrix codes;
  embedding.Apply(Padded(columns), codes);
  return codes;
}

Dense Layer(int out, int in, Activation activation, std::uint64_t seed) {
  return {RandomMatrix(out, in, seed, 0.4), RandomMatrix(out, 1, seed + 1, 0.4), activation};
}

Embedding Autoencoder(int inputs, int outputs) {
  Embedding embedding;
  embedding.kind = EmbeddingKind::kDae;
  embedding.origin = RandomMatrix(inputs, 1, 1);
  embedding.skip = RandomMatrix(outputs, inputs, 2, 0.3);
  embedding.layers = {Layer(33, inputs, Activation::kSilu, 3), Layer(16, 33, Activation::kSilu, 5),
                      Layer(outputs, 16, Activation::kLinear, 7)};
  return embedding;
}

TEST(EmbeddingTest, AddsTheSkipPathAndTheStackOfLayers) {
  const Embedding embedding = Autoencoder(7, 3);
  const Matrix columns = RandomMatrix(7, 70, 11);
  const Matrix codes = Codes(embedding, columns);
  ASSERT_EQ(codes.cols(), 2 * kBlockColumns);
  for (Eigen::Index j = 0; j < columns.cols(); ++j) {
    Eigen::VectorXd hidden = columns.col(j).cast<double>();
    for (const Dense& layer : embedding.layers) {
      hidden = (layer.weights.cast<double>() * hidden + layer.bias.cast<double>()).eval();
      if (layer.activation == Activation::kLinear) continue;
      for (double& value : hidden) value /= 1 + std::exp(-value);
    }
    const Eigen::VectorXd linear =
        embedding.skip.cast<double>() * (columns.col(j) - embedding.origin).cast<double>();
    EXPECT_TRUE(codes.col(j).cast<double>().isApprox(linear + hidden, 1e-5)) << j;
  }
}

TEST(DecoderTest, GoesTheWayBack) {
  const Matrix columns = RandomMatrix(6, 100, 4);
  const Pca pca = FitPca(columns, 6);
  Matrix codes;
  Matrix back;
  pca.embedding.Apply(Padded(columns), codes);
  TransposedDecoder(pca.embedding).Apply(codes, back);
  EXPECT_TRUE(back.leftCols(100).isApprox(columns, 1e-5F));

  Decoder deep = TransposedDecoder(pca.embedding);
  deep.layers = {Layer(5, 6, Activation::kSilu, 3), Layer(6, 5, Activation::kLinear, 5)};
  Matrix more;
  deep.Apply(codes, more);
  const Vector hidden = deep.layers[0].weights * codes.col(3) + deep.layers[0].bias;
  const Vector silu = hidden.array() / (1 + (-hidden.array()).exp());
  const Vector expected = back.col(3) + deep.layers[1].weights * silu + deep.layers[1].bias;
  EXPECT_TRUE(more.col(3).isApprox(expected, 1e-5F));
}

TEST(EmbeddingTest, StaysFiniteForActivationsFarOut) {
  Embedding embedding = IdentityEmbedding(1);
  embedding.kind = EmbeddingKind::kDae;
  embedding.skip.setZero();
  embedding.layers = {{Matrix::Constant(1, 1, 1e4F), Vector::Zero(1), Activation::kSilu}};
  Matrix columns(1, 3);
  columns << -4, 0, 4;
  const Matrix codes = Codes(embedding, columns);
  EXPECT_NEAR(codes(0, 0), 0, 1e-6);
  EXPECT_EQ(codes(0, 1), 0);
  EXPECT_FLOAT_EQ(codes(0, 2), 4e4F);
}

TEST(EmbeddingTest, LeavesColumnsAsTheyAreWhenIdentity) {
  const Matrix columns = RandomMatrix(5, 64, 3);
  EXPECT_EQ(Codes(IdentityEmbedding(5), columns), columns);
}

TEST(EmbeddingTest, GivesAColumnTheSameBitsAtEveryPosition) {
  for (const int outputs : {1, 3, 8}) {
    for (const bool deep : {false, true}) {
      Embedding embedding = Autoencoder(17, outputs);
      if (!deep) embedding.layers.clear();
      ExpectSameBitsAtEveryPosition<Matrix>(RandomMatrix(17, 3, 23), [&](const Matrix& columns) {
        return Codes(embedding, columns);
      });
    }
  }
}

TEST(EmbeddingTest, NamesItsKinds) {
  EXPECT_EQ(EmbeddingKindName(EmbeddingKind::kIdentity), "identity");
  EXPECT_EQ(EmbeddingKindName(EmbeddingKind::kPca), "pca");
  EXPECT_EQ(EmbeddingKindName(EmbeddingKind::kDae), "dae");
  EXPECT_EQ(EmbeddingKindName(EmbeddingKind::kVae), "vae");
}

TEST(PcaTest, FindsTheDirectionsOfAKnownSpread) {
  // Points at +-3 along (3, 4) / 5 and at +-1 across it, around (10, 20).
  Matrix points(2, 4);
  points << 10 + 1.8F, 10 - 1.8F, 10 - 0.8F, 10 + 0.8F, 20 + 2.4F, 20 - 2.4F, 20 + 0.6F, 20 - 0.6F;
  const Pca pca = FitPca(points, 2);
  EXPECT_TRUE(pca.embedding.origin.isApprox(Eigen::Vector2f(10, 20), 1e-6F));
  Matrix axes(2, 2);
  axes << 0.6F, 0.8F, 0.8F, -0.6F;
  EXPECT_TRUE(pca.embedding.skip.isApprox(axes, 1e-5F)) << pca.embedding.skip;
  ASSERT_EQ(pca.explained.size(), 2U);
  EXPECT_NEAR(pca.explained[0], 0.9, 1e-6);
  EXPECT_NEAR(pca.explained[1], 0.1, 1e-6);
}

TEST(PcaTest, MakesTheLargestLoadingOfEachAxisPositive) {
  const Pca pca = FitPca(RandomMatrix(6, 300, 9), 6);
  for (Eigen::Index i = 0; i < 6; ++i) {
    Eigen::Index largest = 0;
    pca.embedding.skip.row(i).cwiseAbs().maxCoeff(&largest);
    EXPECT_GT(pca.embedding.skip(i, largest), 0);
  }
}

TEST(PcaTest, ExplainsNothingWhenAllPointsAreEqual) {
  const Pca pca = FitPca(Matrix::Constant(3, 10, 2), 2);
  EXPECT_EQ(pca.explained, (std::vector<double>{0, 0}));
  EXPECT_TRUE(pca.embedding.skip.allFinite());
}

}  // namespace
}  // namespace segmentd::model
