#pragma once

#include <cstddef>
#include <span>

namespace segmentd::model {

// The loops that networks spend their time in, compiled once per level of the instruction set and
// chosen at start. Every element's sum is added in the same order at every level and without fused
// multiplication, so that results do not depend on the processor.

// A factor whose element (k, n) stands at data[k * inner_stride + n * column_stride]: a matrix or,
// with the strides swapped, its transpose.
struct Factor {
  const float* data = nullptr;
  std::ptrdiff_t inner_stride = 1;
  std::ptrdiff_t column_stride = 1;
};

// c += a * b, with a of rows x inner and c of rows x columns, both column by column.
// REQUIRES: rows is a multiple of kRowStep.
inline constexpr std::ptrdiff_t kRowStep = 16;
void AddProduct(const float* a, std::ptrdiff_t rows, const Factor& b, std::ptrdiff_t inner,
                float* c, std::ptrdiff_t columns);

// turned(j, i) = a(i, j), both column by column; a stride is from one column to the next.
void Turn(const float* a, std::ptrdiff_t rows, std::ptrdiff_t columns, std::ptrdiff_t stride,
          float* turned, std::ptrdiff_t turned_stride);

// x / (1 + e^-x), to 1e-6 of it. In place is allowed.
void Silu(std::span<const float> sums, std::span<float> values);
// gradients *= the derivative at the sums.
void SiluBackward(std::span<const float> sums, std::span<float> gradients);

}  // namespace segmentd::model
