#include "segmentd/model/embedding.h"

#include <Eigen/Eigenvalues>
#include <span>

#include "model/block.h"
#include "segmentd/base/assert.h"
#include "segmentd/model/dense_kernel.h"

namespace segmentd::model {
namespace {

// sums += weights * columns.
void Add(const Block& columns, const Matrix& weights, Block& sums) {
  AddProduct(columns.data(), kBlockColumns, {weights.data(), weights.rows(), 1}, weights.cols(),
             sums.data(), weights.rows());
}

void ApplyDense(const Dense& layer, Block& block, Block& next) {
  next = layer.bias.transpose().replicate<kBlockColumns, 1>();
  Add(block, layer.weights, next);
  if (layer.activation == Activation::kSilu) {
    const std::span<float> values(next.data(), static_cast<std::size_t>(next.size()));
    Silu(values, values);
  }
  block.swap(next);
}

// sums + f(block); the block is used up.
void AddLayers(const std::vector<Dense>& layers, Block& block, Block& next, Block& sums) {
  if (layers.empty()) return;
  for (const Dense& layer : layers) ApplyDense(layer, block, next);
  sums += block;
}

}  // namespace

std::string_view EmbeddingKindName(EmbeddingKind kind) {
  switch (kind) {
    case EmbeddingKind::kIdentity:
      return "identity";
    case EmbeddingKind::kPca:
      return "pca";
    case EmbeddingKind::kDae:
      return "dae";
    case EmbeddingKind::kVae:
      return "vae";
    case EmbeddingKind::kRules:
      return "rules";
  }
  return "unknown";
}

void Embedding::Apply(const Matrix& scaled, Matrix& codes) const {
  SEGMENTD_ASSERT(scaled.cols() % kBlockColumns == 0, "columns come in whole blocks");
  SEGMENTD_ASSERT(scaled.rows() == inputs(), "one row per input");
  if (kind == EmbeddingKind::kIdentity) {
    codes = scaled;
    return;
  }
  codes.resize(outputs(), scaled.cols());
  Block block;
  Block centred;
  Block sums;
  Block next;
  for (Eigen::Index first = 0; first < scaled.cols(); first += kBlockColumns) {
    LoadBlock(scaled, first, block);
    centred = block.rowwise() - origin.transpose();
    sums.setZero(kBlockColumns, skip.rows());
    Add(centred, skip, sums);
    AddLayers(layers, block, next, sums);
    StoreBlock(sums, first, codes);
  }
}

void Decoder::Apply(const Matrix& codes, Matrix& scaled) const {
  SEGMENTD_ASSERT(codes.cols() % kBlockColumns == 0, "columns come in whole blocks");
  SEGMENTD_ASSERT(codes.rows() == skip.cols(), "one row per dimension of the code");
  scaled.resize(skip.rows(), codes.cols());
  Block block;
  Block sums;
  Block next;
  for (Eigen::Index first = 0; first < codes.cols(); first += kBlockColumns) {
    LoadBlock(codes, first, block);
    sums = origin.transpose().replicate<kBlockColumns, 1>();
    Add(block, skip, sums);
    AddLayers(layers, block, next, sums);
    StoreBlock(sums, first, scaled);
  }
}

Embedding IdentityEmbedding(int dimensions) {
  Embedding embedding;
  embedding.kind = EmbeddingKind::kIdentity;
  embedding.origin = Vector::Zero(dimensions);
  embedding.skip = Matrix::Identity(dimensions, dimensions);
  return embedding;
}

Decoder TransposedDecoder(const Embedding& embedding) {
  SEGMENTD_ASSERT(embedding.layers.empty(), "an embedding with layers has no simple way back");
  return {embedding.origin, embedding.skip.transpose(), {}};
}

Pca FitPca(const Matrix& scaled, int components) {
  SEGMENTD_ASSERT(scaled.cols() >= 1, "there is a point");
  SEGMENTD_ASSERT(components >= 1 && components <= scaled.rows(), "no more components than rows");
  const Eigen::VectorXd mean = scaled.cast<double>().rowwise().mean();
  const Eigen::MatrixXd centred = scaled.cast<double>().colwise() - mean;
  const Eigen::MatrixXd covariance =
      centred * centred.transpose() / static_cast<double>(scaled.cols());
  const Eigen::SelfAdjointEigenSolver<Eigen::MatrixXd> solver(covariance);
  const double total = covariance.trace();

  Pca pca;
  pca.embedding.kind = EmbeddingKind::kPca;
  pca.embedding.origin = mean.cast<float>();
  pca.embedding.skip.resize(components, scaled.rows());
  for (int i = 0; i < components; ++i) {
    const Eigen::Index from = scaled.rows() - 1 - i;  // the solver's order is ascending
    Eigen::VectorXd axis = solver.eigenvectors().col(from);
    Eigen::Index largest = 0;
    axis.cwiseAbs().maxCoeff(&largest);
    if (axis(largest) < 0) axis = -axis;
    pca.embedding.skip.row(i) = axis.transpose().cast<float>();
    const double variance = std::max(solver.eigenvalues()(from), 0.0);
    pca.explained.push_back(total > 0 ? variance / total : 0);
  }
  return pca;
}

}  // namespace segmentd::model
