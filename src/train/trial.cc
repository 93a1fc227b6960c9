#include "segmentd/train/trial.h"

#include "segmentd/base/json_writer.h"
#include "segmentd/train/samples.h"

namespace segmentd::train {

Result<Seat> Seat::Take(std::string version, model::Bundle bundle) {
  SEGMENTD_ASSIGN_OR_RETURN(
      feature::FeatureSet features,
      feature::FeatureSet::Compile(bundle.features, bundle.profile_numbers, bundle.profile_names));
  return Seat{std::move(version), std::make_shared<const model::Bundle>(std::move(bundle)),
              std::make_shared<const feature::FeatureSet>(std::move(features))};
}

learn::Schema Seat::schema() const {
  return {bundle->features, bundle->profile_numbers, bundle->profile_names};
}

Result<learn::Placed> Seat::Place(const std::vector<learn::Reservoir::Held>& customers) const {
  SEGMENTD_ASSIGN_OR_RETURN(const learn::Rows rows,
                            RowsOf(customers, *features, schema(), std::nullopt));
  return learn::Place(*bundle, rows);
}

Trial::Trial(Seat challenger, std::int64_t since_ms, std::int64_t until_ms)
    : challenger_(std::move(challenger)), succession_(*challenger_.bundle) {
  told_.challenger = challenger_.version;
  told_.since_ms = since_ms;
  told_.until_ms = until_ms;
}

Status Trial::Score(const std::vector<learn::Reservoir::Held>& customers,
                    const model::Bundle& champion, const learn::Placed& placed) {
  std::vector<learn::Reservoir::Held> since;
  std::vector<SegmentId> from;
  for (std::size_t i = 0; i < customers.size(); ++i) {
    if (customers[i].row->as_of_ms <= told_.since_ms) continue;
    since.push_back(customers[i]);
    from.push_back(champion.segments[static_cast<std::size_t>(placed.labels[i])].id);
  }
  if (since.empty()) return Ok();
  SEGMENTD_ASSIGN_OR_RETURN(const learn::Placed there, challenger_.Place(since));
  for (std::size_t i = 0; i < since.size(); ++i) {
    const SegmentId to = challenger_.bundle->segments[static_cast<std::size_t>(there.labels[i])].id;
    ++counts_[{from[i], to}];
    ++told_.samples;
    if (succession_.LineOf(to) != succession_.LineOf(from[i])) ++told_.differing;
  }
  return Ok();
}

Trial::Told Trial::told() const {
  Told told = told_;
  for (const auto& [pair, samples] : counts_) {
    told.matrix.push_back({pair.first, pair.second, samples});
  }
  return told;
}

std::string TrialJson(const Trial::Told& told) {
  std::string text;
  JsonWriter json(text);
  json.BeginObject().Key("samples").Int(static_cast<std::int64_t>(told.samples));
  json.Key("disagreement").Double(told.disagreement());
  json.Key("since").Instant(told.since_ms).Key("until").Instant(told.until_ms);
  json.Key("matrix").BeginArray();
  for (const Trial::Move& move : told.matrix) {
    json.BeginObject().Key("from").String(model::SegmentText(move.from));
    json.Key("to").String(model::SegmentText(move.to));
    json.Key("samples").Int(static_cast<std::int64_t>(move.samples)).EndObject();
  }
  json.EndArray().EndObject();
  return text;
}

}  // namespace segmentd::train
