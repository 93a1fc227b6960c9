#include "support/chaos.h"

#include <set>

namespace segmentd::support {
namespace {

bool MayRetry(Call call) {
  static const std::set<Call> kNever = {Call::kOpenStore, Call::kReadStore, Call::kWriteStore,
                                        Call::kAfterWriteStore};
  return !kNever.contains(call);
}

bool MayAbort(Call call) {
  return call == Call::kSend || call == Call::kSendOffsets || call == Call::kCommit;
}

bool MayFence(Call call) {
  return call == Call::kBegin || call == Call::kSend || call == Call::kSendOffsets ||
         call == Call::kCommit || call == Call::kAfterCommit || call == Call::kAbort;
}

bool MayCorrupt(Call call) { return call == Call::kOpenStore || call == Call::kReadStore; }

}  // namespace

Status Chaos::At(Call call) {
  ++calls_;
  if (watcher_) SEGMENTD_RETURN_IF_ERROR(watcher_(call));
  if (crash_in_ == 0 || random_.Chance(rates_.crash)) {
    crash_in_ = -1;
    throw Crash{};
  }
  if (crash_in_ > 0) --crash_in_;
  if (MayRetry(call) && random_.Chance(rates_.retry))
    return Fail(Code::kRetry, "the broker is away");
  if (MayAbort(call) && random_.Chance(rates_.abort)) return Fail(Code::kAbort, "abort");
  if (MayFence(call) && random_.Chance(rates_.fence)) return Fail(Code::kFenced, "fenced");
  if (MayCorrupt(call) && random_.Chance(rates_.corrupt)) return Fail(Code::kCorruption, "bits");
  return Ok();
}

}  // namespace segmentd::support
