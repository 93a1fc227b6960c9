#include "facts.h"
#include "segmentd/base/json_writer.h"
#include "segmentd/model/bundle.h"

namespace segmentd::pipeline {
namespace {

constexpr std::string_view kSchema = "1.0";
// Of nearly every record, to allocate once.
constexpr std::size_t kChangeBytes = 1536;
constexpr std::size_t kStateBytes = 512;
constexpr std::size_t kFeatureBytes = 32;

void WritePrevious(JsonWriter& json, const ChangeFacts& facts) {
  json.Key("previous");
  if (!facts.previous) {
    json.Null();
    return;
  }
  const double dwell_s = static_cast<double>(facts.as_of_ms - facts.previous->since_ms) / 1000.0;
  json.BeginObject().Key("segment_id").String(model::SegmentText(facts.previous->id));
  json.Key("name").String(facts.previous->name).Key("since").Instant(facts.previous->since_ms);
  json.Key("dwell_s").Double(dwell_s).EndObject();
}

void WriteCurrent(JsonWriter& json, const ChangeFacts& facts) {
  json.Key("current");
  if (!facts.current) {
    json.Null();
    return;
  }
  json.BeginObject().Key("segment_id").String(model::SegmentText(facts.current->id));
  json.Key("name").String(facts.current->name).Key("since").Instant(facts.current->since_ms);
  json.Key("activity").Int(facts.current->activity).EndObject();
}

void WriteRisk(JsonWriter& json, const RiskFacts& risk) {
  json.Key("at_risk").BeginObject().Key("state").String(risk.state);
  json.Key("crossed").Bool(risk.crossed);
  if (!risk.scores) {
    json.Key("score").Null().Key("prior_score").Null().EndObject().Key("value").Null();
    return;
  }
  json.Key("score").Double(risk.scores->score).Key("prior_score");
  json.Double(risk.scores->prior_score).EndObject();
  json.Key("value").BeginObject().Key("clv_365d").Double(risk.scores->clv_365d);
  json.Key("tier").String(risk::TierName(risk.scores->tier)).EndObject();
}

void WriteModel(JsonWriter& json, std::string_view version, int k, std::string_view embedding) {
  json.Key("model").BeginObject().Key("version").String(version);
  json.Key("k").Int(k).Key("embedding").String(embedding).EndObject();
}

void WriteExplanation(JsonWriter& json, const ChangeFacts& facts) {
  const segment::Explanation& explanation = facts.judgement->explanation;
  json.Key("explanation").BeginObject().Key("top").BeginArray();
  for (const segment::Reason& reason : explanation.top) {
    const auto i = static_cast<std::size_t>(reason.feature);
    json.BeginObject().Key("feature").String(facts.features[i]);
    json.Key("value").Double(reason.value).Key("typical_previous");
    if (facts.judgement->typical_previous.empty()) {
      json.Null();
    } else {
      json.Raw(facts.judgement->typical_previous[i]);
    }
    json.Key("typical_current").Raw(facts.judgement->typical_current[i]);
    json.Key("contribution").Double(reason.contribution).EndObject();
  }
  json.EndArray().Key("text").String(explanation.text).EndObject();
}

void WriteConfidence(JsonWriter& json, const Judgement& judgement) {
  json.Key("confidence").BeginObject().Key("margin").Double(judgement.margin);
  json.Key("distance_current").Double(judgement.distance_current).Key("distance_previous");
  if (judgement.distance_previous) {
    json.Double(*judgement.distance_previous);
  } else {
    json.Null();
  }
  json.EndObject();
}

void WriteCause(JsonWriter& json, const Cause& cause) {
  json.Key("cause").BeginObject();
  switch (cause.kind) {
    case Cause::Kind::kRecord:
      json.Key("kind").String("record").Key("topic").String(cause.topic);
      json.Key("partition").Int(cause.partition.value()).Key("offset").Int(cause.offset.value());
      json.Key("event_time").Instant(cause.event_time_ms);
      break;
    case Cause::Kind::kTimer:
      json.Key("kind").String("timer").Key("due").Instant(cause.due_ms);
      break;
    case Cause::Kind::kModel:
      json.Key("kind").String("model").Key("version").String(cause.model_version);
      break;
    case Cause::Kind::kRequest:
      json.Key("kind").String("request").Key("id").String(cause.request);
      break;
  }
  json.EndObject();
}

}  // namespace

std::string ChangeJson(const ChangeFacts& facts) {
  std::string out;
  out.reserve(kChangeBytes);
  JsonWriter json(out);
  json.BeginObject()
      .Key("customer_id")
      .String(facts.customer_id)
      .Key("change")
      .String(facts.change);
  json.Key("as_of")
      .Instant(facts.as_of_ms)
      .Key("ordinal")
      .Int(static_cast<std::int64_t>(facts.ordinal));
  json.Key("schema").String(kSchema);
  WritePrevious(json, facts);
  WriteCurrent(json, facts);
  json.Key("reason").String(facts.reason);
  if (facts.judgement) {
    WriteRisk(json, facts.judgement->risk);
    WriteExplanation(json, facts);
    WriteConfidence(json, *facts.judgement);
  }
  WriteModel(json, facts.model_version, facts.k, facts.embedding);
  WriteCause(json, facts.cause);
  json.EndObject();
  return out;
}

std::string AlertJson(const AlertFacts& facts) {
  std::string out;
  JsonWriter json(out);
  json.BeginObject().Key("customer_id").String(facts.customer_id).Key("state").String(facts.state);
  json.Key("as_of").Instant(facts.as_of_ms).Key("score").Double(facts.scores.score);
  json.Key("prior_score").Double(facts.scores.prior_score);
  json.Key("level").String(risk::Level(facts.scores.tier));
  json.Key("value_at_stake").Double(facts.scores.clv_365d);
  json.Key("idle_days").Double(facts.idle_days);
  json.Key("usual_gap_days").Double(facts.usual_gap_days);
  json.Key("segment").BeginObject().Key("id").String(model::SegmentText(facts.segment));
  json.Key("name").String(facts.segment_name).EndObject();
  json.Key("text").String(facts.text).Key("reason").String(facts.reason);
  WriteCause(json, facts.cause);
  WriteModel(json, facts.model_version, facts.k, facts.embedding);
  json.Key("risk_ordinal").Int(static_cast<std::int64_t>(facts.risk_ordinal));
  json.Key("schema").String(kSchema).EndObject();
  return out;
}

std::string StateJson(const StateFacts& facts) {
  std::string out;
  out.reserve(kStateBytes + kFeatureBytes * facts.features.size());
  JsonWriter json(out);
  json.BeginObject().Key("customer_id").String(facts.customer_id).Key("segment");
  if (facts.segment) {
    json.BeginObject().Key("id").String(model::SegmentText(facts.segment->id));
    json.Key("name").String(facts.segment->name).Key("since").Instant(facts.segment->since_ms);
    json.Key("activity").Int(facts.segment->activity).EndObject();
  } else {
    json.Null();
  }
  json.Key("ordinal").Int(static_cast<std::int64_t>(facts.ordinal));
  json.Key("as_of").Instant(facts.as_of_ms).Key("last_event").Instant(facts.last_event_ms);
  if (facts.risk.scores) {
    json.Key("risk").BeginObject().Key("state").String(facts.risk.state);
    json.Key("score").Double(facts.risk.scores->score).EndObject();
    json.Key("value").BeginObject().Key("clv_365d").Double(facts.risk.scores->clv_365d);
    json.Key("tier").String(risk::TierName(facts.risk.scores->tier));
    json.Key("next_category").BeginArray();
    for (const risk::NextCategory& next : facts.next_categories) {
      json.BeginObject().Key("category").String(next.name).Key("p").Double(next.p);
      json.Key("lift").Double(next.lift).Key("customers");
      json.Int(static_cast<std::int64_t>(next.customers)).EndObject();
    }
    json.EndArray().EndObject();
  } else {
    json.Key("risk").Null().Key("value").Null();
  }
  json.Key("model");
  if (facts.model_version.empty()) {
    json.Null();
  } else {
    json.String(facts.model_version);
  }
  json.Key("features").BeginObject();
  for (std::size_t i = 0; i < facts.features.size(); ++i) {
    json.ReadyKey(facts.feature_keys[i]).Double(facts.values[i]);
  }
  json.EndObject().EndObject();
  return out;
}

}  // namespace segmentd::pipeline
