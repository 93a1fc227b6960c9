#include "learn/autoencoder.h"

#include <gtest/gtest.h>

#include <cmath>
#include <cstring>
#include <limits>

#include "segmentd/base/random.h"
#include "segmentd/learn/placing.h"

namespace segmentd::learn {
namespace {

// Points on a bent surface: two numbers tell them, and no plane holds them.
struct Bent {
  explicit Bent(int count, std::uint64_t seed = 1) : scaled(6, count) {
    Random random(seed);
    for (int i = 0; i < count; ++i) {
      const double u = random.Normal();
      const double v = random.Normal();
      const Eigen::Matrix<double, 6, 1> point = {
          u, v, u * u - 1, std::abs(v) - 0.8, u * v, std::sin(2 * u)};
      scaled.col(i) = point.cast<float>().cwiseMax(-4).cwiseMin(4);
      held_out.push_back(i % 10 == 0);
    }
    limits = model::Matrix::Ones(6, count);
    weights.assign(static_cast<std::size_t>(count), 1);
    pca = model::FitPca(scaled, 3).embedding;
  }

  Lessons lessons(const model::Matrix* anchors = nullptr) const {
    return {scaled, limits, weights, held_out, anchors};
  }
  AutoencoderFit Fit(const AutoencoderOptions& options,
                     const AutoencoderFit* warm = nullptr) const {
    auto fit = FitAutoencoder(lessons(), pca, warm, options, {});
    EXPECT_TRUE(fit.ok());
    return *std::move(fit);
  }
  double Error(const model::Embedding& embedding, const model::Decoder& decoder) const {
    return double{Errors(decoder, scaled, Codes(embedding, scaled), limits).mean()};
  }

  model::Matrix scaled;
  model::Matrix limits;
  std::vector<double> weights;
  std::vector<bool> held_out;
  model::Embedding pca;
};

AutoencoderOptions Small() { return {.codes = 3, .epochs = 8, .rate = 3e-3F}; }

bool SameBits(const AutoencoderFit& a, const AutoencoderFit& b) {
  const auto same = [](const model::Matrix& x, const model::Matrix& y) {
    return std::memcmp(x.data(), y.data(), static_cast<std::size_t>(x.size()) * sizeof(float)) == 0;
  };
  bool all = same(a.embedding.skip, b.embedding.skip) && same(a.decoder.skip, b.decoder.skip);
  for (std::size_t i = 0; i < a.embedding.layers.size(); ++i) {
    all = all && same(a.embedding.layers[i].weights, b.embedding.layers[i].weights) &&
          same(a.decoder.layers[i].weights, b.decoder.layers[i].weights);
  }
  return all;
}

TEST(AutoencoderTest, LearnsWhatPcaCannot) {
  const Bent data(2'000);
  const AutoencoderFit fit = data.Fit(Small());
  EXPECT_LT(fit.last_loss, 0.6 * fit.first_loss);
  EXPECT_EQ(fit.restored, 0);
  EXPECT_LT(data.Error(fit.embedding, fit.decoder),
            0.6 * data.Error(data.pca, model::TransposedDecoder(data.pca)));
}

TEST(AutoencoderTest, GivesTheSameBitsForTheSameSeedAndOthersForAnother) {
  const Bent data(600);
  AutoencoderOptions options = Small();
  options.epochs = 2;
  const AutoencoderFit first = data.Fit(options);
  EXPECT_TRUE(SameBits(first, data.Fit(options)));
  options.seed = 2;
  EXPECT_FALSE(SameBits(first, data.Fit(options)));
}

TEST(AutoencoderTest, GoesOnFromWhereItStands) {
  const Bent data(1'000);
  const AutoencoderFit first = data.Fit(Small());
  AutoencoderOptions options = Small();
  options.epochs = 1;
  options.rate = 3e-4F;
  const AutoencoderFit second = data.Fit(options, &first);
  EXPECT_NEAR(second.first_loss, first.last_loss, 1e-6);
  EXPECT_LE(second.last_loss, second.first_loss);
}

TEST(AutoencoderTest, StaysNearToItsAnchors) {
  const Bent data(800);
  const AutoencoderFit first = data.Fit(Small());
  const model::Matrix before = Codes(first.embedding, data.scaled);
  const auto moved = [&](float anchor) {
    AutoencoderOptions options = Small();
    options.epochs = 20;
    options.anchor = anchor;
    const auto fit = FitAutoencoder(data.lessons(&before), data.pca, &first, options, {});
    return (Codes(fit->embedding, data.scaled) - before).norm();
  };
  EXPECT_LT(moved(1), 0.6F * moved(0));
}

TEST(AutoencoderTest, NeverLearnsFromTheHeldOut) {
  Bent data(600);
  AutoencoderOptions options = Small();
  options.epochs = 2;
  const AutoencoderFit first = data.Fit(options);
  for (Eigen::Index i = 0; i < 600; i += 10) data.scaled.col(i) *= 0.5F;
  const AutoencoderFit second = data.Fit(options);
  EXPECT_NE(first.last_loss, second.last_loss);
  EXPECT_TRUE(SameBits(first, second));
}

TEST(AutoencoderTest, TakesNoNoticeOfValuesThatAreNotKnown) {
  Bent data(400);
  AutoencoderOptions options = Small();
  options.epochs = 2;
  data.limits.row(3).setZero();
  const AutoencoderFit fit = data.Fit(options);
  EXPECT_TRUE(std::isfinite(fit.last_loss));
  EXPECT_LT(fit.last_loss, fit.first_loss);
}

TEST(AutoencoderTest, GoesBackToItsLastGoodStateAndGivesUpInTheEnd) {
  Bent data(600);
  AutoencoderOptions options = Small();
  data.scaled(2, 7) = std::numeric_limits<float>::infinity();  // no scaler gives this
  const AutoencoderFit fit = data.Fit(options);
  EXPECT_TRUE(fit.abandoned);
  EXPECT_EQ(fit.restored, 4);
  EXPECT_EQ(fit.epochs, 0);
  EXPECT_TRUE(fit.embedding.skip.allFinite());
  EXPECT_EQ(fit.last_loss, fit.first_loss);
}

TEST(AutoencoderTest, GoesBackAndOnAtASlowerRateWhenItsLossExplodes) {
  const Bent data(2'000);
  AutoencoderOptions options = Small();
  options.rate = 0.7F;
  const AutoencoderFit fit = data.Fit(options);
  EXPECT_GE(fit.restored, 1);
  EXPECT_TRUE(std::isfinite(fit.last_loss));
  EXPECT_LE(fit.last_loss, fit.first_loss);
}

TEST(AutoencoderTest, UsesTheDimensionsOfAVariationalCode) {
  const Bent data(2'000);
  AutoencoderOptions options = Small();
  options.variational = true;
  const AutoencoderFit fit = data.Fit(options);
  EXPECT_EQ(fit.embedding.kind, model::EmbeddingKind::kVae);
  EXPECT_LT(fit.last_loss, fit.first_loss);
  const model::Matrix codes = Codes(fit.embedding, data.scaled);
  const Eigen::VectorXf variances =
      (codes.colwise() - codes.rowwise().mean()).rowwise().squaredNorm() / 2'000;
  EXPECT_GT(variances.minCoeff(), 0.01F * variances.maxCoeff());
}

TEST(AutoencoderTest, StopsWhenItIsTold) {
  const Bent data(300);
  const auto fit = FitAutoencoder(data.lessons(), data.pca, nullptr, Small(),
                                  [](double share) { return share < 0.3; });
  ASSERT_FALSE(fit.ok());
  EXPECT_EQ(fit.error().code, Code::kCancelled);
}

}  // namespace
}  // namespace segmentd::learn
