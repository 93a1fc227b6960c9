#pragma once

#include <algorithm>
#include <map>
#include <string>
#include <vector>

#include "segmentd/base/time_text.h"
#include "segmentd/feature/fold.h"
#include "segmentd/feature/purchase_days.h"
#include "segmentd/model/kmeans.h"
#include "segmentd/pipeline/pipeline.h"
#include "support/bundles.h"

namespace segmentd::pipeline {

struct Bought {
  std::string customer;
  std::int64_t time_ms = 0;
  std::uint64_t id = 0;
};

using Story = std::map<std::string, std::vector<std::string>>;  // what was published, by customer

inline std::string Line(std::int64_t as_of_ms, SegmentId segment, std::string_view reason) {
  return fmt::format("{} {} {}", FormatRfc3339(as_of_ms), model::SegmentText(segment), reason);
}

inline std::string Alert(std::int64_t as_of_ms, std::string_view state, std::string_view reason) {
  return fmt::format("{} {} {}", FormatRfc3339(as_of_ms), state, reason);
}

// What a pipeline is to publish, worked out one event at a time, without an index, batches or
// columns: before each event of a customer it walks through every instant at which the customer was
// to be looked at since it last changed.
class Reference {
 public:
  Reference(const Options& options, const model::Bundle& bundle)
      : options_(options), model_(support::LoadModel(bundle)) {}

  void Add(const Bought& event) {
    if (clock_ms_ != INT64_MIN && event.time_ms < clock_ms_ - options_.allowed_lateness_ms) return;
    Customer& customer = customers_[event.customer];
    event::Event folded;
    folded.event_time_ms = event.time_ms;
    folded.has_id = true;
    folded.id_hash = event.id + 1;
    folded.amount = 20;
    if (feature::IsDuplicate(folded, customer.record)) return;
    const std::int64_t until_ms = std::max(clock_ms_, event.time_ms);
    const std::int64_t newest = FireUntil(event.customer, until_ms);
    feature::Record& record = customer.record;
    if (event.time_ms < until_ms) record.as_of_ms = std::max(record.as_of_ms, newest);
    const bool late = feature::Fold(folded, {}, record) == feature::FoldResult::kLate;
    clock_ms_ = std::max(clock_ms_, event.time_ms - options_.out_of_orderness_ms);
    Decide(event.customer, record.as_of_ms, late ? "correction" : "event");
  }

  void End() {
    for (const auto& [id, customer] : customers_) FireUntil(id, clock_ms_);
  }
  const Story& changes() const { return changes_; }
  const Story& alerts() const { return alerts_; }

 private:
  double Score(const feature::Record& record, std::int64_t at_ms) const {
    const feature::PurchaseDays days = feature::PurchaseDaysOf(record, at_ms);
    const double silence_weeks =
        static_cast<double>(at_ms - record.last_purchase_ms) / static_cast<double>(7 * kDayMs);
    return risk::ActiveProbability(
        model_->bundle.risk,
        {days.frequency, days.recency_weeks, days.recency_weeks + silence_weeks, days.monetary},
        options_.risk.horizon_weeks);
  }

  // Returns the newest instant at which the customer was to be looked at.
  std::int64_t FireUntil(const std::string& id, std::int64_t until_ms) {
    Customer& customer = customers_[id];
    if (customer.record.orders == 0) return INT64_MIN;
    std::int64_t newest = INT64_MIN;
    for (const std::int64_t at_ms : Looks(customer.record, until_ms)) {
      newest = at_ms;
      if (at_ms > customer.record.as_of_ms) Decide(id, at_ms, "inactivity");
    }
    return newest;
  }

  std::vector<std::int64_t> Looks(const feature::Record& record, std::int64_t until_ms) const {
    std::vector<std::int64_t> looks;
    const std::int64_t purchase_ms = record.last_purchase_ms;
    std::int64_t silence_ms = kDayMs;
    for (; purchase_ms + silence_ms <= until_ms; silence_ms += std::max(kDayMs, silence_ms / 4)) {
      const std::int64_t at_ms = purchase_ms + silence_ms;
      AddFalls(record, at_ms, at_ms + std::max(kDayMs, silence_ms / 4), looks);
      looks.push_back(at_ms);
    }
    std::erase_if(looks, [&](std::int64_t at_ms) { return at_ms > until_ms; });
    std::sort(looks.begin(), looks.end());
    return looks;
  }

  // The milliseconds at which the score falls below what raises an alert.
  void AddFalls(const feature::Record& record, std::int64_t from_ms, std::int64_t to_ms,
                std::vector<std::int64_t>& looks) const {
    if (model_->bundle.risk.kind == risk::Kind::kNone) return;
    const double enter =
        std::min(options_.risk.enter, 0.6 * Score(record, record.last_purchase_ms));
    for (const double threshold : {enter, options_.risk.lapsed}) {
      if (Score(record, from_ms) < threshold || Score(record, to_ms) >= threshold) continue;
      std::int64_t at_ms = from_ms;
      for (std::int64_t step_ms = 3'600 * kSecondMs; step_ms > 0; step_ms /= 60) {
        while (at_ms < to_ms && Score(record, at_ms) >= threshold) at_ms += step_ms;
        at_ms -= step_ms;
        if (step_ms == 1) break;
        if (step_ms < 60) step_ms = 60;
      }
      while (Score(record, at_ms) >= threshold) ++at_ms;
      if (at_ms < to_ms) looks.push_back(at_ms);
    }
  }

  void Decide(const std::string& id, std::int64_t as_of_ms, std::string_view reason) {
    Customer& customer = customers_[id];
    model::RawMatrix raw(model_->features.size(), 1);
    model_->features.Snapshot(customer.record, as_of_ms,
                              {raw.data(), static_cast<std::size_t>(raw.rows())});
    model::Matrix scaled, codes, distances;
    model_->bundle.scaler.Apply(raw, 1, scaled);
    model_->bundle.embedding.Apply(scaled, codes);
    model::Distances(codes, model_->centroids, distances);
    const segment::State before = customer.segment;
    const segment::Decision decision = segment::Decide(
        model_->ids, {distances.data(), model_->ids.size()}, {}, as_of_ms, customer.segment);
    if (decision.changed) changes_[id].push_back(Line(as_of_ms, decision.current, reason));
    if (model_->bundle.risk.kind != risk::Kind::kNone) Step(id, as_of_ms, reason, decision);
    if (!(before == customer.segment)) {
      customer.record.as_of_ms = std::max(customer.record.as_of_ms, as_of_ms);
    }
  }

  void Step(const std::string& id, std::int64_t as_of_ms, std::string_view reason,
            const segment::Decision& decision) {
    Customer& customer = customers_[id];
    const feature::Record& record = customer.record;
    const feature::PurchaseDays days = feature::PurchaseDaysOf(record, as_of_ms);
    risk::Evidence evidence;
    evidence.score = Score(record, as_of_ms);
    evidence.prior_score = Score(record, record.last_purchase_ms);
    evidence.tier = risk::TierOf(model_->bundle.risk, {days.frequency, days.recency_weeks,
                                                       days.recency_weeks, days.monetary});
    evidence.purchased = reason != "inactivity";
    evidence.dropped = decision.changed && decision.previous != SegmentId{} &&
                       decision.previous != SegmentId{1} && decision.current == SegmentId{1};
    auto state = static_cast<risk::State>(customer.segment.risk);
    const risk::Crossing crossing = risk::Step(options_.risk, evidence, state);
    customer.segment.risk = static_cast<std::uint8_t>(state);
    if (crossing == risk::Crossing::kNone) return;
    alerts_[id].push_back(Alert(as_of_ms, risk::CrossingName(crossing), reason));
  }

  const Options options_;
  const std::shared_ptr<const Model> model_;
  std::int64_t clock_ms_ = INT64_MIN;
  std::map<std::string, Customer> customers_;
  Story changes_;
  Story alerts_;
};

}  // namespace segmentd::pipeline
