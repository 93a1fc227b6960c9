#include <gtest/gtest.h>

#include <limits>
#include <string>

#include "segmentd/segment/decision.h"
#include "support/property.h"

namespace segmentd::segment {
namespace {

std::string Encoded(const State& state) {
  std::string bytes;
  ByteWriter out(bytes);
  EncodeState(state, out);
  return bytes;
}

State Typical() {
  return {.current = SegmentId{3},
          .since_ms = 1'795'000'000'123,
          .model_sequence = 12,
          .ordinal = 5,
          .risk = 1};
}

State Largest() {
  return {.current = SegmentId{std::numeric_limits<std::uint32_t>::max()},
          .since_ms = std::numeric_limits<std::int64_t>::min(),
          .model_sequence = std::numeric_limits<std::uint32_t>::max(),
          .candidate = SegmentId{std::numeric_limits<std::uint32_t>::max()},
          .candidate_count = 255,
          .ordinal = std::numeric_limits<std::uint64_t>::max(),
          .risk_ordinal = std::numeric_limits<std::uint64_t>::max(),
          .risk = 2,
          .written_ms = std::numeric_limits<std::int64_t>::max()};
}

TEST(StateTest, ReadsBackWhatWasWritten) {
  for (const State& state : {State{}, Typical(), Largest()}) {
    const std::string bytes = Encoded(state);
    const std::string followed = bytes + "rest";
    ByteReader in(followed);
    State read = Largest();
    ASSERT_TRUE(DecodeState(in, read).ok());
    EXPECT_EQ(in.remaining(), 4U);
    EXPECT_EQ(read.current, state.current);
    EXPECT_EQ(read.since_ms, state.since_ms);
    EXPECT_EQ(read.model_sequence, state.model_sequence);
    EXPECT_EQ(read.candidate, state.candidate);
    EXPECT_EQ(read.candidate_count, state.candidate_count);
    EXPECT_EQ(read.ordinal, state.ordinal);
    EXPECT_EQ(read.risk_ordinal, state.risk_ordinal);
    EXPECT_EQ(read.risk, state.risk);
    EXPECT_EQ(read.written_ms, state.written_ms);
    EXPECT_EQ(Encoded(read), bytes);
  }
}

RC_GTEST_PROP(StateTest, ReadsBackAnyState, ()) {
  using rc::gen::arbitrary;
  State state;
  state.current = SegmentId{*arbitrary<std::uint32_t>()};
  state.since_ms = *arbitrary<std::int64_t>();
  state.model_sequence = *arbitrary<std::uint32_t>();
  state.candidate = SegmentId{*arbitrary<std::uint32_t>()};
  if (state.candidate != SegmentId{}) state.candidate_count = *arbitrary<std::uint8_t>();
  state.ordinal = *arbitrary<std::uint64_t>();
  state.risk_ordinal = *arbitrary<std::uint64_t>();
  state.risk = *rc::gen::inRange<std::uint8_t>(0, 3);
  if (*arbitrary<bool>()) state.written_ms = *arbitrary<std::int64_t>();
  const std::string bytes = Encoded(state);
  ByteReader in(bytes);
  State read;
  RC_ASSERT(DecodeState(in, read).ok());
  RC_ASSERT(in.remaining() == 0U);
  RC_ASSERT(Encoded(read) == bytes);
  RC_ASSERT(read.written_ms == state.written_ms && read.risk == state.risk);
}

TEST(StateTest, TakesTenBytesOfASettledCustomer) { EXPECT_EQ(Encoded(Typical()).size(), 10U); }

TEST(StateTest, RefusesTruncationAndLeavesTheStateAlone) {
  const std::string bytes = Encoded(Largest());
  for (std::size_t size = 0; size < bytes.size(); ++size) {
    ByteReader in(std::string_view(bytes).substr(0, size));
    State state = Typical();
    const Status status = DecodeState(in, state);
    ASSERT_FALSE(status.ok()) << size;
    EXPECT_EQ(status.error().code, Code::kCorruption);
    EXPECT_EQ(state.ordinal, Typical().ordinal);
  }
}

TEST(StateTest, RefusesImpossibleValues) {
  const std::string impossible[] = {
      std::string("\x03\x01\x00\x00\x00", 5),                  // risk 3
      std::string("\x20\x01\x00\x00\x00", 5),                  // an unknown bit
      std::string("\x04\x01\x00\x00\x00\x00\x01", 7),          // a candidate that is no segment
      std::string("\x08\x01\x00\x00\x00\x00", 6),              // a risk ordinal that is none
      std::string("\x00\x80\x80\x80\x80\x10\x00\x00\x00", 9),  // a segment of 33 bits
  };
  for (const std::string& bytes : impossible) {
    ByteReader in(bytes);
    State state;
    const Status status = DecodeState(in, state);
    ASSERT_FALSE(status.ok());
    EXPECT_EQ(status.error().code, Code::kCorruption);
  }
}

}  // namespace
}  // namespace segmentd::segment
