#include "segmentd/train/trainer.h"

#include <algorithm>
#include <memory>
#include <utility>

#include "groups.h"
#include "history.h"
#include "purchases.h"
#include "segmentd/base/hash.h"
#include "segmentd/feature/fold.h"
#include "segmentd/learn/retrain.h"
#include "segmentd/learn/rows.h"
#include "vocabulary.h"

namespace segmentd::train {
namespace {

constexpr std::size_t kReportEvery = 4'096;

Status CheckOptions(const Options& options) {
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
learn::Rows Snapshots(const EventTable& table, const Groups& groups,
                      const feature::FeatureSet& features, const Progress& progress,
                      Purchases& purchases, Report& report) {
  learn::Rows rows;
  rows.values.resize(features.size(), static_cast<Eigen::Index>(groups.size() * 2));
  rows.weights.assign(groups.size() * 2, 1);
  rows.customers.resize(groups.size() * 2);
  rows.as_of_ms.resize(groups.size() * 2);
  const auto record = std::make_unique<feature::Record>();
  const auto take = [&](std::size_t column, std::size_t group, std::int64_t as_of_ms) {
    features.Snapshot(*record, as_of_ms, Column(rows.values, column));
    rows.customers[column] = table.customer_hashes[groups.customer(group)];
    rows.as_of_ms[column] = as_of_ms;
  };
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
    take(i, i, table.newest_ms);
    take(groups.size() + i, i, record->last_event_ms);
  }
  return rows;
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
    Purchases purchases;
    learn::Rows rows = Snapshots(table_, groups, features, progress_, purchases, fit.report);
    rows.schema = {features.names(), options_.plan.profile_numbers, options_.plan.profile_names};
    SEGMENTD_ASSIGN_OR_RETURN(learn::Retrained learned, Learn(rows));
    fit.bundle = std::move(learned.challenger);
    fit.report.notes = std::move(learned.report.notes);
    fit.bundle.trained_rows = fit.report.rows;
    fit.bundle.currency = table_.currency.value_or("");
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

  Result<learn::Retrained> Learn(const learn::Rows& rows) const {
    const learn::Options options = {.k_min = options_.k_min,
                                    .k_max = options_.k_max,
                                    .embedding = options_.embedding,
                                    .embedding_size = options_.embedding_size,
                                    .spread = options_.spread,
                                    .seed = options_.seed,
                                    .fit_risk = false};
    return learn::Retrain(nullptr, rows, options, [this](std::string_view step, double share) {
      if (progress_) progress_(step, share);
      return true;
    });
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
