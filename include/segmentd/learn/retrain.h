#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "segmentd/base/result.h"
#include "segmentd/learn/rows.h"
#include "segmentd/model/bundle.h"

namespace segmentd::learn {

struct Options {
  int k_min = 4;
  int k_max = 12;
  model::EmbeddingKind embedding = model::EmbeddingKind::kDae;
  int embedding_size = 8;  // at most ceil(features / 2)
  model::Spread spread = model::Spread::kStandard;
  std::uint64_t seed = 1;
  // Learns everything anew, the number of segments too; they keep their ids by where their
  // customers went.
  bool cold = false;
  bool alarm = false;  // a drift alarm is on: the gate has more patience
  // Of the customers; more than this moved makes a warm retrain try again with codes held near to
  // the champion's, as long as no alarm is on.
  double moved_budget = 0.05;
  bool fit_risk = true;               // false: risk stays the champion's
  std::uint32_t next_segment_id = 1;  // ids below are taken, by challengers never served
};

// Of the held-out customers; NaN where there is nothing to compare with. An error is the mean
// squared distance between a scaled value and what the code gives back of it.
struct EmbeddingReport {
  model::EmbeddingKind asked = model::EmbeddingKind::kPca;
  model::EmbeddingKind made = model::EmbeddingKind::kPca;
  bool warm = false;
  double anchor = 0;  // how strongly codes were held near to the champion's
  int epochs = 0;
  int restored = 0;  // times that training went back to its last good state
  double first_loss = 0;
  double last_loss = 0;
  double error = 0;
  double champion_error = 0;
  double pca_error = 0;      // of as many components
  int active_units = 0;      // dimensions whose variance is above a hundredth of the largest
  double participation = 0;  // how many dimensions share the variance
};

// One candidate for the number of segments.
struct KScore {
  int k = 0;
  double inertia = 0;
  double silhouette = 0;  // simplified
  double calinski_harabasz = 0;
  double prediction_strength = 0;
  double score = 0;  // by which they are ranked
};

struct ClusterReport {
  bool anchored = false;  // started from the champion's segments
  double inertia = 0;
  double cold_inertia = 0;  // the best of four starts from nothing; 0 when not anchored
  double silhouette = 0;    // of the labels among the scaled features, a sample
  double champion_silhouette = 0;
  double simplified_silhouette = 0;
  double davies_bouldin = 0;
  double calinski_harabasz = 0;
  std::vector<KScore> by_k;  // what was tried; none when anchored
  int knee = 0;              // of the inertia curve, for the eye; 0: none
};

// Between the champion's segments and the challenger's on the same rows.
struct MovementReport {
  double moved = 0;  // share of the weight whose segment id differs
  // Where a segment was split or merged, its parts are taken as one: that it was is on record.
  double adjusted_rand = 1;
  double mutual_information = 1;  // normalised
  // matrix(i, j): weight of rows from champion segment i in challenger segment j.
  Eigen::MatrixXd matrix;
};

// Numbers and what was done; the gate judges by them alone.
struct Report {
  std::uint64_t rows = 0;
  std::uint64_t held_out = 0;
  std::int64_t as_of_ms = 0;  // of the newest row
  bool first = false;         // there was no champion
  bool alarm = false;
  bool finite = true;  // every weight, code and loss
  EmbeddingReport embedding;
  ClusterReport clusters;
  MovementReport movement;
  std::vector<std::string> notes;  // what was done otherwise than asked, for a person
};

struct Retrained {
  model::Bundle challenger;
  Report report;
};

// step (a few words) and share done 0..1; false stops the retrain.
using Progress = std::function<bool(std::string_view step, double share)>;

// Fewer rows than this are nothing to learn from; below the second an autoencoder is not fitted and
// PCA takes its place.
inline constexpr int kRowsMin = 20;
inline constexpr int kRowsForAutoencoder = 2'000;

// A challenger to the champion, or the first model where there is none. Pure: rows, champion,
// options and seed in, bundle and report out, the same bytes every time. Without a champion
// everything is fitted and k chosen from the range. With one, the scaler stays while it fits, the
// embedding is trained on from where it stands, and each segment starts from the customers it has:
// it keeps its id and name. With another schema or kind of embedding than the champion's the
// embedding is learned anew, and segments still start from their customers. Ids are never given out
// twice. The challenger's sequence is the
// champion's plus one. Its risk parameters are fitted to the purchase days among the features where
// all four are there, aged to the newest row, else kept. kConfig: too few rows or an option out of
// range; kCancelled: progress said so. The champion is never changed.
Result<Retrained> Retrain(const model::Bundle* champion, const Rows& rows, const Options& options,
                          const Progress& progress);

}  // namespace segmentd::learn
