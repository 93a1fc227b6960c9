#include <gtest/gtest.h>

#include "segmentd/ports/probe.h"
#include "segmentd/ports/store.h"

namespace segmentd::ports {
namespace {

TEST(TaskMetaTest, ReadsBackWhatWasWritten) {
  TaskMeta meta;
  meta.transactions_next = Offset{12};
  meta.profiles_next = Offset{1LL << 40};
  meta.clock_ms = -5;
  meta.model_version = "0123456789abcdef";
  meta.model_switch = {3, 1'650'000'000'000, std::string("c7\0", 3)};
  meta.changelog_next = Offset{77};
  meta.written_wall_ms = 1'700'000'000'000;
  meta.origin_ms = 1'600'000'000'000;
  meta.cluster = "MkU3OEVBNTcwNTJENDM2Qk";
  meta.timer_rules = "1:0";
  meta.mark_offset = Offset{11};
  meta.mark_hash = 0xfedcba9876543210;
  meta.control_next = Offset{3};
  meta.erasures = 2;
  meta.members = {{SegmentId{1}, 12}, {SegmentId{7}, 1}};
  EXPECT_EQ(DecodeMeta(EncodeMeta(meta)).value(), meta);
}

TEST(TaskMetaTest, KeepsAClockThatHasSeenNothing) {
  EXPECT_EQ(DecodeMeta(EncodeMeta(TaskMeta{})).value(), TaskMeta{});
}

TEST(TaskMetaTest, TellsNoMembersFromMembersThatNobodyHasCounted) {
  TaskMeta meta;
  meta.members.emplace();
  EXPECT_EQ(DecodeMeta(EncodeMeta(meta)).value(), meta);
  EXPECT_NE(DecodeMeta(EncodeMeta(meta)).value(), TaskMeta{});
}

TEST(TaskMetaTest, CallsForeignBytesCorrupt) {
  EXPECT_EQ(DecodeMeta("").error().code, Code::kCorruption);
  EXPECT_EQ(DecodeMeta("\xff\xff\xff").error().code, Code::kCorruption);
}

TEST(TaskMetaTest, RefusesALaterFormat) {
  // Field 7 (format) = 2, as a later version would append it.
  EXPECT_EQ(DecodeMeta(EncodeMeta(TaskMeta{}) + "\x38\x02").error().code, Code::kNewer);
}

TEST(TaskStateTest, HasANameForEachState) {
  EXPECT_EQ(TaskStateName(TaskState::kOpening), "opening");
  EXPECT_EQ(TaskStateName(TaskState::kFailed), "failed");
}

}  // namespace
}  // namespace segmentd::ports
