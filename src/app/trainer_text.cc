#include "app/trainer_text.h"

#include "segmentd/train/trial.h"

namespace segmentd::app {
namespace {

void WriteText(JsonWriter& json, const std::string& text) {
  text.empty() ? json.Null() : json.String(text);
}

void WriteDrift(JsonWriter& json, const learn::DriftReport& drift) {
  json.BeginObject().Key("alarm").Bool(drift.alarm).Key("reason");
  WriteText(json, drift.reason);
  json.Key("drifted_weight").Double(drift.drifted_weight);
  json.Key("shares_psi").Double(drift.shares.psi);
  json.Key("errors_psi").Double(drift.errors.psi).EndObject();
}

void WriteDecision(JsonWriter& json, const model::Decision& decision) {
  json.BeginObject().Key("version").String(decision.version).Key("state").String(decision.state);
  json.Key("champion");
  WriteText(json, decision.champion);
  json.Key("at").Instant(decision.at_ms).Key("reason").String(decision.reason).Key("verdict");
  decision.verdict.empty() ? json.Null() : json.Raw(decision.verdict);
  json.Key("trial");
  decision.trial.empty() ? json.Null() : json.Raw(decision.trial);
  json.EndObject();
}

}  // namespace

void WriteTrainer(JsonWriter& json, const train::LiveStatus& trainer) {
  json.BeginObject().Key("state").String(trainer.state);
  json.Key("customers").Int(static_cast<std::int64_t>(trainer.customers));
  json.Key("fresh_samples").Int(static_cast<std::int64_t>(trainer.fresh));
  json.Key("as_of");
  trainer.now_ms < 0 ? json.Null() : json.Instant(trainer.now_ms);
  json.Key("champion");
  WriteText(json, trainer.champion);
  json.Key("alarm");
  WriteText(json, trainer.alarm);
  json.Key("rejections_in_a_row").Int(static_cast<std::int64_t>(trainer.rejections));
  json.Key("retrains").BeginObject();
  for (const auto& [outcome, count] : trainer.outcomes) {
    json.Key(outcome).Int(static_cast<std::int64_t>(count));
  }
  json.EndObject().Key("drift");
  WriteDrift(json, trainer.drift);
  json.Key("challenger");
  trainer.trial ? json.String(trainer.trial->challenger) : json.Null();
  json.Key("trial");
  trainer.trial ? json.Raw(train::TrialJson(*trainer.trial)) : json.Null();
  json.Key("last_decision");
  if (trainer.last) {
    WriteDecision(json, *trainer.last);
  } else {
    json.Null();
  }
  json.EndObject();
}

}  // namespace segmentd::app
