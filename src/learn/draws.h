#pragma once

#include <array>
#include <cstdint>

#include "segmentd/model/matrix.h"

namespace segmentd::learn {

// One stream of random numbers per lane, by a key each: a number depends on its stream and its
// place in it alone. The same on every processor.
class Draws {
 public:
  std::array<std::uint64_t, model::kBlockColumns>& keys() { return keys_; }

  // The next `columns` numbers of each stream, column by column: normals are near to a standard
  // normal at the cost of one number (the sum of three uniforms), uniforms within 0..1 go with
  // them.
  void Next(int columns, float* normals, float* uniforms);

 private:
  std::array<std::uint64_t, model::kBlockColumns> keys_ = {};
};

}  // namespace segmentd::learn
