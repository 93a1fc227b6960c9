#include "embedding_fit.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>

#include "autoencoder.h"
#include "segmentd/model/rescale.h"

namespace segmentd::learn {
namespace {

using Index = Eigen::Index;
using model::EmbeddingKind;

constexpr float kColdRate = 1e-3F;
constexpr float kWarmRate = 3e-4F;
constexpr double kBetterThanPca = 0.95;
constexpr double kActive = 0.01;  // of the largest variance
constexpr double kNone = std::numeric_limits<double>::quiet_NaN();

// Rows that models are judged by; all of them where so few are held out that they say nothing.
std::vector<bool> HeldOut(const Rows& rows) {
  constexpr int kLeast = 10;
  std::vector<bool> held_out;
  for (const std::uint64_t customer : rows.customers) held_out.push_back(IsHeldOut(customer));
  if (std::ranges::count(held_out, true) < kLeast) held_out.assign(held_out.size(), true);
  return held_out;
}

// Twenty passes over many rows, more over few: steps are what it takes.
int EpochsFor(Index rows) {
  constexpr int kEpochs = 20;
  constexpr Index kRowsInAll = 160'000;
  return std::max(kEpochs, static_cast<int>(kRowsInAll / rows));
}

double MeanError(const model::Vector& errors, const Rows& rows, const std::vector<bool>& chosen) {
  double sum = 0;
  double weight = 0;
  for (std::size_t i = 0; i < chosen.size(); ++i) {
    if (!chosen[i]) continue;
    sum += rows.weights[i] * double{errors(static_cast<Index>(i))};
    weight += rows.weights[i];
  }
  return weight > 0 ? sum / weight : 0;
}

class Fitting {
 public:
  Fitting(const model::Bundle* champion, const Placed* before, const Points& points,
          const Options& options, model::Bundle& bundle, Report& report)
      : champion_(champion),
        before_(before),
        points_(points),
        options_(options),
        bundle_(bundle),
        report_(report),
        held_out_(HeldOut(points.rows)) {}

  Status Run(float anchor, const std::function<bool(double)>& go_on) {
    EmbeddingReport& out = report_.embedding;
    out = {};
    out.asked = options_.embedding;
    out.pca_error = out.champion_error = kNone;
    if (IsComparable()) out.champion_error = ChampionError();
    const auto inputs = static_cast<int>(points_.scaled.rows());
    if (options_.embedding == EmbeddingKind::kIdentity) {
      bundle_.embedding = model::IdentityEmbedding(inputs);
      bundle_.decoder = model::TransposedDecoder(bundle_.embedding);
    } else {
      const int size = std::min(options_.embedding_size, (inputs + 1) / 2);
      bundle_.embedding = model::FitPca(Learned(), size).embedding;
      bundle_.decoder = model::TransposedDecoder(bundle_.embedding);
      out.pca_error = out.error = Error();
      if (model::IsAutoencoder(options_.embedding)) {
        SEGMENTD_RETURN_IF_ERROR(TryAutoencoder(anchor, go_on));
      }
    }
    out.made = bundle_.embedding.kind;
    out.error = Error();
    return Ok();
  }

 private:
  // The points that may be learned from; all where none is held out in earnest.
  model::Matrix Learned() const {
    std::vector<Index> learned;
    for (std::size_t i = 0; i < held_out_.size(); ++i) {
      if (!held_out_[i]) learned.push_back(static_cast<Index>(i));
    }
    return learned.empty() ? points_.scaled : model::Matrix(points_.scaled(Eigen::all, learned));
  }

  double Error() const {
    return MeanError(Errors(bundle_.decoder, points_.scaled,
                            Codes(bundle_.embedding, points_.scaled), points_.limits),
                     points_.rows, held_out_);
  }

  // Whether the champion's errors are of the same features.
  bool IsComparable() const {
    return champion_ != nullptr && !champion_->decoder.empty() &&
           champion_->features == points_.rows.schema.features;
  }

  // In the challenger's scale: a wider spread makes every error look smaller.
  double ChampionError() const {
    const model::Decoder decoder =
        model::Rescaled(champion_->decoder, champion_->scaler, bundle_.scaler);
    return MeanError(Errors(decoder, points_.scaled, before_->codes, points_.limits), points_.rows,
                     held_out_);
  }

  Status TryAutoencoder(float anchor, const std::function<bool(double)>& go_on) {
    const std::string_view asked = model::EmbeddingKindName(options_.embedding);
    if (points_.rows.size() < kRowsForAutoencoder) {
      report_.notes.push_back(
          fmt::format("the embedding is pca: {} needs {} rows to learn from, and "
                      "there are {}",
                      asked, kRowsForAutoencoder, points_.rows.size()));
      return Ok();
    }
    const bool warm = IsWarm();
    AutoencoderFit from;
    if (warm) from = {.embedding = champion_->embedding, .decoder = champion_->decoder};
    const Lessons lessons = {points_.scaled, points_.limits, points_.rows.weights, held_out_,
                             warm && anchor > 0 ? &before_->codes : nullptr};
    const AutoencoderOptions options = {.codes = bundle_.embedding.outputs(),
                                        .variational = options_.embedding == EmbeddingKind::kVae,
                                        .epochs = EpochsFor(points_.rows.size()),
                                        .rate = warm ? kWarmRate : kColdRate,
                                        .anchor = anchor,
                                        .seed = options_.seed};
    SEGMENTD_ASSIGN_OR_RETURN(
        AutoencoderFit fit,
        FitAutoencoder(lessons, bundle_.embedding, warm ? &from : nullptr, options, go_on));
    Take(std::move(fit), asked, warm, anchor);
    return Ok();
  }

  bool IsWarm() const {
    return champion_ != nullptr && !options_.cold &&
           champion_->embedding.kind == options_.embedding &&
           champion_->features == points_.rows.schema.features &&
           champion_->embedding.outputs() == bundle_.embedding.outputs();
  }

  // The autoencoder, where it is worth its while.
  void Take(AutoencoderFit fit, std::string_view asked, bool warm, float anchor) {
    EmbeddingReport& out = report_.embedding;
    out.warm = warm;
    out.anchor = warm ? double{anchor} : 0;
    out.epochs = fit.epochs;
    out.restored = fit.restored;
    out.first_loss = fit.first_loss;
    out.last_loss = fit.last_loss;
    if (fit.abandoned) {
      report_.notes.push_back(
          fmt::format("the training of the {} was given up after {} epochs: its "
                      "loss was no number or exploded {} times",
                      asked, fit.epochs, fit.restored));
    }
    std::swap(bundle_.embedding, fit.embedding);
    std::swap(bundle_.decoder, fit.decoder);
    EmbeddingReport used;
    const double error = Error();
    MeasureCodes(Codes(bundle_.embedding, points_.scaled), used);
    const bool collapsed = used.active_units < std::max(2, bundle_.embedding.outputs() / 2);
    if (error <= kBetterThanPca * out.pca_error && !collapsed) return;
    if (collapsed && bundle_.embedding.outputs() > 1) {
      report_.notes.push_back(
          fmt::format("the embedding is pca: the {} uses {} of its {} dimensions", asked,
                      used.active_units, bundle_.embedding.outputs()));
    } else {
      report_.notes.push_back(
          fmt::format("the embedding is pca: the error of the {} is {:.4g}, that "
                      "of pca {:.4g}; it has to be below {} of it",
                      asked, error, out.pca_error, kBetterThanPca));
    }
    std::swap(bundle_.embedding, fit.embedding);
    std::swap(bundle_.decoder, fit.decoder);
  }

  const model::Bundle* champion_;
  const Placed* before_;
  const Points& points_;
  const Options& options_;
  model::Bundle& bundle_;
  Report& report_;
  std::vector<bool> held_out_;
};

}  // namespace

Status FitEmbedding(const model::Bundle* champion, const Placed* before, const Points& points,
                    const Options& options, float anchor, const std::function<bool(double)>& go_on,
                    model::Bundle& bundle, Report& report) {
  return Fitting(champion, before, points, options, bundle, report).Run(anchor, go_on);
}

void MeasureCodes(const model::Matrix& codes, EmbeddingReport& report) {
  const Eigen::MatrixXd wide = codes.cast<double>();
  const Eigen::MatrixXd centred = wide.colwise() - wide.rowwise().mean().eval();
  const Eigen::MatrixXd covariance =
      centred * centred.transpose() / static_cast<double>(codes.cols());
  const Eigen::VectorXd variances = covariance.diagonal();
  const double most = variances.maxCoeff();
  report.active_units =
      most > 0 ? static_cast<int>((variances.array() > kActive * most).count()) : 0;
  const double squares = covariance.squaredNorm();
  report.participation = squares > 0 ? std::pow(covariance.trace(), 2) / squares : 0;
}

}  // namespace segmentd::learn
