#include "segmentd/model/dense_kernel.h"

#include <algorithm>
#include <bit>
#include <cstdint>

#include "segmentd/base/assert.h"
#include "segmentd/base/per_level.h"

namespace segmentd::model {
namespace {

using Index = std::ptrdiff_t;

template <int W>
struct Register {
  using Type [[gnu::vector_size(W * sizeof(float))]] = float;
  // The same in memory, aligned as floats are.
  using Stored [[gnu::vector_size(W * sizeof(float)), gnu::may_alias, gnu::aligned(4)]] = float;
};

// R registers of rows by C columns: enough independent sums to hide the latency of addition.
template <int W, int R, int C>
[[gnu::always_inline]] inline void Tile(const float* a, Index rows, const float* b,
                                        const Factor& factor, Index inner, float* c) {
  using V = typename Register<W>::Type;
  using Stored = typename Register<W>::Stored;
  V sums[R][C];
#pragma GCC unroll 8
  for (int n = 0; n < C; ++n) {
#pragma GCC unroll 2
    for (int r = 0; r < R; ++r) sums[r][n] = *reinterpret_cast<const Stored*>(c + n * rows + r * W);
  }
  for (Index k = 0; k < inner; ++k) {
    V x[R];
#pragma GCC unroll 2
    for (int r = 0; r < R; ++r) x[r] = *reinterpret_cast<const Stored*>(a + k * rows + r * W);
#pragma GCC unroll 8
    for (int n = 0; n < C; ++n) {
      const float weight = b[k * factor.inner_stride + n * factor.column_stride];
#pragma GCC unroll 2
      for (int r = 0; r < R; ++r) sums[r][n] += x[r] * weight;
    }
  }
#pragma GCC unroll 8
  for (int n = 0; n < C; ++n) {
#pragma GCC unroll 2
    for (int r = 0; r < R; ++r) *reinterpret_cast<Stored*>(c + n * rows + r * W) = sums[r][n];
  }
}

template <int W, int R, int C>
[[gnu::always_inline]] inline void Band(const float* a, Index rows, const Factor& b, Index inner,
                                        float* c, Index columns) {
  Index n = 0;
  for (; n + C <= columns; n += C) {
    Tile<W, R, C>(a, rows, b.data + n * b.column_stride, b, inner, c + n * rows);
  }
  for (; n < columns; ++n) {
    Tile<W, R, 1>(a, rows, b.data + n * b.column_stride, b, inner, c + n * rows);
  }
}

template <int W, int C>
[[gnu::always_inline]] inline void Product(const float* a, Index rows, const Factor& b, Index inner,
                                           float* c, Index columns) {
  Index j = 0;
  for (; j + 2 * W <= rows; j += 2 * W) Band<W, 2, C>(a + j, rows, b, inner, c + j, columns);
  for (; j < rows; j += W) Band<W, 1, C>(a + j, rows, b, inner, c + j, columns);
}

using Kernel = void (*)(const float*, Index, const Factor&, Index, float*, Index);

void Baseline(const float* a, Index rows, const Factor& b, Index inner, float* c, Index columns) {
  Product<4, 4>(a, rows, b, inner, c, columns);
}

#if defined(__x86_64__)
[[gnu::target("avx2")]] void Avx2(const float* a, Index rows, const Factor& b, Index inner,
                                  float* c, Index columns) {
  Product<8, 4>(a, rows, b, inner, c, columns);
}
[[gnu::target("avx512f")]] void Avx512(const float* a, Index rows, const Factor& b, Index inner,
                                       float* c, Index columns) {
  Product<16, 8>(a, rows, b, inner, c, columns);
}
Kernel Pick() {
  if (__builtin_cpu_supports("avx512f")) return Avx512;
  return __builtin_cpu_supports("avx2") ? Avx2 : Baseline;
}
#else
Kernel Pick() { return Baseline; }
#endif

constexpr Index kTurned = 4;

// 4 by 4, in registers.
inline void TurnTile(const float* a, Index stride, float* turned, Index turned_stride) {
  using V = Register<kTurned>::Type;
  using Stored = Register<kTurned>::Stored;
  const auto column = [&](Index i) -> V {
    return *reinterpret_cast<const Stored*>(a + i * stride);
  };
  const V low_first = __builtin_shufflevector(column(0), column(1), 0, 4, 1, 5);
  const V high_first = __builtin_shufflevector(column(0), column(1), 2, 6, 3, 7);
  const V low_second = __builtin_shufflevector(column(2), column(3), 0, 4, 1, 5);
  const V high_second = __builtin_shufflevector(column(2), column(3), 2, 6, 3, 7);
  const V rows[kTurned] = {__builtin_shufflevector(low_first, low_second, 0, 1, 4, 5),
                           __builtin_shufflevector(low_first, low_second, 2, 3, 6, 7),
                           __builtin_shufflevector(high_first, high_second, 0, 1, 4, 5),
                           __builtin_shufflevector(high_first, high_second, 2, 3, 6, 7)};
  for (Index i = 0; i < kTurned; ++i) {
    *reinterpret_cast<Stored*>(turned + i * turned_stride) = rows[i];
  }
}

// e^x = 2^n e^r with r within half a ln 2: the polynomial is Taylor's, 2e-7 of the result at most.
inline float Exp(float x) {
  constexpr float kMost = 87;
  constexpr float kLog2E = 1.44269504F;
  constexpr float kLn2 = 0.693359375F;
  constexpr float kLn2Rest = -2.12194440e-4F;
  // Added and taken away, it leaves the nearest whole number.
  constexpr float kRound = 12'582'912;
  constexpr int kMantissaBits = 23;
  const float above = x < -kMost ? -kMost : x;
  const float kept = above > kMost ? kMost : above;
  const float shifted = kept * kLog2E + kRound;
  const float whole = shifted - kRound;
  const float r = (kept - whole * kLn2) - whole * kLn2Rest;
  float p = 1.0F / 720;
  p = p * r + 1.0F / 120;
  p = p * r + 1.0F / 24;
  p = p * r + 1.0F / 6;
  p = p * r + 0.5F;
  p = p * r + 1;
  p = p * r + 1;
  const auto n = std::bit_cast<std::int32_t>(shifted) - std::bit_cast<std::int32_t>(kRound);
  return p * std::bit_cast<float>((n + 127) << kMantissaBits);
}

// In parts, each step a loop of its own over memory that is nobody else's: the compiler then
// vectorises all of them, and has no way to draw a division into the cases of an exponent, where it
// would run into the slow numbers next to zero.
constexpr std::size_t kPart = 64;

inline void ExpOfNegative(const float* sums, std::size_t count, float* grown) {
  for (std::size_t j = 0; j < count; ++j) grown[j] = Exp(-sums[j]);
}

SEGMENTD_PER_LEVEL void SiluAll(const float* sums, float* values, std::size_t count) {
  float part[kPart];
  for (std::size_t at = 0; at < count; at += kPart) {
    const std::size_t size = std::min(kPart, count - at);
    ExpOfNegative(sums + at, size, part);
    for (std::size_t j = 0; j < size; ++j) part[j] = sums[at + j] / (1 + part[j]);
    std::copy_n(part, size, values + at);
  }
}

SEGMENTD_PER_LEVEL void SiluBackwardAll(const float* sums, float* gradients, std::size_t count) {
  float part[kPart];
  for (std::size_t at = 0; at < count; at += kPart) {
    const std::size_t size = std::min(kPart, count - at);
    ExpOfNegative(sums + at, size, part);
    for (std::size_t j = 0; j < size; ++j) {
      const float gate = 1 / (1 + part[j]);
      part[j] = gate * (1 + sums[at + j] * (1 - gate));
    }
    for (std::size_t j = 0; j < size; ++j) gradients[at + j] *= part[j];
  }
}

}  // namespace

void AddProduct(const float* a, Index rows, const Factor& b, Index inner, float* c, Index columns) {
  SEGMENTD_ASSERT(rows % kRowStep == 0, "rows come in whole steps");
  static const Kernel kernel = Pick();
  kernel(a, rows, b, inner, c, columns);
}

void Turn(const float* a, Index rows, Index columns, Index stride, float* turned,
          Index turned_stride) {
  const Index whole_rows = rows - rows % kTurned;
  const Index whole_columns = columns - columns % kTurned;
  for (Index j = 0; j < whole_columns; j += kTurned) {
    for (Index i = 0; i < whole_rows; i += kTurned) {
      TurnTile(a + j * stride + i, stride, turned + i * turned_stride + j, turned_stride);
    }
  }
  for (Index j = 0; j < columns; ++j) {
    for (Index i = j < whole_columns ? whole_rows : 0; i < rows; ++i) {
      turned[i * turned_stride + j] = a[j * stride + i];
    }
  }
}

void Silu(std::span<const float> sums, std::span<float> values) {
  SEGMENTD_ASSERT(sums.size() == values.size(), "a value per sum");
  SiluAll(sums.data(), values.data(), sums.size());
}

void SiluBackward(std::span<const float> sums, std::span<float> gradients) {
  SEGMENTD_ASSERT(sums.size() == gradients.size(), "a gradient per sum");
  SiluBackwardAll(sums.data(), gradients.data(), sums.size());
}

}  // namespace segmentd::model
