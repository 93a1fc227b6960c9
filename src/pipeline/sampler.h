#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "batch.h"
#include "segmentd/event/event.h"
#include "segmentd/feature/record.h"

namespace segmentd::pipeline {

// Takes the samples of a batch in the first pass, while records are as the evaluations leave them;
// the second pass gives each its segment, in the same order.
//
// Which events and looks are sampled goes by the customer's own events alone, and not by what came
// of a look: that may stand in the record already, or not before the second pass.
class Sampler {
 public:
  // share: of the customers; 0: none.
  Sampler(double share, Batch::Body& batch) : share_(share), batch_(batch) {}

  // Behind an event: the first on its UTC day. newest_ms: of the events before it, if any. Each
  // returns whether there is a sample.
  bool OnEvent(std::uint32_t customer, const event::Event& event,
               std::optional<std::int64_t> newest_ms, feature::Record& record);
  // As of a deadline, unless the customer had an event on that day.
  bool OnLook(std::uint32_t customer, std::int64_t at_ms, feature::Record& record);
  // Behind a profile that changed something.
  bool OnProfile(std::uint32_t customer, const event::Profile& profile, std::int64_t as_of_ms,
                 feature::Record& record);
  // Behind a profile of a customer without events, of whom there is nothing else to learn yet.
  bool OnNames(std::uint32_t customer, const event::Profile& profile);
  bool on() const { return share_ > 0; }

 private:
  std::string* Begin(std::uint32_t customer);
  std::string* Take(std::uint32_t customer, std::int64_t as_of_ms, feature::Record& record);

  const double share_;
  Batch::Body& batch_;
};

}  // namespace segmentd::pipeline
