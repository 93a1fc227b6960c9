#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "segmentd/base/ids.h"
#include "segmentd/base/result.h"
#include "segmentd/feature/feature_set.h"
#include "segmentd/learn/drift.h"
#include "segmentd/learn/gate.h"
#include "segmentd/learn/reservoir.h"
#include "segmentd/learn/retrain.h"
#include "segmentd/model/bundle.h"
#include "segmentd/model/distribution.h"
#include "segmentd/train/samples.h"
#include "segmentd/train/trial.h"

namespace segmentd::train {

struct LiveOptions {
  std::string app;
  feature::Plan plan;
  int k_min = 4;
  int k_max = 12;
  model::EmbeddingKind embedding = model::EmbeddingKind::kDae;
  learn::Thresholds gate;
  learn::ReservoirOptions reservoir;
  // A retrain is due after so many samples, or so long, whichever comes first, or on an alarm; none
  // sooner than the spacing. All of them double with each rejection in a row. Event time.
  std::uint64_t retrain_samples = 20'000;
  std::int64_t retrain_every_ms = kDayMs / 4;
  std::int64_t retrain_spacing_ms = kDayMs / 48;
  std::int64_t trial_ms = kDayMs;  // event time; 0: none
  bool promote = true;             // false: a person does
};

// One retrain, to be run on any thread: all that it needs is in it.
struct Lesson {
  Seat champion;  // empty: there is none
  learn::Rows rows;
  learn::Options options;
  bool fresh_start = false;  // the champion is no measure of what comes of it
  std::uint64_t customers = 0;
  std::string why;  // now, for a person

  Result<learn::Retrained> Run(const learn::Progress& progress) const;
};

// What a live trainer shows of itself.
struct LiveStatus {
  // collecting, waiting_for_data, training, trial, waiting, pinned, champion_lost
  std::string state;
  std::uint64_t customers = 0;
  std::uint64_t fresh = 0;                      // samples since the last retrain
  std::int64_t now_ms = -1;                     // newest as_of; -1: none yet
  std::string champion;                         // version; empty: none
  std::shared_ptr<const model::Bundle> bundle;  // the champion's
  learn::DriftReport drift;  // of the customers, against what the champion was made from
  std::string alarm;         // why a retrain is due early; empty: none
  std::uint64_t alarms = 0;  // since the start
  std::optional<Trial::Told> trial;
  std::optional<model::Decision> last;            // the newest
  std::uint64_t rejections = 0;                   // in a row
  std::map<std::string, std::uint64_t> outcomes;  // of retrains since the start
  std::optional<learn::Report> report;            // of the last retrain since the start
};

// Learns as samples come: keeps the reservoir, says when a retrain is due, judges what comes of it,
// tries challengers beside the champion, and decides what is published. Knows records of the model
// topic and samples of customers, and no clock but theirs: what it does is a function of them. It
// believes what stands on the topic: what it returns to be published takes effect when it is taken
// back, so that a failed write changes nothing. One thread.
class LiveTrainer {
 public:
  // bootstrap: the champion until the topic names another; may be empty.
  LiveTrainer(LiveOptions options, Seat bootstrap);

  // As model::ModelTopic::Take.
  Status TakeModelRecord(std::string_view key, const std::string_view* value);
  Dictionary& dictionary() { return dictionary_; }
  void TakeSample(learn::Row row);
  void Forget(std::uint64_t customer) { reservoir_.Forget(customer); }

  // Catches up with what was taken. What there is to publish: a trial's end, what became of a model
  // that waited.
  std::vector<model::TopicRecord> Advance(std::int64_t wall_ms);
  // A retrain that is due; none while one is under way. Finish has to follow.
  std::optional<Lesson> NextLesson();
  // What to publish of it, whether it went well or not; cancelled: nothing.
  Result<std::vector<model::TopicRecord>> Finish(const Lesson& lesson,
                                                 Result<learn::Retrained> learned,
                                                 std::int64_t wall_ms);

  const LiveStatus& status() const { return status_; }

 private:
  void FollowChampion();
  void FollowDecisions();
  void Score();
  void WatchDrift();
  void Raise(std::string alarm);
  std::vector<model::TopicRecord> EndTrial(std::int64_t wall_ms) const;
  std::vector<model::TopicRecord> NoteWhatPeopleDid(std::int64_t wall_ms) const;
  std::vector<model::TopicRecord> Promotion(model::Decision decision, std::int64_t wall_ms) const;
  std::vector<model::TopicRecord> Outdated(const std::string& promoted) const;
  std::string DueReason() const;
  bool HasAutoencoder() const;
  std::uint64_t CustomersNeeded() const;
  bool Grown() const;
  bool Overtaken() const;
  bool ChampionLost() const;
  model::EmbeddingKind KindFor(std::uint64_t customers) const;
  Result<learn::Schema> SchemaFor(const std::vector<learn::Reservoir::Held>& held) const;
  std::uint32_t NextSegmentId() const;
  std::string StateNow() const;

  const LiveOptions options_;
  model::ModelTopic topic_;
  Dictionary dictionary_;
  learn::Reservoir reservoir_;
  Seat champion_;
  std::optional<Trial> trial_;
  std::vector<learn::Reservoir::Held> incoming_;  // not scored yet
  learn::Adwin errors_;
  std::uint64_t since_drift_ = 0;  // samples since drift was last measured
  std::int64_t trained_until_ms_ = INT64_MIN;
  bool training_ = false;
  LiveStatus status_;
};

}  // namespace segmentd::train
