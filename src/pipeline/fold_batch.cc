#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <utility>
#include <vector>

#include "applier.h"
#include "sampler.h"
#include "segmentd/base/time_text.h"
#include "segmentd/feature/fold.h"

namespace segmentd::pipeline {
namespace {

using event::RejectCode;
using event::Rejection;
using event::Stage;

// The checks that need the partition's time. Instants are within years 0001..9999 (the decoder sees
// to it) and the configured spans far below that, so nothing overflows.
std::optional<Rejection> CheckTime(const Options& options, const event::RawRecord& record,
                                   const event::Event& event, const PartitionClock& clock,
                                   std::int64_t wall_ms) {
  const std::int64_t at = event.event_time_ms;
  if (clock.clock_ms != INT64_MIN && at < clock.clock_ms - options.allowed_lateness_ms) {
    return Rejection{RejectCode::kTooOld, Stage::kApply,
                     fmt::format("event_time {} is more than time.allowed_lateness before the "
                                 "partition's clock {}",
                                 FormatRfc3339(at), FormatRfc3339(clock.clock_ms))};
  }
  const std::int64_t now_ms = record.append_time ? record.timestamp_ms : wall_ms;
  if (at > now_ms + options.max_future_ms) {
    return Rejection{
        RejectCode::kFromFuture, Stage::kApply,
        fmt::format("event_time {} is more than time.max_future after {} {}", FormatRfc3339(at),
                    record.append_time ? "the append time" : "now,", FormatRfc3339(now_ms))};
  }
  return std::nullopt;
}

// A call's worth of timers: bounds how long the loop is away.
constexpr std::size_t kFiringsMax = 512;

// The pass over one batch; short-lived.
class Folder {
 public:
  Folder(const Context& context, Batch::Body& batch, std::size_t firings_max, std::int64_t fired_ms,
         const ModelSwitch& model_switch)
      : context_(context),
        batch_(batch),
        sampler_(context.options.sample, batch),
        frozen_(context.features.frozen()),
        firings_max_(firings_max),
        switched_ms_(model_switch.clock_ms),
        customers_(batch.customers.size()) {
    for (std::size_t i = 0; i < customers_.size(); ++i) {
      const segment::State& state = context.customers[i].segment;
      customers_[i].scored = state.current != SegmentId{};
      customers_[i].fired_ms = fired_ms;
      customers_[i].behind = !model_switch.Followed(batch.customers[i], state.followed);
    }
  }

  void Fold(std::size_t index, PartitionClock& clock, Counts& counts);
  // Fires the customer's deadlines from an instant on. Returns the first that is left.
  std::int64_t FireFrom(std::uint32_t customer, std::int64_t from_ms, std::int64_t until_ms);
  // Has the customer follow the last change of model, unless it has.
  void Follow(std::size_t before, std::uint32_t customer);
  bool behind(std::uint32_t customer) const { return customers_[customer].behind; }
  // Arms a timer for each customer whose first deadline may now stand before the one armed.
  void Arm();

 private:
  // What this pass knows of a customer beside its state.
  struct Known {
    bool scored = false;  // by a model, be it not there now
    bool folded = false;  // an event of this batch was
    bool behind = false;  // has yet to follow a change of model
    bool moved = false;   // has done so in this batch: what was armed is another model's
    std::int64_t fired_ms = INT64_MIN;
    std::int64_t waited_ms = kNever;  // a timer was armed for no later than this
  };

  std::int64_t Fire(std::size_t before, std::uint32_t customer, Deadline next,
                    std::int64_t until_ms);
  // Deadlines count from here on: none that passed under another model comes again.
  std::int64_t After(const feature::Record& record, std::int64_t fired_ms) const {
    return std::max({record.as_of_ms, fired_ms, switched_ms_});
  }
  bool FireBefore(std::size_t index, const event::Event& event, std::int64_t clock_ms);
  std::int64_t FirstAfter(std::uint32_t customer, Deadline next, std::int64_t clock_ms) const;
  void FoldProfile(std::size_t index, const event::Profile& profile, std::int64_t clock_ms);
  void FoldEvent(std::size_t index, const event::Event& event, PartitionClock& clock,
                 Counts& counts);

  const Context& context_;
  Batch::Body& batch_;
  Sampler sampler_;
  const feature::FrozenNames frozen_;
  const std::size_t firings_max_;
  const std::int64_t switched_ms_;
  std::vector<Known> customers_;
};

void Folder::Fold(std::size_t index, PartitionClock& clock, Counts& counts) {
  Item& item = batch_.items[index];
  const event::RawRecord& record = batch_.records[index];
  ++counts.records;
  counts.bytes += record.value ? record.value->size() : 0;
  if (std::holds_alternative<Rejection>(item.what)) return;
  if (context_.customers[item.customer].erased) {
    ++counts.erased;
    return;
  }
  if (const auto* profile = std::get_if<event::Profile>(&item.what)) {
    FoldProfile(index, *profile, clock.clock_ms);
    ++counts.profiles;
    return;
  }
  const event::Event event = std::get<event::Event>(item.what);
  if (auto refused = CheckTime(context_.options, record, event, clock, context_.wall_ms)) {
    item.what = std::move(*refused);
  } else if (FireBefore(index, event, clock.clock_ms)) {
    FoldEvent(index, event, clock, counts);
  } else {
    ++counts.duplicates;
  }
}

// A sample of it is as of all that has been due: what that came to may stand in the record or not.
void Folder::FoldProfile(std::size_t index, const event::Profile& profile, std::int64_t clock_ms) {
  Item& item = batch_.items[index];
  Follow(index, item.customer);
  feature::Record& record = context_.customers[item.customer].record;
  const bool replaced = feature::FoldProfile(profile, record);
  context_.outcomes[item.customer].changed = true;
  if (!replaced || !sampler_.on()) return;
  if (record.events == 0) {
    item.sampled = sampler_.OnNames(item.customer, profile);
    return;
  }
  const bool scored = customers_[item.customer].scored;
  const std::int64_t newest_ms = context_.deadlines.Newest(record, scored, clock_ms);
  const std::int64_t as_of_ms = std::max({record.as_of_ms, newest_ms, switched_ms_});
  item.sampled = sampler_.OnProfile(item.customer, profile, as_of_ms, record);
}

// What was due before an event fires before it. False for a duplicate, before which nothing does.
bool Folder::FireBefore(std::size_t index, const event::Event& event, std::int64_t clock_ms) {
  const std::uint32_t customer = batch_.items[index].customer;
  feature::Record& record = context_.customers[customer].record;
  Known& known = customers_[customer];
  if (known.behind) {
    if (feature::IsDuplicate(event, record)) return false;
    Follow(index, customer);
  }
  // An event of this batch may have set new deadlines amid those that had fired before.
  const bool renewed = known.folded || known.moved;
  const std::int64_t after_ms = After(record, renewed ? INT64_MIN : known.fired_ms);
  const Deadline next = context_.deadlines.Next(record, known.scored, after_ms);
  if (!renewed) known.waited_ms = FirstAfter(customer, next, clock_ms);
  const std::int64_t until_ms = std::max(clock_ms, event.event_time_ms);
  const bool behind = event.event_time_ms < until_ms;
  if (next.at_ms > until_ms && !behind) return true;
  if (feature::IsDuplicate(event, record)) return false;
  Fire(index, customer, next, until_ms);
  // An event that comes after a deadline is late, whether or not anything came of that one: what
  // had no effect left no trace, and this must not depend on traces.
  if (behind) {
    const std::int64_t newest = context_.deadlines.Newest(record, known.scored, until_ms);
    record.as_of_ms = std::max(record.as_of_ms, newest);
    // A model that came was a look at the customer, too.
    if (record.events > 0) record.as_of_ms = std::max(record.as_of_ms, switched_ms_);
  }
  return true;
}

// No timer has fired beyond the clock, so that one is armed for no later than this.
std::int64_t Folder::FirstAfter(std::uint32_t customer, Deadline next,
                                std::int64_t clock_ms) const {
  if (next.at_ms > clock_ms) return next.at_ms;
  const feature::Record& record = context_.customers[customer].record;
  const std::int64_t after_ms = After(record, clock_ms);
  return context_.deadlines.Next(record, customers_[customer].scored, after_ms).at_ms;
}

std::int64_t Folder::Fire(std::size_t before, std::uint32_t customer, Deadline next,
                          std::int64_t until_ms) {
  feature::Record& record = context_.customers[customer].record;
  Known& known = customers_[customer];
  while (next.at_ms <= until_ms && batch_.firings.size() < firings_max_) {
    Firing& firing = batch_.firings.emplace_back();
    firing = {before, customer, kNoColumn, next};
    if (next.kind == TimerKind::kExpiry) {
      for (Firing& earlier : batch_.firings) {
        if (earlier.customer == customer) earlier.over = true;
      }
      record = feature::Record();
      known.scored = false;
      context_.outcomes[customer].changed = true;
      return kNever;
    }
    firing.column = context_.scorer.Add(context_.features, record, next.at_ms);
    if (context_.model != nullptr) firing.sampled = sampler_.OnLook(customer, next.at_ms, record);
    next = context_.deadlines.Next(record, known.scored, next.at_ms);
  }
  return next.at_ms;
}

std::int64_t Folder::FireFrom(std::uint32_t customer, std::int64_t from_ms, std::int64_t until_ms) {
  const feature::Record& record = context_.customers[customer].record;
  Follow(0, customer);
  // Under the model that armed this timer others may have stood behind it.
  const Known& known = customers_[customer];
  const std::int64_t after_ms = After(record, known.moved ? INT64_MIN : from_ms - 1);
  const Deadline next = context_.deadlines.Next(record, known.scored, after_ms);
  return Fire(0, customer, next, until_ms);
}

// As of the change. Whom no model has scored comes to its first segment.
void Folder::Follow(std::size_t before, std::uint32_t customer) {
  Known& known = customers_[customer];
  if (!std::exchange(known.behind, false) || context_.model == nullptr) return;
  known.moved = true;
  const feature::Record& record = context_.customers[customer].record;
  const segment::State& state = context_.customers[customer].segment;
  if (record.events == 0 || (!known.scored && state.ordinal > 0)) return;
  known.scored = true;
  Firing& firing = batch_.firings.emplace_back();
  firing = {before, customer, kNoColumn, {}, /*follows=*/true};
  firing.column =
      context_.scorer.Add(context_.features, record, std::max(record.as_of_ms, switched_ms_));
}

void Folder::FoldEvent(std::size_t index, const event::Event& event, PartitionClock& clock,
                       Counts& counts) {
  Item& item = batch_.items[index];
  Customer& customer = context_.customers[item.customer];
  Known& known = customers_[item.customer];
  item.first = customer.record.events == 0;
  std::optional<std::int64_t> newest_ms;
  if (!item.first) newest_ms = customer.record.last_event_ms;
  const bool unseen =
      context_.model && !known.scored && !item.first && customer.segment.ordinal == 0;
  const std::uint32_t before =
      unseen ? context_.scorer.Add(context_.features, customer.record, customer.record.as_of_ms)
             : kNoColumn;
  const feature::FoldResult folded = feature::Fold(event, frozen_, customer.record);
  if (folded == feature::FoldResult::kDuplicate) {
    ++counts.duplicates;
    return;
  }
  clock.clock_ms =
      std::max(clock.clock_ms, event.event_time_ms - context_.options.out_of_orderness_ms);
  context_.outcomes[item.customer].changed = true;
  known.folded = true;
  known.scored = known.scored || context_.model != nullptr;
  item.late = folded == feature::FoldResult::kLate;
  item.before = before;
  item.column = context_.scorer.Add(context_.features, customer.record, customer.record.as_of_ms);
  if (!item.late) {
    item.sampled = sampler_.OnEvent(item.customer, event, newest_ms, customer.record);
  }
  ++counts.accepted;
  counts.newest_event_ms = std::max(counts.newest_event_ms, event.event_time_ms);
  if (item.late) {
    ++counts.late;
    counts.lateness.Add(customer.record.as_of_ms - event.event_time_ms);
  }
  counts.without_id += event.has_id ? 0 : 1;
}

void Folder::Arm() {
  for (std::size_t i = 0; i < customers_.size(); ++i) {
    const Known& known = customers_[i];
    if (!known.folded && !known.moved) continue;
    const feature::Record& record = context_.customers[i].record;
    const Deadline next = context_.deadlines.Next(record, known.scored, After(record, INT64_MIN));
    if (next.at_ms < known.waited_ms) context_.outcomes[i].arm_ms = next.at_ms;
  }
}

}  // namespace

void FoldBatch(const Context& context, Batch::Body& batch, PartitionClock& clock, Counts& counts) {
  context.scorer.Start(context.features, 2 * batch.items.size());
  Folder folder(context, batch, SIZE_MAX, clock.fired_ms, clock.model_switch);
  for (std::size_t i = 0; i < batch.items.size(); ++i) folder.Fold(i, clock, counts);
  folder.Arm();
}

void FoldTimers(const Context& context, Batch::Body& batch, std::span<const DueTimer> due,
                const PartitionClock& clock) {
  context.scorer.Start(context.features, kFiringsMax);
  Folder folder(context, batch, kFiringsMax, INT64_MIN, clock.model_switch);
  for (std::uint32_t i = 0; i < due.size(); ++i) {
    context.outcomes[i].arm_ms = folder.FireFrom(i, due[i].deadline_ms, clock.clock_ms);
  }
}

void FoldSwitch(const Context& context, Batch::Body& batch, const PartitionClock& clock) {
  context.scorer.Start(context.features, kFiringsMax);
  Folder folder(context, batch, kFiringsMax, INT64_MIN, clock.model_switch);
  for (std::uint32_t i = 0; i < batch.customers.size(); ++i) {
    if (folder.behind(i))
      context.outcomes[i].arm_ms = folder.FireFrom(i, INT64_MIN, clock.clock_ms);
  }
}

}  // namespace segmentd::pipeline
