#include "model/block.h"

#include <algorithm>

#include "segmentd/base/per_level.h"
#include "segmentd/model/dense_kernel.h"

namespace segmentd::model {
namespace {

// Registers of W floats. No level fuses multiplication and addition: every lane then rounds as in
// the baseline version, and a model trained on one processor is the same on another.
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

template <int W>
[[gnu::always_inline]] inline void LeastOfTiles(const float* columns, std::int32_t count,
                                                float* least, std::int32_t* nearest) {
  using V = typename Register<W>::Type;
  using Stored = typename Register<W>::Stored;
  using Indexes [[gnu::vector_size(W * sizeof(std::int32_t))]] = std::int32_t;
  using StoredIndexes
      [[gnu::vector_size(W * sizeof(std::int32_t)), gnu::may_alias, gnu::aligned(4)]] =
          std::int32_t;
  for (long j = 0; j < kBlockColumns; j += W) {
    V best = *reinterpret_cast<const Stored*>(columns + j);
    Indexes index = {};
    for (std::int32_t c = 1; c < count; ++c) {
      const V value = *reinterpret_cast<const Stored*>(columns + c * kBlockColumns + j);
      const Indexes nearer = value < best;
      best = nearer ? value : best;
      index = nearer ? Indexes{} + c : index;
    }
    *reinterpret_cast<Stored*>(least + j) = best;
    *reinterpret_cast<StoredIndexes*>(nearest + j) = index;
  }
}

struct Kernels {
  void (*squares)(const float* lanes, const float* centroids, long count, long features,
                  float* squared);
  void (*least)(const float* columns, std::int32_t count, float* least, std::int32_t* nearest);
};

void Baseline(const float* lanes, const float* centroids, long count, long features,
              float* squared) {
  AllTiles<4>(lanes, centroids, count, features, squared);
}
void BaselineLeast(const float* columns, std::int32_t count, float* least, std::int32_t* nearest) {
  LeastOfTiles<4>(columns, count, least, nearest);
}

#if defined(__x86_64__)
[[gnu::target("avx2")]] void Avx2(const float* lanes, const float* centroids, long count,
                                  long features, float* squared) {
  AllTiles<8>(lanes, centroids, count, features, squared);
}
[[gnu::target("avx2")]] void Avx2Least(const float* columns, std::int32_t count, float* least,
                                       std::int32_t* nearest) {
  LeastOfTiles<8>(columns, count, least, nearest);
}
[[gnu::target("avx512f")]] void Avx512(const float* lanes, const float* centroids, long count,
                                       long features, float* squared) {
  AllTiles<16>(lanes, centroids, count, features, squared);
}
[[gnu::target("avx512f")]] void Avx512Least(const float* columns, std::int32_t count, float* least,
                                            std::int32_t* nearest) {
  LeastOfTiles<16>(columns, count, least, nearest);
}
Kernels Pick() {
  if (__builtin_cpu_supports("avx512f")) return {Avx512, Avx512Least};
  if (__builtin_cpu_supports("avx2")) return {Avx2, Avx2Least};
  return {Baseline, BaselineLeast};
}
#else
Kernels Pick() { return {Baseline, BaselineLeast}; }
#endif

const Kernels& Picked() {
  static const Kernels kernels = Pick();
  return kernels;
}

SEGMENTD_PER_LEVEL void AddTimes(const float* point, double weight, long features, double* sum) {
  for (long i = 0; i < features; ++i) sum[i] += weight * double{point[i]};
}

}  // namespace

void LoadBlock(const Matrix& points, Eigen::Index first, Block& block) {
  block.resize(Eigen::NoChange, points.rows());
  const Eigen::Index count = std::min<Eigen::Index>(kBlockColumns, points.cols() - first);
  if (count < kBlockColumns) block.setZero();
  Turn(points.data() + first * points.rows(), points.rows(), count, points.rows(), block.data(),
       kBlockColumns);
}

void StoreBlock(const Block& block, Eigen::Index first, Matrix& points) {
  const Eigen::Index count = std::min<Eigen::Index>(kBlockColumns, points.cols() - first);
  Turn(block.data(), count, points.rows(), kBlockColumns, points.data() + first * points.rows(),
       points.rows());
}

void SquaredDistances(const Block& block, const Matrix& centroids, Block& squared) {
  squared.resize(Eigen::NoChange, centroids.cols());
  Picked().squares(block.data(), centroids.data(), centroids.cols(), centroids.rows(),
                   squared.data());
}

void Nearest(const Block& squared, Lanes& least, LaneIndexes& nearest) {
  Picked().least(squared.data(), static_cast<std::int32_t>(squared.cols()), least.data(),
                 nearest.data());
}

void AddWeighted(const Matrix& points, Eigen::Index column, double weight, double* sum) {
  AddTimes(points.data() + column * points.rows(), weight, points.rows(), sum);
}

}  // namespace segmentd::model
