#pragma once

#include <optional>
#include <span>

#include "segmentd/event/raw_record.h"
#include "segmentd/ports/attempts.h"

namespace segmentd::runtime {

// Finds the record that crashes the process. Asleep until a process has ended without saying so;
// then each slice is noted before it is worked on. A noted slice that crashes again is worked on
// record by record, and a record that has crashed three times while it was alone is condemned: a
// process that was killed at a bad moment condemns nothing.
class CrashGuard {
 public:
  // attempts: null for a guard that sleeps for ever. Outlives this.
  CrashGuard(Partition partition, ports::Attempts* attempts);

  // How many of the records may be worked on together.
  std::size_t Together(std::span<const event::RawRecord> records) const;
  // Whether the record is to be left out.
  bool Condemned(const event::RawRecord& record) const;
  // Around the work on a slice.
  Status Begin(std::span<const event::RawRecord> slice);
  void End(std::span<const event::RawRecord> slice);

 private:
  bool Suspects(const event::RawRecord& record) const;

  const Partition partition_;
  ports::Attempts* attempts_;
  std::optional<ports::Attempt> left_;
  std::int64_t watched_ = 0;  // records still to be noted
};

}  // namespace segmentd::runtime
