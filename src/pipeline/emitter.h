#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "applier.h"
#include "segmentd/segment/decision.h"

namespace segmentd::pipeline {

// What makes a decision due, and what it is to be based on.
struct Occasion {
  std::uint32_t customer = 0;
  std::uint32_t column = kNoColumn;
  std::string_view reason;
  Cause cause;
  std::span<const event::Header> headers;      // of the causing record
  bool purchase = false;                       // the causing record is one
  std::optional<double> score = std::nullopt;  // of risk, where it is known already
};

// The pass over one batch; short-lived.
class Emitter {
 public:
  Emitter(const Context& context, Batch::Body& batch, Effects& effects)
      : context_(context), batch_(batch), effects_(effects) {}

  void Reject(const event::RawRecord& record, const event::Rejection& rejection);
  // Before any model: state alone.
  void Unscored(const Item& item);
  void Decide(const Item& item, const event::RawRecord& record);
  // What happens without an event.
  void Pass(const Firing& firing);
  // The next sample, of a customer as it is now.
  void Sample(std::uint32_t customer);

 private:
  void Fire(const Firing& firing);
  // The customer's first encounter with a model that has come: what changes is the model's doing,
  // and no alert.
  void Follow(const Firing& firing);
  // The customer had a history before the first model: takes its segment as the model's arrival
  // would have given it, so that this event is told from a change of the model.
  // risk: what its risk begins with, if it has any.
  void Backfill(std::uint32_t customer, std::uint32_t column,
                const std::optional<risk::History>& risk);
  std::optional<risk::History> BasisBefore(const Item& item) const;
  void Look(const Firing& firing, std::int64_t at_ms);
  // The customer is forgotten, but for the numbers that its next changes go on from.
  void Expire(const Firing& firing);
  // Takes the decision that is due, and publishes what it changed.
  void Settle(const Occasion& occasion);
  risk::Crossing StepRisk(const Occasion& occasion, const segment::State& before,
                          const segment::Decision& decision, segment::State& state) const;
  void Publish(const Occasion& occasion, const segment::State& before,
               const segment::Decision& decision, risk::Crossing crossing);
  void Send(const Occasion& occasion, ChangeFacts& facts, SegmentId previous,
            risk::Crossing crossing);
  void Alert(const Occasion& occasion, risk::Crossing crossing);
  void WriteState(std::uint32_t customer, std::uint32_t column);
  Occasion Due(const Firing& firing) const;
  Occasion ByModel(std::uint32_t customer, std::uint32_t column, std::string_view reason) const;
  std::string NameOf(const segment::State& state) const;
  segment::Explanation Explain(const segment::Decision& decision, const ChangeFacts& facts,
                               std::uint32_t column) const;
  segment::Decision Take(std::uint32_t column, Customer& customer, int dwell) const;
  bool PeriodIsOver(std::uint32_t customer, std::uint32_t column) const;

  const Context& context_;
  Batch::Body& batch_;
  Effects& effects_;
  std::size_t samples_ = 0;  // given away
};

}  // namespace segmentd::pipeline
