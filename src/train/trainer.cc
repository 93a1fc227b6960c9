#include "segmentd/train/trainer.h"

#include <fmt/format.h>

#include <algorithm>
#include <memory>
#include <utility>

#include "clusters.h"
#include "groups.h"
#include "history.h"
#include "prototypes.h"
#include "purchases.h"
#include "segmentd/base/hash.h"
#include "segmentd/feature/fold.h"
#include "segments.h"
#include "vocabulary.h"

namespace segmentd::train {
namespace {

constexpr std::size_t kReportEvery = 4'096;

Status CheckOptions(const Options& options) {
  if (options.k_min < 1 || options.k_max < options.k_min || options.k_max > 1'000) {
    return Fail(Code::kConfig,
                "learning.k is {}..{}; give a range within 1..1000, the smaller first",
                options.k_min, options.k_max);
  }
  if (options.embedding_size < 1) {
    return Fail(Code::kConfig, "the embedding's size is {}; it has to be at least 1",
                options.embedding_size);
  }
  if (options.rows_max < kCustomersMin) {
    return Fail(Code::kConfig, "the fit may look at {} customers; it has to at {} at least",
                options.rows_max, kCustomersMin);
  }
  return Ok();
}

event::Event ToEvent(const EventTable& table, const Row& row) {
  event::Event event;
  event.event_time_ms = row.event_time_ms;
  event.kind = row.kind;
  event.has_id = row.has_id;
  event.id_hash = row.id_hash;
  event.amount = row.amount;
  event.quantity = row.quantity;
  event.discount = row.discount;
  event.category = table.categories.text(row.category);
  event.channel = table.channels.text(row.channel);
  return event;
}

void ApplyProfile(const EventTable& table, std::uint32_t customer, feature::Record& record) {
  const auto stored = table.profiles.find(customer);
  if (stored == table.profiles.end()) return;
  event::Profile profile;
  for (const StoredAttribute& attribute : stored->second) {
    profile.attributes.push_back(
        {attribute.name, attribute.is_number, attribute.number, attribute.text});
  }
  feature::FoldProfile(profile, record);
}

std::span<double> Column(model::RawMatrix& raw, std::size_t column) {
  return {raw.col(static_cast<Eigen::Index>(column)).data(), static_cast<std::size_t>(raw.rows())};
}

// Folds one customer after the other; columns 0..n-1 are the customers as of the newest time,
// n..2n-1 the same ones as of their own last events.
model::RawMatrix Snapshots(const EventTable& table, const Groups& groups,
                           const feature::FeatureSet& features, const Progress& progress,
                           Purchases& purchases, Report& report) {
  model::RawMatrix raw(features.size(), static_cast<Eigen::Index>(groups.size() * 2));
  const auto record = std::make_unique<feature::Record>();
  for (std::size_t i = 0; i < groups.size(); ++i) {
    if (progress && i % kReportEvery == 0) {
      progress("folding customers", static_cast<double>(i) / static_cast<double>(groups.size()));
    }
    *record = {};
    ApplyProfile(table, groups.customer(i), *record);
    for (const std::uint32_t row : groups.rows(i)) {
      const event::Event event = ToEvent(table, table.rows[row]);
      const feature::FoldResult folded = feature::Fold(event, features.frozen(), *record);
      report.duplicates += folded == feature::FoldResult::kDuplicate;
    }
    purchases.Add(*record, table.newest_ms);
    features.Snapshot(*record, table.newest_ms, Column(raw, i));
    features.Snapshot(*record, record->last_event_ms, Column(raw, groups.size() + i));
  }
  return raw;
}

model::Embedding FitEmbedding(const model::Matrix& scaled, const Options& options,
                              std::vector<std::string>& notes) {
  const auto inputs = static_cast<int>(scaled.rows());
  if (options.embedding == model::EmbeddingKind::kIdentity) return model::IdentityEmbedding(inputs);
  if (options.embedding != model::EmbeddingKind::kPca) {
    notes.push_back(fmt::format("the embedding is pca: {} cannot be fitted to a history yet",
                                model::EmbeddingKindName(options.embedding)));
  }
  const int size = std::min(options.embedding_size, (inputs + 1) / 2);
  return model::FitPca(scaled, size).embedding;
}

}  // namespace

// The steps of a fit; a class because History shows its table to nobody else.
class Fitter {
 public:
  Fitter(const History& history, const Options& options, const Progress& progress)
      : table_(history.body_->table), options_(options), progress_(progress) {
    history.body_->table.Settle();
  }

  Result<Fit> Run() {
    const Groups groups(table_, static_cast<std::size_t>(options_.rows_max), options_.seed);
    if (groups.candidates() < static_cast<std::size_t>(kCustomersMin)) {
      return Fail(Code::kConfig,
                  "the history has {} customers with events ({} events in all); a model needs {} "
                  "at least, and some hundreds to be of use: give a longer history",
                  groups.candidates(), table_.rows.size(), kCustomersMin);
    }
    SEGMENTD_ASSIGN_OR_RETURN(const feature::FeatureSet features, CompileFeatures());
    Fit fit;
    fit.report.events = table_.rows.size();
    fit.report.customers = groups.candidates();
    fit.report.rows = groups.size();
    fit.report.as_of_ms = table_.newest_ms;
    Points points;
    Purchases purchases;
    points.raw = Snapshots(table_, groups, features, progress_, purchases, fit.report);
    FitBundle(features, points, fit);
    FitRisk(purchases, fit);
    return fit;
  }

 private:
  Result<feature::FeatureSet> CompileFeatures() const {
    const feature::Vocabulary vocabulary = CollectVocabulary(table_, options_.plan);
    const std::vector<std::string> names = feature::FeatureNames(options_.plan, vocabulary);
    if (names.empty()) {
      return Fail(Code::kConfig, "the plan excludes every feature; leave some in `features`");
    }
    return feature::FeatureSet::Compile(names, options_.plan.profile_numbers,
                                        options_.plan.profile_names);
  }

  void FitBundle(const feature::FeatureSet& features, Points& points, Fit& fit) const {
    model::Bundle& bundle = fit.bundle;
    bundle.features = features.names();
    bundle.profile_numbers = options_.plan.profile_numbers;
    bundle.profile_names = options_.plan.profile_names;
    if (progress_) progress_("scaling and embedding", 0);
    bundle.scaler = model::FitScaler(
        points.raw, MakePrototypes(features, options_.plan, points.raw), options_.spread);
    bundle.scaler.Apply(points.raw, static_cast<int>(points.raw.cols()), points.scaled);
    // The last block is filled up with columns that are nobody.
    const model::Matrix scaled = points.scaled.leftCols(points.raw.cols());
    bundle.embedding = FitEmbedding(scaled, options_, fit.report.notes);
    bundle.embedding.Apply(points.scaled, points.codes);
    points.codes.conservativeResize(Eigen::NoChange, points.raw.cols());

    const Clusters clusters = ChooseClusters(points.codes, options_, progress_);
    bundle.segments = MakeSegments(points, bundle.features, bundle.scaler, clusters.fit);
    bundle.next_segment_id = static_cast<std::uint32_t>(bundle.segments.size() + 1);
    bundle.seed = options_.seed;
    bundle.trained_rows = fit.report.rows;
    bundle.trained_as_of_ms = fit.report.as_of_ms;
    bundle.inertia = clusters.fit.inertia;
    bundle.simplified_silhouette = clusters.silhouette;
    bundle.inertia_by_k = clusters.inertia_by_k;
    bundle.silhouette_by_k = clusters.silhouette_by_k;
  }

  void FitRisk(const Purchases& purchases, Fit& fit) const {
    if (progress_) progress_("fitting risk and value", 0);
    const risk::Fit risk = risk::FitParameters(purchases.view(), {});
    fit.bundle.risk = risk.parameters;
    fit.report.risk = risk.report;
    fit.report.notes.insert(fit.report.notes.end(), risk.report.notes.begin(),
                            risk.report.notes.end());
  }

  const EventTable& table_;
  const Options& options_;
  const Progress& progress_;
};

Result<Fit> FitModel(const History& history, const Options& options, const Progress& progress) {
  SEGMENTD_RETURN_IF_ERROR(CheckOptions(options));
  return Fitter(history, options, progress).Run();
}

}  // namespace segmentd::train
