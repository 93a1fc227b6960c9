#include "app/model_text.h"

#include <fmt/format.h>

#include <algorithm>
#include <functional>
#include <map>

#include "segmentd/base/json_writer.h"
#include "segmentd/base/time_text.h"
#include "segmentd/model/kmeans.h"

namespace segmentd::app {
namespace {

std::string_view RoleOf(const model::ModelTopic& models, const std::string& version) {
  if (models.pin() && models.pin()->version == version) return "pinned";
  if (models.active() && models.active()->version == version) return "active";
  if (models.active() && models.active()->previous == version) return "previous";
  return "";
}

// One line of the list: a model on the topic, one that was trained and is not there, or both.
struct Entry {
  std::string version;
  const model::Manifest* manifest = nullptr;
  const model::Decision* decision = nullptr;

  std::int64_t at_ms() const {
    return decision != nullptr ? decision->at_ms : manifest->published_ms;
  }
};

// Newest first.
std::vector<Entry> EntriesOf(const model::ModelTopic& models) {
  std::map<std::string_view, Entry> entries;
  for (const auto& [version, manifest] : models.manifests()) {
    entries[version] = {version, &manifest, nullptr};
  }
  for (const auto& [version, decision] : models.decisions()) {
    Entry& entry = entries[version];
    entry.version = version;
    entry.decision = &decision;
  }
  std::vector<Entry> sorted;
  for (auto& [version, entry] : entries) sorted.push_back(std::move(entry));
  std::ranges::stable_sort(sorted, std::greater{}, &Entry::at_ms);
  return sorted;
}

void WriteJsonOrNull(JsonWriter& json, const std::string& text) {
  text.empty() ? json.Null() : json.Raw(text);
}

void WriteManifest(JsonWriter& json, const model::Manifest* manifest) {
  json.Key("sequence");
  manifest == nullptr ? json.Null() : json.Int(manifest->sequence);
  json.Key("published");
  manifest == nullptr ? json.Null() : json.Instant(manifest->published_ms);
  json.Key("bytes");
  manifest == nullptr ? json.Null() : json.Int(static_cast<std::int64_t>(manifest->bytes));
}

// Of one segment between two models.
struct Fate {
  SegmentId id;
  const model::Segment* from = nullptr;  // null: it is new
  const model::Segment* to = nullptr;    // null: it is no more
  SegmentId typical;                     // where its typical customer would be
};

// The segment of `in` whose centroid is nearest to a snapshot.
SegmentId NearestTo(const std::vector<double>& raw, const model::Bundle& in) {
  const Eigen::Map<const Eigen::VectorXd> values(raw.data(), static_cast<Eigen::Index>(raw.size()));
  model::Matrix scaled;
  model::Matrix codes;
  model::Matrix distances;
  in.scaler.Apply(values, 1, scaled);
  in.embedding.Apply(scaled, codes);
  model::Distances(codes, in.Centroids(), distances);
  Eigen::Index nearest = 0;
  distances.col(0).minCoeff(&nearest);
  return in.segments[static_cast<std::size_t>(nearest)].id;
}

const model::Segment* Find(const model::Bundle& in, SegmentId id) {
  const auto at = std::ranges::find(in.segments, id, &model::Segment::id);
  return at == in.segments.end() ? nullptr : &*at;
}

std::vector<Fate> Fates(const model::Bundle& from, const model::Bundle& to) {
  const bool comparable = from.features == to.features;
  std::vector<Fate> fates;
  for (const model::Segment& segment : from.segments) {
    Fate fate{segment.id, &segment, Find(to, segment.id), {}};
    if (comparable) fate.typical = NearestTo(segment.typical, to);
    fates.push_back(fate);
  }
  for (const model::Segment& segment : to.segments) {
    if (Find(from, segment.id) == nullptr) fates.push_back({segment.id, nullptr, &segment, {}});
  }
  return fates;
}

std::string Named(const model::Segment* segment) {
  return segment == nullptr ? "-" : std::string(segment->name());
}

std::string Share(const model::Segment* segment) {
  return segment == nullptr ? "-" : fmt::format("{:.1f} %", segment->share * 100);
}

void WriteSegment(JsonWriter& json, const model::Segment& segment) {
  json.BeginObject().Key("segment_id").String(model::SegmentText(segment.id));
  json.Key("name").String(segment.name()).Key("activity").Int(segment.activity);
  json.Key("share").Double(segment.share).Key("radius").Double(segment.radius).EndObject();
}

void WriteOptional(JsonWriter& json, const model::Segment* segment) {
  segment == nullptr ? static_cast<void>(json.Null()) : WriteSegment(json, *segment);
}

}  // namespace

std::string ModelListText(const model::ModelTopic& models) {
  std::string text;
  for (const Entry& entry : EntriesOf(models)) {
    text += fmt::format("{}  {:>4}  {}  {:8}  {:10}  {}\n", entry.version,
                        entry.manifest == nullptr ? "-" : std::to_string(entry.manifest->sequence),
                        FormatRfc3339(entry.at_ms()), RoleOf(models, entry.version),
                        entry.decision == nullptr ? "" : entry.decision->state,
                        entry.decision == nullptr ? "" : entry.decision->reason);
  }
  return text;
}

std::string ModelListJson(const model::ModelTopic& models) {
  std::string text;
  JsonWriter json(text);
  json.BeginArray();
  for (const Entry& entry : EntriesOf(models)) {
    json.BeginObject().Key("version").String(entry.version);
    WriteManifest(json, entry.manifest);
    json.Key("role").String(RoleOf(models, entry.version)).Key("state");
    const model::Decision none;
    const model::Decision& decision = entry.decision == nullptr ? none : *entry.decision;
    json.String(decision.state).Key("reason").String(decision.reason).Key("verdict");
    WriteJsonOrNull(json, decision.verdict);
    json.Key("trial");
    WriteJsonOrNull(json, decision.trial);
    json.EndObject();
  }
  json.EndArray();
  return text + "\n";
}

std::string ModelText(const std::string& version, const model::Bundle& bundle) {
  std::string text = fmt::format(
      "model {}\nsequence {}, {} of {} features, {} segments\ntrained on {} customers as of {}\n",
      version, bundle.sequence, model::EmbeddingKindName(bundle.embedding.kind),
      bundle.features.size(), bundle.segments.size(), bundle.trained_rows,
      FormatRfc3339(bundle.trained_as_of_ms));
  for (const model::Segment& segment : bundle.segments) {
    text += fmt::format("{:8}  {:24}  activity {}  {:>6}\n", model::SegmentText(segment.id),
                        segment.name(), segment.activity, Share(&segment));
  }
  return text;
}

std::string ModelJson(const std::string& version, const model::Bundle& bundle) {
  std::string text;
  JsonWriter json(text);
  json.BeginObject().Key("version").String(version).Key("sequence").Int(bundle.sequence);
  json.Key("embedding").String(model::EmbeddingKindName(bundle.embedding.kind));
  json.Key("features").BeginArray();
  for (const std::string& feature : bundle.features) json.String(feature);
  json.EndArray();
  json.Key("trained_rows").Int(static_cast<std::int64_t>(bundle.trained_rows));
  json.Key("trained_as_of").Instant(bundle.trained_as_of_ms).Key("segments").BeginArray();
  for (const model::Segment& segment : bundle.segments) WriteSegment(json, segment);
  json.EndArray().EndObject();
  return text + "\n";
}

std::string ModelDiffText(const model::Bundle& from, const model::Bundle& to) {
  std::string text;
  for (const Fate& fate : Fates(from, to)) {
    const bool moves = fate.typical != SegmentId{} && fate.typical != fate.id;
    text += fmt::format(
        "{:8}  {:24}  {:24}  {:>7}  {:>7}{}\n", model::SegmentText(fate.id), Named(fate.from),
        Named(fate.to), Share(fate.from), Share(fate.to),
        moves ? "  its typical customer moves to " + model::SegmentText(fate.typical) : "");
  }
  return text;
}

std::string ModelDiffJson(const model::Bundle& from, const model::Bundle& to) {
  std::string text;
  JsonWriter json(text);
  json.BeginArray();
  for (const Fate& fate : Fates(from, to)) {
    json.BeginObject().Key("segment_id").String(model::SegmentText(fate.id)).Key("from");
    WriteOptional(json, fate.from);
    json.Key("to");
    WriteOptional(json, fate.to);
    json.Key("typical_customer_in");
    fate.typical == SegmentId{} ? json.Null() : json.String(model::SegmentText(fate.typical));
    json.EndObject();
  }
  json.EndArray();
  return text + "\n";
}

}  // namespace segmentd::app
