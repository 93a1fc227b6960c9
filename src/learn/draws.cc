#include "draws.h"

#include "segmentd/base/per_level.h"

namespace segmentd::learn {
namespace {

constexpr float kUnit = 1.0F / 65'536;

// splitmix64, as Random.
SEGMENTD_PER_LEVEL void DrawColumn(std::uint64_t* states, float* normals, float* uniforms) {
  for (int j = 0; j < model::kBlockColumns; ++j) {
    states[j] += 0x9e3779b97f4a7c15U;
    std::uint64_t bits = states[j];
    bits = (bits ^ (bits >> 30)) * 0xbf58476d1ce4e5b9U;
    bits = (bits ^ (bits >> 27)) * 0x94d049bb133111ebU;
    bits ^= bits >> 31;
    const auto low = static_cast<std::int32_t>(bits & 0xffff);
    const auto middle = static_cast<std::int32_t>((bits >> 16) & 0xffff);
    const auto high = static_cast<std::int32_t>((bits >> 32) & 0xffff);
    const auto top = static_cast<std::int32_t>(bits >> 48);
    normals[j] = 2 * ((static_cast<float>(low + middle + high) + 1.5F) * kUnit - 1.5F);
    uniforms[j] = static_cast<float>(top) * kUnit;
  }
}

}  // namespace

void Draws::Next(int columns, float* normals, float* uniforms) {
  for (int i = 0; i < columns; ++i) {
    DrawColumn(keys_.data(), normals + i * model::kBlockColumns,
               uniforms + i * model::kBlockColumns);
  }
}

}  // namespace segmentd::learn
