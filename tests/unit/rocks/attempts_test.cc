#include "segmentd/rocks/attempts.h"

#include <gtest/gtest.h>

#include <filesystem>

#include "support/temp_dir.h"

namespace segmentd::rocks {
namespace {

constexpr Partition kPartition{4};

// A copy of the directory as a process that is killed now would leave it.
std::string Killed(const support::TempDir& dir, const std::string& into) {
  std::filesystem::copy(dir.path(), into, std::filesystem::copy_options::recursive);
  return into;
}

TEST(AttemptsTest, KnowsAProcessThatDidNotEndInOrder) {
  const support::TempDir dir;
  const support::TempDir copies;
  const auto first = OpenAttempts(dir.path());
  ASSERT_TRUE(first.ok());
  EXPECT_FALSE((*first)->unclean());
  const std::string killed = Killed(dir, copies.path() + "/a");
  EXPECT_TRUE((*OpenAttempts(killed))->unclean());
  EXPECT_FALSE((*OpenAttempts(killed))->unclean()) << "the one before it did";
}

TEST(AttemptsTest, TellsWhatWasInWorkThen) {
  const support::TempDir dir;
  const support::TempDir copies;
  const auto attempts = OpenAttempts(dir.path());
  const ports::Attempt attempt{event::Source::kProfiles, Offset{7}, Offset{1LL << 40}, 2};
  ASSERT_TRUE((*attempts)->Begin(kPartition, attempt).ok());
  const std::string during = Killed(dir, copies.path() + "/during");
  (*attempts)->End(kPartition);
  const std::string after = Killed(dir, copies.path() + "/after");
  EXPECT_EQ((*OpenAttempts(during))->Left(kPartition), attempt);
  EXPECT_EQ((*OpenAttempts(during))->Left(Partition{5}), std::nullopt);
  EXPECT_EQ((*OpenAttempts(after))->Left(kPartition), std::nullopt);
}

TEST(AttemptsTest, SaysWhenItCannotWrite) {
  EXPECT_EQ(OpenAttempts("/nonexistent/place").error().code, Code::kStorage);
}

}  // namespace
}  // namespace segmentd::rocks
