#include <google/protobuf/io/coded_stream.h>
#include <google/protobuf/io/zero_copy_stream_impl_lite.h>

#include <cmath>

#include "facts.h"
#include "segmentd/model/bundle.h"
#include "segmentd/v1/output.pb.h"

namespace segmentd::pipeline {
namespace {

// Map fields in the order of their keys: the same facts give the same bytes.
std::string Serialize(const google::protobuf::Message& message) {
  std::string out;
  {
    google::protobuf::io::StringOutputStream stream(&out);
    google::protobuf::io::CodedOutputStream coded(&stream);
    coded.SetSerializationDeterministic(true);
    message.SerializeWithCachedSizes(&coded);
  }
  return out;
}

template <typename Setter>
void SetFinite(double value, Setter set) {
  if (std::isfinite(value)) set(value);
}

void FillExplanation(const ChangeFacts& facts, v1::Explanation& out) {
  for (const segment::Reason& reason : facts.judgement->explanation.top) {
    v1::Explanation::Top& top = *out.add_top();
    top.set_feature(facts.features[static_cast<std::size_t>(reason.feature)]);
    SetFinite(reason.value, [&](double v) { top.set_value(v); });
    SetFinite(reason.typical_previous, [&](double v) { top.set_typical_previous(v); });
    SetFinite(reason.typical_current, [&](double v) { top.set_typical_current(v); });
    top.set_contribution(reason.contribution);
  }
  out.set_text(facts.judgement->explanation.text);
}

void FillRisk(const RiskFacts& risk, v1::Change& out) {
  out.mutable_at_risk()->set_state(std::string(risk.state));
  out.mutable_at_risk()->set_crossed(risk.crossed);
  if (!risk.scores) return;
  out.mutable_at_risk()->set_score(risk.scores->score);
  out.mutable_at_risk()->set_prior_score(risk.scores->prior_score);
  out.mutable_value()->set_clv_365d(risk.scores->clv_365d);
  out.mutable_value()->set_tier(std::string(risk::TierName(risk.scores->tier)));
}

void FillConfidence(const Judgement& judgement, v1::Confidence& out) {
  out.set_margin(judgement.margin);
  out.set_distance_current(judgement.distance_current);
  if (judgement.distance_previous) out.set_distance_previous(*judgement.distance_previous);
}

void FillCause(const Cause& cause, v1::Cause& out) {
  switch (cause.kind) {
    case Cause::Kind::kRecord:
      out.set_kind("record");
      out.set_topic(std::string(cause.topic));
      out.set_partition(cause.partition.value());
      out.set_offset(cause.offset.value());
      out.set_event_time_ms(cause.event_time_ms);
      break;
    case Cause::Kind::kTimer:
      out.set_kind("timer");
      out.set_due_ms(cause.due_ms);
      break;
    case Cause::Kind::kModel:
      out.set_kind("model");
      out.set_version(std::string(cause.model_version));
      break;
    case Cause::Kind::kRequest:
      out.set_kind("request");
      out.set_id(std::string(cause.request));
      break;
  }
}

}  // namespace

std::string ChangeProto(const ChangeFacts& facts) {
  v1::Change change;
  change.set_customer_id(std::string(facts.customer_id));
  change.set_change(std::string(facts.change));
  change.set_as_of_ms(facts.as_of_ms);
  change.set_ordinal(facts.ordinal);
  change.set_schema("1.0");
  if (facts.previous) {
    v1::SegmentBefore& previous = *change.mutable_previous();
    previous.set_segment_id(model::SegmentText(facts.previous->id));
    previous.set_name(std::string(facts.previous->name));
    previous.set_since_ms(facts.previous->since_ms);
    previous.set_dwell_s(static_cast<double>(facts.as_of_ms - facts.previous->since_ms) / 1000.0);
  }
  if (facts.current) {
    v1::SegmentNow& current = *change.mutable_current();
    current.set_segment_id(model::SegmentText(facts.current->id));
    current.set_name(std::string(facts.current->name));
    current.set_since_ms(facts.current->since_ms);
    current.set_activity(facts.current->activity);
  }
  change.set_reason(std::string(facts.reason));
  if (facts.judgement) {
    FillRisk(facts.judgement->risk, change);
    FillExplanation(facts, *change.mutable_explanation());
    FillConfidence(*facts.judgement, *change.mutable_confidence());
  }
  change.mutable_model()->set_version(std::string(facts.model_version));
  change.mutable_model()->set_k(facts.k);
  change.mutable_model()->set_embedding(std::string(facts.embedding));
  FillCause(facts.cause, *change.mutable_cause());
  change.ByteSizeLong();
  return Serialize(change);
}

std::string AlertProto(const AlertFacts& facts) {
  v1::Alert alert;
  alert.set_customer_id(std::string(facts.customer_id));
  alert.set_state(std::string(facts.state));
  alert.set_as_of_ms(facts.as_of_ms);
  alert.set_score(facts.scores.score);
  alert.set_prior_score(facts.scores.prior_score);
  alert.set_level(std::string(risk::Level(facts.scores.tier)));
  alert.set_value_at_stake(facts.scores.clv_365d);
  alert.set_idle_days(facts.idle_days);
  SetFinite(facts.usual_gap_days, [&](double v) { alert.set_usual_gap_days(v); });
  alert.mutable_segment()->set_id(model::SegmentText(facts.segment));
  alert.mutable_segment()->set_name(std::string(facts.segment_name));
  alert.set_text(facts.text);
  alert.set_reason(std::string(facts.reason));
  FillCause(facts.cause, *alert.mutable_cause());
  alert.mutable_model()->set_version(std::string(facts.model_version));
  alert.mutable_model()->set_k(facts.k);
  alert.mutable_model()->set_embedding(std::string(facts.embedding));
  alert.set_risk_ordinal(facts.risk_ordinal);
  alert.set_schema("1.0");
  alert.ByteSizeLong();
  return Serialize(alert);
}

std::string StateProto(const StateFacts& facts) {
  v1::CustomerState state;
  state.set_customer_id(std::string(facts.customer_id));
  if (facts.segment) {
    v1::CustomerState::Segment& segment = *state.mutable_segment();
    segment.set_id(model::SegmentText(facts.segment->id));
    segment.set_name(std::string(facts.segment->name));
    segment.set_since_ms(facts.segment->since_ms);
    segment.set_activity(facts.segment->activity);
  }
  state.set_ordinal(facts.ordinal);
  state.set_as_of_ms(facts.as_of_ms);
  state.set_last_event_ms(facts.last_event_ms);
  if (facts.risk.scores) {
    state.mutable_risk()->set_state(std::string(facts.risk.state));
    state.mutable_risk()->set_score(facts.risk.scores->score);
    state.mutable_value()->set_clv_365d(facts.risk.scores->clv_365d);
    state.mutable_value()->set_tier(std::string(risk::TierName(facts.risk.scores->tier)));
    for (const risk::NextCategory& next : facts.next_categories) {
      v1::NextCategory& told = *state.mutable_value()->add_next_category();
      told.set_category(std::string(next.name));
      told.set_p(next.p);
      told.set_lift(next.lift);
      told.set_customers(next.customers);
    }
  }
  state.set_model(std::string(facts.model_version));
  for (std::size_t i = 0; i < facts.features.size(); ++i) {
    SetFinite(facts.values[i],
              [&](double v) { (*state.mutable_features())[facts.features[i]] = v; });
  }
  state.ByteSizeLong();
  return Serialize(state);
}

}  // namespace segmentd::pipeline
