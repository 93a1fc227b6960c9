#include <fmt/format.h>

#include <algorithm>
#include <optional>

#include "applier.h"
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

void Advance(const Options& options, std::int64_t event_time_ms, PartitionClock& clock) {
  clock.clock_ms = std::max(clock.clock_ms, event_time_ms - options.out_of_orderness_ms);
}

}  // namespace

void FoldBatch(const Context& context, Batch::Body& batch, std::span<Customer> customers,
               std::span<std::uint8_t> touched, PartitionClock& clock, std::int64_t wall_ms,
               Counts& counts) {
  context.scorer.Start(context.features, 2 * batch.items.size());
  const feature::FrozenNames frozen = context.features.frozen();
  for (std::size_t i = 0; i < batch.items.size(); ++i) {
    Item& item = batch.items[i];
    const event::RawRecord& record = batch.records[i];
    ++counts.records;
    counts.bytes += record.value ? record.value->size() : 0;
    if (std::holds_alternative<Rejection>(item.what)) continue;

    Customer& customer = customers[item.customer];
    if (const auto* profile = std::get_if<event::Profile>(&item.what)) {
      feature::FoldProfile(*profile, customer.record);
      touched[item.customer] = 1;
      ++counts.profiles;
      continue;
    }
    const event::Event event = std::get<event::Event>(item.what);
    if (auto refused = CheckTime(context.options, record, event, clock, wall_ms)) {
      item.what = std::move(*refused);
      continue;
    }
    item.first = customer.record.events == 0;
    const bool unseen = context.model && customer.segment.current == SegmentId{} && !item.first &&
                        customer.segment.ordinal == 0;
    const std::uint32_t before =
        unseen ? context.scorer.Add(context.features, customer.record) : kNoColumn;
    const feature::FoldResult folded = feature::Fold(event, frozen, customer.record);
    if (folded == feature::FoldResult::kDuplicate) {
      ++counts.duplicates;
      continue;
    }
    Advance(context.options, event.event_time_ms, clock);
    touched[item.customer] = 1;
    item.late = folded == feature::FoldResult::kLate;
    item.before = before;
    item.column = context.scorer.Add(context.features, customer.record);
    ++counts.accepted;
    counts.late += item.late ? 1 : 0;
    counts.without_id += event.has_id ? 0 : 1;
  }
}

}  // namespace segmentd::pipeline
