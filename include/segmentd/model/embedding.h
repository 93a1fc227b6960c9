#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "segmentd/model/matrix.h"

namespace segmentd::model {

// DO NOT CHANGE the values: bundles hold them.
enum class EmbeddingKind : std::uint8_t {
  kIdentity = 0,
  kPca = 1,
  kDae = 2,
  kVae = 3,
  kRules = 4,  // some of the features, told apart by archetypes
};

std::string_view EmbeddingKindName(EmbeddingKind kind);  // "pca"

constexpr bool IsAutoencoder(EmbeddingKind kind) {
  return kind == EmbeddingKind::kDae || kind == EmbeddingKind::kVae;
}

// DO NOT CHANGE the values.
enum class Activation : std::uint8_t { kLinear = 0, kSilu = 1 };

struct Dense {
  Matrix weights;  // out x in
  Vector bias;
  Activation activation = Activation::kLinear;
};

// z = skip * (x - origin) + f(x), where f is the stack of layers, none for PCA and identity.
struct Embedding {
  EmbeddingKind kind = EmbeddingKind::kIdentity;
  Vector origin;              // d
  Matrix skip;                // l x d
  std::vector<Dense> layers;  // f; empty or ending with l rows

  int inputs() const { return static_cast<int>(skip.cols()); }
  int outputs() const { return static_cast<int>(skip.rows()); }

  // One product per layer over blocks of kBlockColumns columns. REQUIRES: scaled comes from
  // Scaler::Apply (whole blocks). Same column, same bits, at any place.
  void Apply(const Matrix& scaled, Matrix& codes) const;
};

// The way back: x' = origin + skip * z + g(z), as near to x as the code allows.
struct Decoder {
  Vector origin;              // d
  Matrix skip;                // d x l; empty: there is none (older models)
  std::vector<Dense> layers;  // g; empty or ending with d rows

  bool empty() const { return skip.size() == 0; }
  // As Embedding::Apply. REQUIRES: not empty.
  void Apply(const Matrix& codes, Matrix& scaled) const;
};

Embedding IdentityEmbedding(int dimensions);
// Of an embedding without layers whose axes are orthonormal.
Decoder TransposedDecoder(const Embedding& embedding);

// The leading components of the covariance (float64, self-adjoint solver), signs fixed so that the
// largest loading of each is positive. explained: share of the variance per component.
struct Pca {
  Embedding embedding;
  std::vector<double> explained;
};
Pca FitPca(const Matrix& scaled, int components);

}  // namespace segmentd::model
