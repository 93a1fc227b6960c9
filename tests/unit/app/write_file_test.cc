#include "app/write_file.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <iterator>

#include "support/temp_dir.h"

namespace segmentd::app {
namespace {

using ::testing::HasSubstr;

std::string Read(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

TEST(WriteFileTest, ReplacesTheWholeFileAndLeavesNothingBeside) {
  const support::TempDir dir;
  const std::string path = dir.path() + "/model";
  ASSERT_TRUE(WriteFileAtomically(path, "a longer text").ok());
  ASSERT_TRUE(WriteFileAtomically(path, std::string("x\0y", 3)).ok());
  EXPECT_EQ(Read(path), std::string("x\0y", 3));
  const std::filesystem::directory_iterator entries(dir.path());
  EXPECT_EQ(std::distance(entries, {}), 1);
}

TEST(WriteFileTest, NamesTheFileThatCannotBeWritten) {
  const support::TempDir dir;
  const Status written = WriteFileAtomically(dir.path() + "/nowhere/model", "x");
  ASSERT_FALSE(written.ok());
  EXPECT_EQ(written.error().code, Code::kStorage);
  EXPECT_THAT(written.error().message, HasSubstr("/nowhere/model cannot be written: No such file"));
}

TEST(AtomicFileTest, LeavesTheOldFileUntilAllOfTheNewIsThere) {
  const support::TempDir dir;
  const std::string path = dir.path() + "/table.csv";
  ASSERT_TRUE(WriteFileAtomically(path, "old").ok());
  {
    Result<AtomicFile> file = AtomicFile::Open(path);
    ASSERT_TRUE(file.ok());
    EXPECT_TRUE(file->Write("half of").ok());
    EXPECT_EQ(Read(path), "old");
  }
  EXPECT_EQ(Read(path), "old");
  Result<AtomicFile> file = AtomicFile::Open(path);
  ASSERT_TRUE(file.ok());
  EXPECT_TRUE(file->Write("all ").ok());
  EXPECT_TRUE(file->Write("of it").ok());
  EXPECT_TRUE(file->Commit().ok());
  EXPECT_EQ(Read(path), "all of it");
  const std::filesystem::directory_iterator entries(dir.path());
  EXPECT_EQ(std::distance(entries, {}), 1);
}

}  // namespace
}  // namespace segmentd::app
