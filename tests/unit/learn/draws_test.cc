#include "learn/draws.h"

#include <gtest/gtest.h>

#include "learn/network.h"
#include "segmentd/base/random.h"

namespace segmentd::learn {
namespace {

constexpr int kColumns = 200;

TEST(DrawsTest, FollowsAStreamPerLaneWhateverTheOthersAre) {
  Draws draws;
  for (std::size_t lane = 0; lane < 64; ++lane) draws.keys()[lane] = lane / 2;
  Lanes normals(model::kBlockColumns, kColumns);
  Lanes uniforms(model::kBlockColumns, kColumns);
  draws.Next(5, normals.data(), uniforms.data());
  draws.Next(kColumns - 5, normals.col(5).data(), uniforms.col(5).data());
  for (Eigen::Index lane = 0; lane < 64; ++lane) {
    Random random(static_cast<std::uint64_t>(lane / 2));
    for (Eigen::Index i = 0; i < kColumns; ++i) {
      const std::uint64_t bits = random.Next();
      ASSERT_EQ(uniforms(lane, i), static_cast<float>(bits >> 48) / 65'536);
      const std::uint64_t sum = (bits & 0xffff) + ((bits >> 16) & 0xffff) + ((bits >> 32) & 0xffff);
      ASSERT_EQ(normals(lane, i), 2 * ((static_cast<float>(sum) + 1.5F) / 65'536 - 1.5F));
    }
  }
}

TEST(DrawsTest, IsNearToAStandardNormal) {
  Draws draws;
  for (std::size_t lane = 0; lane < 64; ++lane) draws.keys()[lane] = Random(lane).Next();
  Lanes normals(model::kBlockColumns, kColumns);
  Lanes uniforms(model::kBlockColumns, kColumns);
  draws.Next(kColumns, normals.data(), uniforms.data());
  EXPECT_NEAR(normals.mean(), 0, 0.03);
  EXPECT_NEAR(normals.array().square().mean(), 1, 0.03);
  EXPECT_NEAR(uniforms.mean(), 0.5, 0.01);
  EXPECT_NEAR((normals.array() * uniforms.array()).mean(), 0, 0.02);
}

}  // namespace
}  // namespace segmentd::learn
