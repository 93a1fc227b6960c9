#include <gtest/gtest.h>

#include <fstream>

#include "segmentd/rocks/stores.h"
#include "support/temp_dir.h"

namespace segmentd::rocks {
namespace {

TEST(InstanceIdTest, IsMadeOnceAndKept) {
  const support::TempDir dir;
  const std::string id = InstanceId(dir.path()).value();
  EXPECT_EQ(id.size(), 36U);
  EXPECT_EQ(InstanceId(dir.path()).value(), id);
}

TEST(InstanceIdTest, DiffersBetweenDirectories) {
  const support::TempDir one;
  const support::TempDir other;
  EXPECT_NE(InstanceId(one.path()).value(), InstanceId(other.path()).value());
}

TEST(InstanceIdTest, RefusesAFileThatHoldsNoName) {
  const support::TempDir dir;
  std::ofstream(dir.path() + "/instance") << "two words\n";
  const auto id = InstanceId(dir.path());
  ASSERT_FALSE(id.ok());
  EXPECT_EQ(id.error().code, Code::kStorage);
}

TEST(InstanceIdTest, SaysWhenTheDirectoryCannotBeWritten) {
  const support::TempDir dir;
  EXPECT_EQ(InstanceId(dir.path() + "/missing").error().code, Code::kStorage);
}

}  // namespace
}  // namespace segmentd::rocks
