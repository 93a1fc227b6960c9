#include "autoencoder.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numbers>
#include <numeric>

#include "adam.h"
#include "draws.h"
#include "network.h"
#include "segmentd/base/random.h"
#include "segmentd/model/dense_kernel.h"

namespace segmentd::learn {
namespace {

using Index = Eigen::Index;

constexpr std::size_t kBatch = 256;
constexpr float kNoise = 0.1F;      // of a feature's spread
constexpr float kMask = 0.1F;       // of the values
constexpr double kPatience = 0.15;  // of the epochs, without
constexpr double kBetter = 0.995;
constexpr int kRestoresMax = 3;
constexpr double kExplosion = 10;  // times the running mean of the loss
constexpr double kKeepLoss = 0.98;
constexpr double kDivergence =
    0.1;                    // to the sum of the features' losses, of which ours is the mean
constexpr int kWarmUp = 5;  // epochs until the divergence has its weight

// One stream of random numbers per epoch and customer: noise does not depend on the order.
std::uint64_t KeyOf(std::uint64_t seed, int epoch, Index column) {
  return Random(Random(seed ^ (static_cast<std::uint64_t>(epoch) << 40)).Next() +
                static_cast<std::uint64_t>(column))
      .Next();
}

class Training {
 public:
  Training(const Lessons& lessons, const AutoencoderOptions& options)
      : lessons_(lessons),
        options_(options),
        network_(static_cast<int>(lessons.scaled.rows()), options.codes, options.variational),
        adam_(network_.parameters().size()),
        gradient_(network_.parameters().size()),
        decaying_(network_.decaying()) {
    for (Index i = 0; i < lessons.scaled.cols(); ++i) {
      (lessons.held_out[static_cast<std::size_t>(i)] ? judged_ : learned_).push_back(i);
    }
    if (judged_.empty()) judged_ = learned_;
  }

  Network& network() { return network_; }

  Result<AutoencoderFit> Run(const std::function<bool(double)>& go_on) {
    fit_.first_loss = fit_.last_loss = Judge();
    best_ = Parameters();
    Good good = Remember();
    int stale = 0;
    const int patience = std::max(1, static_cast<int>(kPatience * options_.epochs));
    for (int epoch = 0; epoch < options_.epochs && stale < patience; ++epoch) {
      if (go_on && !go_on(static_cast<double>(epoch) / options_.epochs)) {
        return Fail(Code::kCancelled, "the retrain was stopped");
      }
      const bool trained = Epoch(epoch);
      const double loss = trained ? Judge() : std::numeric_limits<double>::quiet_NaN();
      if (!std::isfinite(loss)) {
        if (++fit_.restored > kRestoresMax) {
          fit_.abandoned = true;
          break;
        }
        Restore(good);
        rate_share_ /= 2;
        continue;
      }
      ++fit_.epochs;
      good = Remember();
      stale = loss < kBetter * fit_.last_loss ? 0 : stale + 1;
      if (loss < fit_.last_loss) {
        fit_.last_loss = loss;
        best_ = Parameters();
      }
    }
    std::ranges::copy(best_, network_.parameters().begin());
    network_.Store(fit_.embedding, fit_.decoder);
    return std::move(fit_);
  }

 private:
  struct Good {
    std::vector<float> parameters;
    Adam adam;
  };

  std::vector<float> Parameters() {
    return {network_.parameters().begin(), network_.parameters().end()};
  }
  Good Remember() { return {Parameters(), adam_}; }
  void Restore(const Good& good) {
    std::ranges::copy(good.parameters, network_.parameters().begin());
    adam_ = good.adam;
    running_loss_ = 0;
  }

  // False when the loss is no number or has exploded.
  bool Epoch(int epoch) {
    std::vector<Index> order = learned_;
    Random random(KeyOf(options_.seed, epoch, -1));
    for (std::size_t i = order.size(); i > 1; --i) {
      std::swap(order[i - 1], order[random.Below(i)]);
    }
    const std::size_t steps = (order.size() + kBatch - 1) / kBatch;
    for (std::size_t step = 0; step < steps; ++step) {
      const auto batch =
          std::span(order).subspan(step * kBatch, std::min(kBatch, order.size() - step * kBatch));
      const double done =
          (epoch + static_cast<double>(step) / static_cast<double>(steps)) / options_.epochs;
      const double rate =
          double{options_.rate} * rate_share_ * 0.5 * (1 + std::cos(std::numbers::pi * done));
      if (!Step(batch, epoch, static_cast<float>(rate))) return false;
    }
    return true;
  }

  bool Step(std::span<const Index> batch, int epoch, float rate) {
    double weight = 0;
    for (const Index i : batch) weight += lessons_.weights[static_cast<std::size_t>(i)];
    if (weight <= 0) return true;
    std::ranges::fill(gradient_, 0.0F);
    const LossWeights losses = {
        .anchor = options_.anchor,
        .divergence = static_cast<float>(kDivergence / static_cast<double>(lessons_.scaled.rows()) *
                                         std::min(1.0, (epoch + 1.0) / kWarmUp))};
    double loss = 0;
    for (std::size_t at = 0; at < batch.size(); at += model::kBlockColumns) {
      Load(batch.subspan(at, std::min<std::size_t>(model::kBlockColumns, batch.size() - at)));
      AddNoise(batch.subspan(at), epoch);
      loss += network_.Pass(block_, losses, static_cast<float>(1 / weight), gradient_).total();
    }
    if (!std::isfinite(loss) || (running_loss_ > 0 && loss > kExplosion * running_loss_)) {
      return false;
    }
    running_loss_ = running_loss_ == 0 ? loss : kKeepLoss * running_loss_ + (1 - kKeepLoss) * loss;
    return adam_.Step(gradient_, rate, decaying_, network_.parameters());
  }

  double Judge() {
    double loss = 0;
    double weight = 0;
    for (const Index i : judged_) weight += lessons_.weights[static_cast<std::size_t>(i)];
    const auto all = std::span<const Index>(judged_);
    for (std::size_t at = 0; at < all.size(); at += model::kBlockColumns) {
      Load(all.subspan(at, std::min<std::size_t>(model::kBlockColumns, all.size() - at)));
      loss += network_.Pass(block_, {}, static_cast<float>(weight > 0 ? 1 / weight : 0), {})
                  .reconstruction;
    }
    return loss;
  }

  void Load(std::span<const Index> columns) {
    const Index features = lessons_.scaled.rows();
    block_.target.setZero(model::kBlockColumns, features);
    block_.limits.setZero(model::kBlockColumns, features);
    block_.weights.setZero();
    block_.draws.resize(model::kBlockColumns, 0);
    const bool anchored = lessons_.anchors != nullptr && options_.anchor > 0;
    if (anchored) block_.anchors.setZero(model::kBlockColumns, options_.codes);
    for (std::size_t j = 0; j < columns.size(); ++j) {
      block_.weights(static_cast<Index>(j)) =
          static_cast<float>(lessons_.weights[static_cast<std::size_t>(columns[j])]);
    }
    Gather(lessons_.scaled, columns, block_.target);
    Gather(lessons_.limits, columns, block_.limits);
    if (anchored) Gather(*lessons_.anchors, columns, block_.anchors);
    block_.noisy = block_.target;
  }

  // The columns of a matrix become lanes.
  void Gather(const model::Matrix& from, std::span<const Index> columns, Lanes& lanes) {
    gathered_.resize(from.rows(), static_cast<Index>(columns.size()));
    for (std::size_t j = 0; j < columns.size(); ++j) {
      gathered_.col(static_cast<Index>(j)) = from.col(columns[j]);
    }
    model::Turn(gathered_.data(), gathered_.rows(), gathered_.cols(), gathered_.rows(),
                lanes.data(), model::kBlockColumns);
  }

  void AddNoise(std::span<const Index> columns, int epoch) {
    const std::size_t lanes = std::min<std::size_t>(model::kBlockColumns, columns.size());
    for (std::size_t lane = 0; lane < lanes; ++lane) {
      draws_.keys()[lane] = KeyOf(options_.seed, epoch, columns[lane]);
    }
    normals_.resize(model::kBlockColumns, block_.noisy.cols());
    uniforms_.resize(model::kBlockColumns, block_.noisy.cols());
    draws_.Next(static_cast<int>(normals_.cols()), normals_.data(), uniforms_.data());
    // What is missing stays at the mean.
    block_.noisy = (uniforms_.array() < kMask)
                       .select(0.0F, block_.target.array() +
                                         kNoise * normals_.array() * block_.limits.array());
    if (!options_.variational) return;
    block_.draws.resize(model::kBlockColumns, options_.codes);
    uniforms_.resize(model::kBlockColumns, options_.codes);
    draws_.Next(options_.codes, block_.draws.data(), uniforms_.data());
  }

  const Lessons& lessons_;
  const AutoencoderOptions& options_;
  Network network_;
  Adam adam_;
  std::vector<float> gradient_;
  std::vector<Network::Range> decaying_;
  std::vector<Index> learned_;
  std::vector<Index> judged_;
  std::vector<float> best_;
  Examples block_;
  model::Matrix gathered_;
  Draws draws_;
  Lanes normals_;
  Lanes uniforms_;
  AutoencoderFit fit_;
  double running_loss_ = 0;
  double rate_share_ = 1;
};

}  // namespace

Result<AutoencoderFit> FitAutoencoder(const Lessons& lessons, const model::Embedding& pca,
                                      const AutoencoderFit* warm, const AutoencoderOptions& options,
                                      const std::function<bool(double)>& go_on) {
  Training training(lessons, options);
  if (warm == nullptr || !training.network().StartFrom(warm->embedding, warm->decoder)) {
    Random random(options.seed);
    training.network().StartFrom(pca, random);
  }
  return training.Run(go_on);
}

}  // namespace segmentd::learn
