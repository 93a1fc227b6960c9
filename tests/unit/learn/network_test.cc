#include "learn/network.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstring>

namespace segmentd::learn {
namespace {

constexpr int kInputs = 9;
constexpr int kCodes = 3;

Lanes RandomLanes(Eigen::Index columns, std::uint64_t seed, double scale = 1) {
  Random random(seed);
  Lanes lanes(model::kBlockColumns, columns);
  for (float& value : lanes.reshaped()) value = static_cast<float>(scale * random.Normal());
  return lanes;
}

Examples MakeExamples(bool variational) {
  Examples examples;
  examples.noisy = RandomLanes(kInputs, 1);
  examples.target = RandomLanes(kInputs, 2, 1.5);
  examples.limits = Lanes::Ones(model::kBlockColumns, kInputs);
  examples.limits.col(2).setConstant(0.5F);
  examples.limits.topRows(20).col(4).setZero();  // not known
  examples.anchors = RandomLanes(kCodes, 3);
  if (variational) examples.draws = RandomLanes(kCodes, 4);
  examples.weights.setConstant(0.5F);
  examples.weights.tail(10).setZero();
  return examples;
}

Network MakeNetwork(bool variational) {
  Network network(kInputs, kCodes, variational);
  model::Matrix points(kInputs, 200);
  Random random(8);
  for (float& value : points.reshaped()) value = static_cast<float>(random.Normal());
  network.StartFrom(model::FitPca(points, kCodes).embedding, random);
  // So that every layer matters.
  for (float& parameter : network.parameters()) {
    if (parameter != 0) parameter += static_cast<float>(0.15 * random.Normal());
  }
  return network;
}

std::vector<std::size_t> Checked(Network& network) {
  std::vector<bool> is_weight(network.parameters().size());
  for (const Network::Range& range : network.decaying()) {
    std::fill(is_weight.begin() + static_cast<std::ptrdiff_t>(range.begin),
              is_weight.begin() + static_cast<std::ptrdiff_t>(range.end), true);
  }
  std::vector<std::size_t> checked;
  for (std::size_t i = 0; i < is_weight.size(); ++i) {
    if (!is_weight[i] || i % 7 == 0) checked.push_back(i);
  }
  return checked;
}

// The biases and every seventh weight of all layers of both towers, against the slope of the loss.
void CheckGradient(bool variational, const LossWeights& losses) {
  Network network = MakeNetwork(variational);
  const Examples examples = MakeExamples(variational);
  std::vector<float> gradient(network.parameters().size());
  network.Pass(examples, losses, 0.05F, gradient);
  constexpr float kStep = 4e-3F;
  double largest = 0;
  double worst = 0;
  int checked = 0;
  for (const std::size_t i : Checked(network)) {
    float& parameter = network.parameters()[i];
    const float kept = parameter;
    if (kept == 0 && gradient[i] == 0) continue;  // fills up a step of the kernel
    parameter = kept + kStep;
    const double above = network.Pass(examples, losses, 0.05F, {}).total();
    parameter = kept - kStep;
    const double below = network.Pass(examples, losses, 0.05F, {}).total();
    parameter = kept;
    const double slope = (above - below) / (2 * double{kStep});
    largest = std::max(largest, std::abs(slope));
    worst = std::max(worst, std::abs(slope - double{gradient[i]}));
    ASSERT_NEAR(gradient[i], slope, 2e-3 + 0.02 * std::abs(slope)) << "parameter " << i;
    ++checked;
  }
  EXPECT_GT(checked, 700);
  EXPECT_GT(largest, 0.1);
  EXPECT_LT(worst, 0.01 * largest);
}

TEST(NetworkTest, HasTheGradientOfItsLoss) { CheckGradient(false, {}); }

TEST(NetworkTest, HasTheGradientOfTheAnchor) { CheckGradient(false, {.anchor = 0.7F}); }

TEST(NetworkTest, HasTheGradientOfAVariationalCode) {
  CheckGradient(true, {.anchor = 0.2F, .divergence = 0.3F});
}

TEST(NetworkTest, TakesNoNoticeOfWhatIsNotKnownAndOfLanesThatAreNobody) {
  Network network = MakeNetwork(false);
  Examples examples = MakeExamples(false);
  const double loss = network.Pass(examples, {.anchor = 1}, 1, {}).total();
  examples.target.topRows(20).col(4).setConstant(1e6F);
  examples.target.bottomRows(10).setConstant(-1e6F);
  examples.anchors.bottomRows(10).setConstant(-1e6F);
  EXPECT_EQ(network.Pass(examples, {.anchor = 1}, 1, {}).total(), loss);
}

TEST(NetworkTest, StartsAsThePcaAndComputesAsTheEmbeddingThatItStores) {
  model::Matrix points(kInputs, model::kBlockColumns);
  Random random(3);
  for (float& value : points.reshaped()) value = static_cast<float>(random.Normal() + 0.3);
  const model::Pca pca = model::FitPca(points, kCodes);
  Network network(kInputs, kCodes, false);
  network.StartFrom(pca.embedding, random);
  model::Embedding embedding;
  model::Decoder decoder;
  network.Store(embedding, decoder);
  model::Matrix linear, codes, back;
  pca.embedding.Apply(points, linear);
  embedding.Apply(points, codes);
  decoder.Apply(codes, back);
  EXPECT_LT((codes - linear).cwiseAbs().maxCoeff(), 0.2F);

  Examples examples;
  examples.noisy = examples.target = points.transpose();
  examples.limits = Lanes::Ones(model::kBlockColumns, kInputs);
  examples.weights.setOnes();
  const double loss = network.Pass(examples, {}, 1.0F / model::kBlockColumns, {}).reconstruction;
  const Eigen::ArrayXXf off = (back - points).array().abs();
  const Eigen::ArrayXXf smooth = (off < 1).select(off.square() / 2, off - 0.5F);
  EXPECT_NEAR(loss, smooth.mean(), 1e-5);

  Network again(kInputs, kCodes, false);
  ASSERT_TRUE(again.StartFrom(embedding, decoder));
  EXPECT_EQ(std::memcmp(again.parameters().data(), network.parameters().data(),
                        network.parameters().size_bytes()),
            0);
  EXPECT_FALSE(Network(kInputs + 1, kCodes, false).StartFrom(embedding, decoder));
  EXPECT_FALSE(Network(kInputs, kCodes, false).StartFrom(pca.embedding, decoder));
}

}  // namespace
}  // namespace segmentd::learn
