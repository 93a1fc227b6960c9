#include "runtime/transaction.h"

#include "segmentd/base/assert.h"

namespace segmentd::runtime {

Status Transaction::Open() {
  SEGMENTD_ASSERT(ready(), "a transaction opens where nothing stands in its way");
  if (state_ == State::kOpen) return Ok();
  SEGMENTD_RETURN_IF_ERROR(sink_.Begin());
  state_ = State::kOpen;
  return Ok();
}

Result<ports::CommitReceipt> Transaction::Commit(std::span<const ports::InputPosition> positions) {
  SEGMENTD_ASSERT(open() || committing(), "a commit ends an open transaction");
  auto receipt = sink_.Commit(positions);
  if (receipt.ok()) {
    state_ = State::kIdle;
  } else if (receipt.error().code == Code::kRetry) {
    state_ = State::kCommitting;
  }
  return receipt;
}

void Transaction::GiveUp(Code code) {
  const bool abortable = code == Code::kAbort || code == Code::kRetry || code == Code::kCorruption;
  if (state_ == State::kCommitting && code != Code::kAbort) {
    // It may still take effect; only a new producer's fence settles that.
    state_ = State::kBroken;
  } else if (!abortable) {
    state_ = State::kBroken;
  } else if (state_ == State::kOpen || state_ == State::kCommitting) {
    state_ = State::kAborting;
  }
}

void Transaction::Leave() {
  if (state_ == State::kOpen || state_ == State::kAborting) static_cast<void>(sink_.Abort());
  state_ = State::kBroken;
}

Status Transaction::Settle() {
  if (state_ == State::kAborting) {
    Status aborted = sink_.Abort();
    if (!aborted.ok() && aborted.error().code == Code::kRetry) return aborted;
    state_ = aborted.ok() ? State::kIdle : State::kBroken;
  }
  if (state_ == State::kBroken) {
    SEGMENTD_RETURN_IF_ERROR(sink_.Reset());
    state_ = State::kIdle;
  }
  return Ok();
}

}  // namespace segmentd::runtime
