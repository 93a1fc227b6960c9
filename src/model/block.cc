#include "model/block.h"

namespace segmentd::model {
namespace {

// Registers of W floats. AVX2 is used without fused multiply-add: every lane then rounds as in the
// baseline version, and a model trained on one processor is the same on another.
template <int W>
struct Register {
  using Type [[gnu::vector_size(W * sizeof(float))]] = float;
  // The same in memory, aligned as floats are.
  using Stored [[gnu::vector_size(W * sizeof(float)), gnu::may_alias, gnu::aligned(4)]] = float;
};

// C centroids by 2 registers of lanes: enough independent sums to hide the latency of addition.
template <int W, int C>
[[gnu::always_inline]] inline void Tile(const float* lanes, const float* centroids, long features,
                                        float* squared) {
  using V = typename Register<W>::Type;
  using Stored = typename Register<W>::Stored;
  for (long j = 0; j < kBlockColumns; j += 2 * W) {
    V low[C] = {};
    V high[C] = {};
    for (long i = 0; i < features; ++i) {
      const float* at = lanes + i * kBlockColumns + j;
      const V x_low = *reinterpret_cast<const Stored*>(at);
      const V x_high = *reinterpret_cast<const Stored*>(at + W);
#pragma GCC unroll 4
      for (int c = 0; c < C; ++c) {
        const float centroid = centroids[c * features + i];
        const V d_low = x_low - centroid;
        const V d_high = x_high - centroid;
        low[c] += d_low * d_low;
        high[c] += d_high * d_high;
      }
    }
#pragma GCC unroll 4
    for (int c = 0; c < C; ++c) {
      *reinterpret_cast<Stored*>(squared + c * kBlockColumns + j) = low[c];
      *reinterpret_cast<Stored*>(squared + c * kBlockColumns + j + W) = high[c];
    }
  }
}

template <int W>
[[gnu::always_inline]] inline void AllTiles(const float* lanes, const float* centroids, long count,
                                            long features, float* squared) {
  long c = 0;
  for (; c + 4 <= count; c += 4) {
    Tile<W, 4>(lanes, centroids + c * features, features, squared + c * kBlockColumns);
  }
  for (; c < count; ++c) {
    Tile<W, 1>(lanes, centroids + c * features, features, squared + c * kBlockColumns);
  }
}

using Kernel = void (*)(const float*, const float*, long, long, float*);

void Baseline(const float* lanes, const float* centroids, long count, long features,
              float* squared) {
  AllTiles<4>(lanes, centroids, count, features, squared);
}

#if defined(__x86_64__)
[[gnu::target("avx2")]] void Avx2(const float* lanes, const float* centroids, long count,
                                  long features, float* squared) {
  AllTiles<8>(lanes, centroids, count, features, squared);
}
Kernel Pick() { return __builtin_cpu_supports("avx2") ? Avx2 : Baseline; }
#else
Kernel Pick() { return Baseline; }
#endif

}  // namespace

void SquaredDistances(const Block& block, const Matrix& centroids, Block& squared) {
  static const Kernel kernel = Pick();
  squared.resize(Eigen::NoChange, centroids.cols());
  kernel(block.data(), centroids.data(), centroids.cols(), centroids.rows(), squared.data());
}

void Nearest(const Block& squared, Lanes& least, LaneIndexes& nearest) {
  using V = Register<4>::Type;
  using Stored = Register<4>::Stored;
  using Mask [[gnu::vector_size(16)]] = std::int32_t;
  using StoredMask [[gnu::vector_size(16), gnu::may_alias, gnu::aligned(4)]] = std::int32_t;
  for (long j = 0; j < kBlockColumns; j += 4) {
    V best = *reinterpret_cast<const Stored*>(squared.data() + j);
    Mask index = {};
    for (std::int32_t c = 1; c < squared.cols(); ++c) {
      const V distance = *reinterpret_cast<const Stored*>(squared.col(c).data() + j);
      const Mask nearer = distance < best;
      best = nearer ? distance : best;
      index = nearer ? Mask{} + c : index;
    }
    *reinterpret_cast<Stored*>(least.data() + j) = best;
    *reinterpret_cast<StoredMask*>(nearest.data() + j) = index;
  }
}

}  // namespace segmentd::model
