#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "segmentd/base/result.h"
#include "segmentd/event/event.h"
#include "segmentd/feature/feature_set.h"
#include "segmentd/model/bundle.h"
#include "segmentd/risk/fit.h"

namespace segmentd::train {

// A history, collected event by event in any order of customers. Keeps events compactly (not
// records), so that folding visits one customer at a time. One thread, const calls included.
class History {
 public:
  History();
  ~History();
  History(History&&) noexcept;
  History& operator=(History&&) noexcept;

  // Copies what it needs of the event.
  void Add(const event::Event& event);
  void Add(const event::Profile& profile);

  std::uint64_t events() const;
  std::uint64_t customers() const;
  std::int64_t newest_ms() const;

 private:
  friend class Fitter;
  struct Body;
  std::unique_ptr<Body> body_;
};

struct Options {
  feature::Plan plan;
  int k_min = 4;
  int k_max = 12;
  model::EmbeddingKind embedding = model::EmbeddingKind::kPca;
  int embedding_size = 8;  // at most ceil(features / 2)
  std::uint64_t seed = 1;
  int rows_max = 50'000;  // customers that the fit looks at, chosen by hash
  model::Spread spread = model::Spread::kStandard;
};

struct Report {
  std::uint64_t events = 0;
  std::uint64_t duplicates = 0;  // among the events of the customers looked at
  std::uint64_t customers = 0;
  std::uint64_t rows = 0;  // customers looked at
  std::int64_t as_of_ms = 0;
  risk::Report risk;
  std::vector<std::string> notes;  // what was done otherwise than asked, for a person
};

// step (a few words) and share done 0..1; for a progress bar.
using Progress = std::function<void(std::string_view step, double share)>;

struct Fit {
  model::Bundle bundle;
  Report report;
};

// Below this many customers with events there is nothing to learn.
inline constexpr int kCustomersMin = 20;

// History to bundle: fold per customer, freeze the vocabulary, fit scaler, embedding and k-means
// for every k in the range, choose k by simplified silhouette, name the segments. Each customer
// counts twice, as of the newest event time and as of its own last event: a daemon sees customers
// in the moment of an event and, by timers, in their silence, and a model has to know both. Risk
// and value are fitted to the purchase days as of the newest event time, of those customers; a
// history that is cut off takes its old customers for new ones, and too short a one gives none.
// Deterministic by seed. kConfig when there is too little to learn from, saying how much is, and
// when an option is out of range. Where an autoencoder has too little to learn from or is not
// better than PCA, PCA takes its place, and the report says so.
Result<Fit> FitModel(const History& history, const Options& options, const Progress& progress);

}  // namespace segmentd::train
