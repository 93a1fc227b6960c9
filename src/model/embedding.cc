#include "segmentd/model/embedding.h"

#include <Eigen/Eigenvalues>

#include "model/block.h"
#include "segmentd/base/assert.h"

namespace segmentd::model {
namespace {

void ApplyDense(const Dense& layer, Block& block, Block& next) {
  next.noalias() = block * layer.weights.transpose();
  next.rowwise() += layer.bias.transpose();
  if (layer.activation == Activation::kSilu) {
    for (Eigen::Index i = 0; i < next.cols(); ++i) {
      const Lanes sum = next.col(i).array();
      next.col(i) = sum / (1 + (-sum).exp());
    }
  }
  block.swap(next);
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
  Block sum;
  Block next;
  for (Eigen::Index first = 0; first < scaled.cols(); first += kBlockColumns) {
    LoadBlock(scaled, first, block);
    centred = block.rowwise() - origin.transpose();
    sum.noalias() = centred * skip.transpose();
    for (const Dense& layer : layers) ApplyDense(layer, block, next);
    if (!layers.empty()) sum += block;
    StoreBlock(sum, first, codes);
  }
}

Embedding IdentityEmbedding(int dimensions) {
  Embedding embedding;
  embedding.kind = EmbeddingKind::kIdentity;
  embedding.origin = Vector::Zero(dimensions);
  embedding.skip = Matrix::Identity(dimensions, dimensions);
  return embedding;
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
