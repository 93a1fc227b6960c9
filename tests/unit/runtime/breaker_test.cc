#include "runtime/breaker.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace segmentd::runtime {
namespace {

pipeline::Counts Batch(std::uint64_t records, std::uint64_t refused,
                       event::RejectCode code = event::RejectCode::kMalformed) {
  pipeline::Counts counts;
  counts.records = records;
  counts.rejected[static_cast<std::size_t>(code)] = refused;
  return counts;
}

TEST(BreakerTest, OpensAsSoonAsAWindowHasItsShareOfRefusals) {
  Breaker breaker({.share = 0.05, .records = 1000});
  EXPECT_EQ(breaker.Note(Batch(100, 50)), std::nullopt);
  EXPECT_THAT(breaker.Note(Batch(1, 1)).value_or(""),
              testing::StartsWith("51 of 101 records were refused, 51 as malformed"));
}

TEST(BreakerTest, BearsFewRefusalsForEver) {
  Breaker breaker({.share = 0.05, .records = 1000});
  for (int i = 0; i < 100; ++i) EXPECT_EQ(breaker.Note(Batch(500, 24)), std::nullopt);
}

TEST(BreakerTest, SaysThatAProducerDoesNotKeyByCustomer) {
  Breaker breaker({.share = 0.05, .records = 1000});
  EXPECT_THAT(breaker.Note(Batch(60, 60, event::RejectCode::kKeyMismatch)).value_or(""),
              testing::HasSubstr("does not key by customer id"));
}

TEST(BreakerTest, NeverOpensWhenAllMayBeRefused) {
  Breaker breaker({.share = 1, .records = 10});
  EXPECT_EQ(breaker.Note(Batch(500, 500)), std::nullopt);
}

}  // namespace
}  // namespace segmentd::runtime
