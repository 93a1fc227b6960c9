#include "runtime/idle_clock.h"

#include <algorithm>
#include <cstdlib>

#include "segmentd/base/ids.h"

namespace segmentd::runtime {
namespace {

// A proof is a question to the broker.
constexpr std::int64_t kProofEveryMs = 5 * kSecondMs;
// Proofs further apart leave room for what nobody saw.
constexpr std::int64_t kProofsApartMaxMs = 4 * kProofEveryMs;
// A clock that is slewed stays within this; one that is set does not.
constexpr std::int64_t kJumpMs = kSecondMs;

}  // namespace

void IdleClock::Interrupt() { idle_ = drained_ = false; }

bool IdleClock::ProofDue() const {
  if (grace_ms_ <= 0) return false;
  return !idle_ || NowMs() - proved_ms_ >= std::min(kProofEveryMs, grace_ms_ / 2);
}

std::optional<std::int64_t> IdleClock::Prove() {
  const std::int64_t now_ms = NowMs();
  const std::int64_t wall_ms = clock_.WallMs();
  const std::int64_t jump_ms = (wall_ms - since_wall_ms_) - (now_ms - since_ms_);
  if (!idle_ || std::abs(jump_ms) > kJumpMs || now_ms - proved_ms_ > kProofsApartMaxMs) {
    since_ms_ = now_ms;
    since_wall_ms_ = wall_ms;
    drained_ = false;
  }
  idle_ = true;
  proved_ms_ = now_ms;
  if (now_ms - since_ms_ < grace_ms_) return std::nullopt;
  drained_ = true;
  return wall_ms - grace_ms_;
}

}  // namespace segmentd::runtime
