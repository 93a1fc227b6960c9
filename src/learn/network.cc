#include "network.h"

#include <algorithm>
#include <cmath>

#include "segmentd/base/assert.h"
#include "segmentd/model/dense_kernel.h"

namespace segmentd::learn {
namespace {

using Index = Eigen::Index;

constexpr int kWide = 64;
constexpr int kNarrow = 32;
constexpr double kLastLayer = 0.01;  // of the usual deviation: at first the skip path is all
constexpr float kLogVarianceMin = -8;
constexpr float kLogVarianceMax = 4;
// Divergence below this costs nothing, in each dimension: the code is not pressed out of use.
constexpr float kFreeBits = 0.05F;

int WholeSteps(int outputs) {
  constexpr auto kStep = static_cast<int>(model::kRowStep);
  return (outputs + kStep - 1) / kStep * kStep;
}

std::span<const float> Values(const Lanes& lanes) {
  return {lanes.data(), static_cast<std::size_t>(lanes.size())};
}

std::span<float> Values(Lanes& lanes) {
  return {lanes.data(), static_cast<std::size_t>(lanes.size())};
}

}  // namespace

Network::Network(int inputs, int codes, bool variational) : variational_(variational) {
  encoder_ = AddTower({inputs, kWide, kNarrow, codes});
  if (variational_) variance_ = AddLayer(kNarrow, codes, true);
  decoder_ = AddTower({codes, kNarrow, kWide, inputs});
}

Network::Layer Network::AddLayer(int inputs, int outputs, bool has_bias) {
  Layer layer{inputs, outputs, WholeSteps(outputs), parameters_.size(), 0, has_bias};
  layer.bias =
      layer.weights + static_cast<std::size_t>(layer.rows) * static_cast<std::size_t>(inputs);
  parameters_.resize(layer.bias + static_cast<std::size_t>(has_bias ? layer.rows : 0));
  all_.push_back(layer);
  return layer;
}

Network::Tower Network::AddTower(const std::vector<int>& widths) {
  Tower tower;
  tower.skip = AddLayer(widths.front(), widths.back(), false);
  for (std::size_t i = 1; i < widths.size(); ++i) {
    tower.layers.push_back(AddLayer(widths[i - 1], widths[i], true));
  }
  return tower;
}

std::vector<Network::Range> Network::decaying() const {
  std::vector<Range> ranges;
  for (const Layer& layer : all_) ranges.push_back({layer.weights, layer.bias});
  return ranges;
}

// The mean that PCA takes away first is in the biases here, where it can be learned.
void Network::StartFrom(const model::Embedding& pca, Random& random) {
  SEGMENTD_ASSERT(pca.inputs() == inputs() && pca.outputs() == codes(), "the PCA has this shape");
  std::fill(parameters_.begin(), parameters_.end(), 0.0F);
  for (const Tower* tower : {&encoder_, &decoder_}) {
    for (std::size_t i = 0; i < tower->layers.size(); ++i) {
      const bool last = i + 1 == tower->layers.size();
      const double usual = std::sqrt(2.0 / tower->layers[i].inputs);
      Initialise(tower->layers[i], last ? kLastLayer * usual : usual, random);
    }
  }
  SetWeights(encoder_.skip, pca.skip);
  SetBias(encoder_.layers.back(), -(pca.skip * pca.origin));
  SetWeights(decoder_.skip, pca.skip.transpose());
  SetBias(decoder_.layers.back(), pca.origin);
  if (!variational_) return;
  Initialise(variance_, kLastLayer, random);
  SetBias(variance_, model::Vector::Constant(codes(), -4));
}

bool Network::StartFrom(const model::Embedding& embedding, const model::Decoder& decoder) {
  if (embedding.inputs() != inputs() || embedding.outputs() != codes() || decoder.empty() ||
      !Fits(encoder_, embedding.layers) || !Fits(decoder_, decoder.layers)) {
    return false;
  }
  std::fill(parameters_.begin(), parameters_.end(), 0.0F);
  const auto set = [this](const Tower& tower, const model::Matrix& skip,
                          const std::vector<model::Dense>& layers) {
    SetWeights(tower.skip, skip);
    for (std::size_t i = 0; i < layers.size(); ++i) {
      SetWeights(tower.layers[i], layers[i].weights);
      SetBias(tower.layers[i], layers[i].bias);
    }
  };
  set(encoder_, embedding.skip, embedding.layers);
  set(decoder_, decoder.skip, decoder.layers);
  if (variational_) SetBias(variance_, model::Vector::Constant(codes(), -4));
  return true;
}

void Network::Store(model::Embedding& embedding, model::Decoder& decoder) const {
  embedding.kind = variational_ ? model::EmbeddingKind::kVae : model::EmbeddingKind::kDae;
  embedding.origin = model::Vector::Zero(inputs());
  embedding.skip = Weights(encoder_.skip);
  embedding.layers = Layers(encoder_);
  decoder.origin = model::Vector::Zero(inputs());
  decoder.skip = Weights(decoder_.skip);
  decoder.layers = Layers(decoder_);
}

Losses Network::Pass(const Examples& block, const LossWeights& losses, float scale,
                     std::span<float> gradient) {
  Losses result;
  Forward(encoder_, block.noisy, there_);
  code_ = there_.output;
  code_gradient_.setZero(model::kBlockColumns, codes());
  const bool draws = variational_ && block.draws.size() > 0;
  if (draws) result.divergence = Draw(block, losses.divergence, scale);
  Forward(decoder_, code_, back_);
  result.reconstruction = Reconstruct(block, scale);
  if (!gradient.empty()) {
    Backward(decoder_, code_, back_, output_gradient_, nullptr, gradient, &code_gradient_);
  }
  const Lanes* hidden = nullptr;
  if (draws && !gradient.empty()) {
    // z = mean + deviation * draw, where the logarithm of the variance is learned.
    const auto deviation = (log_variance_.array() * 0.5F).exp();
    const auto clamped =
        log_variance_.array() <= kLogVarianceMin || log_variance_.array() >= kLogVarianceMax;
    variance_gradient_ =
        clamped.select(0.0F, variance_gradient_.array() +
                                 code_gradient_.array() * 0.5F * deviation * block.draws.array());
    hidden_gradient_.setZero(model::kBlockColumns, variance_.inputs);
    Backward(variance_, there_.values.back(), variance_gradient_, gradient, &hidden_gradient_);
    hidden = &hidden_gradient_;
    // What the divergence says of the mean.
    const auto used = (0.5F * (there_.output.array().square() + log_variance_.array().exp() - 1 -
                               log_variance_.array()) >
                       kFreeBits)
                          .cast<float>();
    code_gradient_.array() +=
        (there_.output.array() * used).colwise() * (block.weights * scale * losses.divergence);
  }
  if (losses.anchor > 0 && block.anchors.size() > 0) {
    const auto off = there_.output - block.anchors;
    const LaneWeights factor = block.weights * scale * losses.anchor;
    result.anchor = (off.array().square().rowwise().sum() * factor).cast<double>().sum();
    code_gradient_.array() += off.array().colwise() * (2 * factor);
  }
  if (!gradient.empty()) {
    Backward(encoder_, block.noisy, there_, code_gradient_, hidden, gradient, nullptr);
  }
  return result;
}

// Smooth L1 over the features that are known, by their squared weights: with c the residual r cut
// to the limit, c r - c^2 / 2 is the loss and c its derivative.
double Network::Reconstruct(const Examples& block, float scale) {
  const Lanes& limits = block.limits;
  output_gradient_ = back_.output - block.target;
  const LaneWeights known = limits.array().square().rowwise().sum();
  const LaneWeights factor = (known > 0).select(block.weights * scale / known, 0.0F);
  const Lanes cut = output_gradient_.cwiseMax(-limits).cwiseMin(limits);
  const LaneWeights loss =
      (cut.array() * output_gradient_.array() - 0.5F * cut.array().square()).rowwise().sum();
  output_gradient_ = cut.array().colwise() * factor;
  return (loss * factor).cast<double>().sum();
}

// Makes the code a draw; returns the divergence and leaves its gradient by the log variance.
double Network::Draw(const Examples& block, float weight, float scale) {
  Forward(variance_, there_.values.back(), log_variance_);
  log_variance_ = log_variance_.cwiseMax(kLogVarianceMin).cwiseMin(kLogVarianceMax);
  const auto variance = log_variance_.array().exp();
  code_.array() += (log_variance_.array() * 0.5F).exp() * block.draws.array();
  const Eigen::ArrayXXf divergence =
      0.5F * (there_.output.array().square() + variance - 1 - log_variance_.array());
  const LaneWeights factor = block.weights * scale * weight;
  const auto used = (divergence > kFreeBits).cast<float>();
  variance_gradient_ = ((0.5F * (variance - 1) * used).colwise() * factor).matrix();
  return ((divergence.max(kFreeBits).colwise() * factor)).cast<double>().sum();
}

void Network::Forward(const Layer& layer, const Lanes& input, Lanes& output) const {
  if (layer.has_bias) {
    const Eigen::Map<const Eigen::RowVectorXf> bias(&parameters_[layer.bias], layer.outputs);
    output = bias.replicate<model::kBlockColumns, 1>();
  } else {
    output.setZero(model::kBlockColumns, layer.outputs);
  }
  model::AddProduct(input.data(), model::kBlockColumns,
                    {&parameters_[layer.weights], layer.rows, 1}, layer.inputs, output.data(),
                    layer.outputs);
}

void Network::Backward(const Layer& layer, const Lanes& input, const Lanes& output_gradient,
                       std::span<float> gradient, Lanes* input_gradient) {
  turned_.setZero(layer.rows, model::kBlockColumns);
  model::Turn(output_gradient.data(), model::kBlockColumns, layer.outputs, model::kBlockColumns,
              turned_.data(), layer.rows);
  model::AddProduct(turned_.data(), layer.rows, {input.data(), 1, model::kBlockColumns},
                    model::kBlockColumns, &gradient[layer.weights], layer.inputs);
  if (layer.has_bias) {
    Eigen::Map<Eigen::VectorXf>(&gradient[layer.bias], layer.outputs) +=
        output_gradient.colwise().sum().transpose();
  }
  if (input_gradient == nullptr) return;
  model::AddProduct(output_gradient.data(), model::kBlockColumns,
                    {&parameters_[layer.weights], 1, layer.rows}, layer.outputs,
                    input_gradient->data(), layer.inputs);
}

void Network::Forward(const Tower& tower, const Lanes& input, Trace& trace) const {
  const std::size_t hidden = tower.layers.size() - 1;
  trace.sums.resize(hidden);
  trace.values.resize(hidden);
  const Lanes* at = &input;
  for (std::size_t i = 0; i < hidden; ++i) {
    Forward(tower.layers[i], *at, trace.sums[i]);
    trace.values[i].resize(model::kBlockColumns, tower.layers[i].outputs);
    model::Silu(Values(trace.sums[i]), Values(trace.values[i]));
    at = &trace.values[i];
  }
  Forward(tower.layers.back(), *at, trace.output);
  model::AddProduct(input.data(), model::kBlockColumns,
                    {&parameters_[tower.skip.weights], tower.skip.rows, 1}, tower.skip.inputs,
                    trace.output.data(), tower.skip.outputs);
}

// hidden_gradient: what else is known of the last hidden layer's gradient; may be null.
void Network::Backward(const Tower& tower, const Lanes& input, const Trace& trace,
                       const Lanes& output_gradient, const Lanes* hidden_gradient,
                       std::span<float> gradient, Lanes* input_gradient) {
  Backward(tower.skip, input, output_gradient, gradient, input_gradient);
  const std::size_t hidden = tower.layers.size() - 1;
  scratch_.resize(std::max(scratch_.size(), hidden));
  const Lanes* above = &output_gradient;
  for (std::size_t i = hidden; i > 0; --i) {
    Lanes& below = scratch_[i - 1];
    if (i == hidden && hidden_gradient != nullptr) {
      below = *hidden_gradient;
    } else {
      below.setZero(model::kBlockColumns, tower.layers[i].inputs);
    }
    Backward(tower.layers[i], trace.values[i - 1], *above, gradient, &below);
    model::SiluBackward(Values(trace.sums[i - 1]), Values(below));
    above = &below;
  }
  Backward(tower.layers.front(), input, *above, gradient, input_gradient);
}

void Network::Initialise(const Layer& layer, double deviation, Random& random) {
  model::Matrix weights(layer.outputs, layer.inputs);
  for (float& weight : weights.reshaped()) {
    weight = static_cast<float>(deviation * random.Normal());
  }
  SetWeights(layer, weights);
}

void Network::SetWeights(const Layer& layer, const model::Matrix& weights) {
  Eigen::Map<model::Matrix>(&parameters_[layer.weights], layer.rows, layer.inputs)
      .topRows(layer.outputs) = weights;
}

void Network::SetBias(const Layer& layer, const model::Vector& bias) {
  Eigen::Map<model::Vector>(&parameters_[layer.bias], layer.outputs) = bias;
}

model::Matrix Network::Weights(const Layer& layer) const {
  return Eigen::Map<const model::Matrix>(&parameters_[layer.weights], layer.rows, layer.inputs)
      .topRows(layer.outputs);
}

model::Vector Network::Bias(const Layer& layer) const {
  return Eigen::Map<const model::Vector>(&parameters_[layer.bias], layer.outputs);
}

std::vector<model::Dense> Network::Layers(const Tower& tower) const {
  std::vector<model::Dense> layers;
  for (std::size_t i = 0; i < tower.layers.size(); ++i) {
    const bool last = i + 1 == tower.layers.size();
    layers.push_back({Weights(tower.layers[i]), Bias(tower.layers[i]),
                      last ? model::Activation::kLinear : model::Activation::kSilu});
  }
  return layers;
}

bool Network::Fits(const Tower& tower, const std::vector<model::Dense>& layers) const {
  return std::ranges::equal(
      tower.layers, layers, [](const Layer& layer, const model::Dense& dense) {
        return dense.weights.rows() == layer.outputs && dense.weights.cols() == layer.inputs;
      });
}

}  // namespace segmentd::learn
