#include <limits>

#include "segmentd/segment/decision.h"

namespace segmentd::segment {
namespace {

// DO NOT CHANGE: the first byte of a stored state.
constexpr std::uint8_t kRiskBits = 0x03;
constexpr std::uint8_t kHasCandidate = 0x04;
constexpr std::uint8_t kHasRiskOrdinal = 0x08;
constexpr std::uint8_t kHasWritten = 0x10;
constexpr std::uint8_t kHasFollowed = 0x20;
constexpr std::uint8_t kKnownBits =
    kRiskBits | kHasCandidate | kHasRiskOrdinal | kHasWritten | kHasFollowed;
constexpr std::uint8_t kRiskLast = 2;

// A varint that must fit in `Value`.
template <typename Value>
Value Narrow(ByteReader& in, bool& fits) {
  const std::uint64_t value = in.Varint();
  fits = fits && value <= std::numeric_limits<Value>::max();
  return static_cast<Value>(value);
}

}  // namespace

void EncodeState(const State& state, ByteWriter& out) {
  const bool has_candidate = state.candidate != SegmentId{};
  const bool has_risk_ordinal = state.risk_ordinal != 0;
  out.U8(static_cast<std::uint8_t>((state.risk & kRiskBits) | (has_candidate ? kHasCandidate : 0) |
                                   (has_risk_ordinal ? kHasRiskOrdinal : 0) |
                                   (state.written_ms ? kHasWritten : 0) |
                                   (state.followed != 0 ? kHasFollowed : 0)));
  out.Varint(state.current.value());
  out.Zigzag(state.since_ms);
  out.Varint(state.model_sequence);
  out.Varint(state.ordinal);
  if (has_risk_ordinal) out.Varint(state.risk_ordinal);
  if (has_candidate) {
    out.Varint(state.candidate.value());
    out.U8(state.candidate_count);
  }
  if (state.written_ms) out.Zigzag(*state.written_ms);
  if (state.followed != 0) out.Varint(state.followed);
}

Status DecodeState(ByteReader& in, State& state) {
  State read;
  bool fits = true;
  const std::uint8_t bits = in.U8();
  read.risk = bits & kRiskBits;
  read.current = SegmentId{Narrow<std::uint32_t>(in, fits)};
  read.since_ms = in.Zigzag();
  read.model_sequence = Narrow<std::uint32_t>(in, fits);
  read.ordinal = in.Varint();
  if ((bits & kHasRiskOrdinal) != 0) read.risk_ordinal = in.Varint();
  if ((bits & kHasCandidate) != 0) {
    read.candidate = SegmentId{Narrow<std::uint32_t>(in, fits)};
    read.candidate_count = in.U8();
  }
  if ((bits & kHasWritten) != 0) read.written_ms = in.Zigzag();
  if ((bits & kHasFollowed) != 0) read.followed = in.Varint();
  if (!in.ok()) return Fail(Code::kCorruption, "a customer's segment state is cut off");
  const bool candidate_usable = (bits & kHasCandidate) == 0 || read.candidate != SegmentId{};
  const bool risk_usable = (bits & kHasRiskOrdinal) == 0 || read.risk_ordinal != 0;
  const bool followed_usable = (bits & kHasFollowed) == 0 || read.followed != 0;
  if (!fits || (bits & ~kKnownBits) != 0 || read.risk > kRiskLast || !candidate_usable ||
      !risk_usable || !followed_usable) {
    return Fail(Code::kCorruption, "a customer's segment state holds impossible values");
  }
  state = read;
  return Ok();
}

}  // namespace segmentd::segment
