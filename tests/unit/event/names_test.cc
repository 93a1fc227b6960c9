#include <gtest/gtest.h>

#include "segmentd/event/event.h"

namespace segmentd::event {
namespace {

TEST(RejectCodeTest, HasTheNamesOfTheContract) {
  EXPECT_EQ(RejectCodeName(RejectCode::kMalformed), "malformed");
  EXPECT_EQ(RejectCodeName(RejectCode::kMissingField), "missing_field");
  EXPECT_EQ(RejectCodeName(RejectCode::kBadValue), "bad_value");
  EXPECT_EQ(RejectCodeName(RejectCode::kBadTime), "bad_time");
  EXPECT_EQ(RejectCodeName(RejectCode::kTooOld), "too_old");
  EXPECT_EQ(RejectCodeName(RejectCode::kFromFuture), "from_future");
  EXPECT_EQ(RejectCodeName(RejectCode::kKeyMismatch), "key_mismatch");
  EXPECT_EQ(RejectCodeName(RejectCode::kTooLarge), "too_large");
  EXPECT_EQ(RejectCodeName(RejectCode::kUnknownSchema), "unknown_schema");
  EXPECT_EQ(RejectCodeName(RejectCode::kUnexpectedFraming), "unexpected_framing");
  EXPECT_EQ(RejectCodeName(RejectCode::kOutputTooLarge), "output_too_large");
  EXPECT_EQ(RejectCodeName(RejectCode::kCrashed), "crashed");
}

TEST(StageTest, HasTheNamesOfTheContract) {
  EXPECT_EQ(StageName(Stage::kDecode), "decode");
  EXPECT_EQ(StageName(Stage::kValidate), "validate");
  EXPECT_EQ(StageName(Stage::kApply), "apply");
  EXPECT_EQ(StageName(Stage::kEmit), "emit");
}

}  // namespace
}  // namespace segmentd::event
