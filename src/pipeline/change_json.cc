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

void WriteExplanation(JsonWriter& json, const ChangeFacts& facts) {
  json.Key("explanation").BeginObject().Key("top").BeginArray();
  for (const segment::Reason& reason : facts.explanation.top) {
    const auto i = static_cast<std::size_t>(reason.feature);
    json.BeginObject().Key("feature").String(facts.features[i]);
    json.Key("value").Double(reason.value).Key("typical_previous");
    if (facts.typical_previous.empty()) {
      json.Null();
    } else {
      json.Raw(facts.typical_previous[i]);
    }
    json.Key("typical_current").Raw(facts.typical_current[i]);
    json.Key("contribution").Double(reason.contribution).EndObject();
  }
  json.EndArray().Key("text").String(facts.explanation.text).EndObject();
}

void WriteCause(JsonWriter& json, const Cause& cause) {
  json.Key("cause").BeginObject();
  if (cause.kind == Cause::Kind::kModel) {
    json.Key("kind").String("model").Key("version").String(cause.model_version);
  } else {
    json.Key("kind").String("record").Key("topic").String(cause.topic);
    json.Key("partition").Int(cause.partition.value()).Key("offset").Int(cause.offset.value());
    json.Key("event_time").Instant(cause.event_time_ms);
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
  json.Key("at_risk").BeginObject().Key("state").String("none").Key("crossed").Bool(false);
  json.Key("score").Null().Key("prior_score").Null().EndObject().Key("value").Null();
  WriteExplanation(json, facts);
  json.Key("confidence").BeginObject().Key("margin").Double(facts.margin);
  json.Key("distance_current").Double(facts.distance_current).Key("distance_previous");
  if (facts.distance_previous) {
    json.Double(*facts.distance_previous);
  } else {
    json.Null();
  }
  json.EndObject().Key("model").BeginObject().Key("version").String(facts.model_version);
  json.Key("k").Int(facts.k).Key("embedding").String(facts.embedding).EndObject();
  WriteCause(json, facts.cause);
  json.EndObject();
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
  json.Key("risk").Null().Key("value").Null().Key("model");
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
