#pragma once

#include <span>

#include "segmentd/ports/sink.h"

namespace segmentd::runtime {

// The sink as a state machine, so that each of its calls is made only where it is allowed. It
// starts broken: the first Settle fences whoever had the producer's name before.
class Transaction {
 public:
  explicit Transaction(ports::Sink& sink) : sink_(sink) {}

  // Nothing stands in the way of Open.
  bool ready() const { return state_ == State::kIdle || state_ == State::kOpen; }
  bool open() const { return state_ == State::kOpen; }
  // A commit was begun and its outcome is not known: only Commit or GiveUp may follow.
  bool committing() const { return state_ == State::kCommitting; }
  // A new producer is due.
  bool broken() const { return state_ == State::kBroken; }

  // Opens the sink's transaction unless it is open. REQUIRES: ready.
  Status Open();
  // REQUIRES: open.
  Status Send(const pipeline::OutRecord& record) { return sink_.Send(record); }
  Status SendImage(Partition partition, std::string_view key, const std::string_view* value) {
    return sink_.SendImage(partition, key, value);
  }
  // kRetry leaves it committing; call again with the same positions. REQUIRES: open or committing.
  Result<ports::CommitReceipt> Commit(std::span<const ports::InputPosition> positions);

  // Lets go of what is open: after any error but a commit's kRetry, and when a commit cannot be
  // waited for. Settle does what is then due.
  void GiveUp(Code code);
  // Aborts or makes a new producer, if that is due. kRetry: again later.
  Status Settle();
  // The last call: aborts what is open, so that readers of the topics need not wait for it to time
  // out. Whether it works is of no consequence.
  void Leave();

 private:
  enum class State { kBroken, kIdle, kOpen, kCommitting, kAborting };

  ports::Sink& sink_;
  State state_ = State::kBroken;
};

}  // namespace segmentd::runtime
