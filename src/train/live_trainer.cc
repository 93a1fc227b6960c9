#include "segmentd/train/live_trainer.h"

#include <fmt/format.h>

#include <algorithm>
#include <ranges>
#include <set>

#include "live_decisions.h"
#include "segmentd/base/hash.h"
#include "segmentd/learn/rules.h"

namespace segmentd::train {
namespace {

using model::EmbeddingKind;
using Held = learn::Reservoir::Held;

// Below the first number of customers nothing is learned; below the second rules name the segments,
// below the third an autoencoder has too little to learn from.
constexpr std::uint64_t kForRules = 20;
constexpr std::uint64_t kForComponents = 200;
constexpr std::uint64_t kForAutoencoder = 2'000;
// Enough to train one on: each customer gives two rows.
constexpr std::uint64_t kToGoOnWithOne = learn::kRowsForAutoencoder / 2;

constexpr std::uint64_t kDriftEvery = 2'000;  // samples
constexpr int kDoublingsMax = 6;
constexpr std::uint64_t kRejectionsMax = 3;

// Of these names, those that follow from the plan alone.
std::set<std::string> WithoutFrozen(const std::vector<std::string>& features,
                                    const std::vector<std::string>& profile_names) {
  std::set<std::string> left;
  for (const std::string& feature : features) {
    if (!feature::FrozenNameOf(feature, profile_names)) left.insert(feature);
  }
  return left;
}

}  // namespace

Result<learn::Retrained> Lesson::Run(const learn::Progress& progress) const {
  const model::Bundle* from = champion.bundle.get();
  auto learned = options.embedding == EmbeddingKind::kRules
                     ? learn::MakeRules(rows, options)
                     : learn::Retrain(from, rows, options, progress);
  if (learned.ok()) learned->challenger.trained_rows = customers;
  return learned;
}

LiveTrainer::LiveTrainer(LiveOptions options, Seat bootstrap)
    : options_(std::move(options)),
      topic_(options_.app),
      reservoir_(options_.reservoir),
      champion_(std::move(bootstrap)) {
  status_.champion = champion_.version;
  status_.bundle = champion_.bundle;
  if (!champion_.empty()) dictionary_.Know(champion_.schema());
}

Status LiveTrainer::TakeModelRecord(std::string_view key, const std::string_view* value) {
  return topic_.Take(key, value);
}

void LiveTrainer::TakeSample(learn::Row row) {
  status_.now_ms = std::max(status_.now_ms, row.as_of_ms);
  if (row.as_of_ms > trained_until_ms_) {
    ++status_.fresh;
    ++since_drift_;
    incoming_.push_back({std::make_shared<const learn::Row>(row), 1});
  }
  reservoir_.Offer(std::move(row));
}

std::vector<model::TopicRecord> LiveTrainer::Advance(std::int64_t wall_ms) {
  FollowChampion();
  FollowDecisions();
  Score();
  WatchDrift();
  status_.customers = reservoir_.size();
  status_.trial.reset();
  if (trial_) status_.trial = trial_->told();
  status_.state = StateNow();
  std::vector<model::TopicRecord> records = NoteWhatPeopleDid(wall_ms);
  std::ranges::move(EndTrial(wall_ms), std::back_inserter(records));
  return records;
}

// The first usable one of those that may score, as the instances choose it. Without any, what
// scored until now goes on.
void LiveTrainer::FollowChampion() {
  std::optional<Seat> next;
  for (const std::string& version : topic_.Candidates()) {
    if (version == champion_.version) return;
    const auto encoded = topic_.Assemble(version);
    if (!encoded.ok()) continue;
    auto bundle = model::DecodeBundle(*encoded);
    if (!bundle.ok()) continue;
    auto seat = Seat::Take(version, std::move(*bundle));
    if (!seat.ok()) continue;
    next = std::move(*seat);
    break;
  }
  if (!next) return;
  champion_ = std::move(*next);
  errors_ = learn::Adwin();
  status_.alarm.clear();
  status_.drift = {};
  status_.champion = champion_.version;
  status_.bundle = champion_.bundle;
  dictionary_.Know(champion_.schema());
  const std::vector<Held> held = reservoir_.Take();
  const auto placed = champion_.Place(held);
  if (!placed.ok()) return;
  std::vector<SegmentId> segments;
  for (const int label : placed->labels) {
    segments.push_back(champion_.bundle->segments[static_cast<std::size_t>(label)].id);
  }
  reservoir_.Relabel(segments);
}

void LiveTrainer::FollowDecisions() {
  status_.champion = champion_.version;
  status_.rejections = 0;
  status_.last.reset();
  std::int64_t until_ms = champion_.empty() ? INT64_MIN : champion_.bundle->trained_as_of_ms;
  std::optional<model::Decision> tried;
  bool in_a_row = true;
  for (const model::Decision& decision : NewestFirst(topic_)) {
    if (!status_.last) status_.last = decision;
    in_a_row = in_a_row && decision.state == kRejected;
    status_.rejections += in_a_row ? 1 : 0;
    until_ms = std::max(until_ms, decision.as_of_ms);
    if (decision.state == kTrial) tried = decision;
  }
  if (until_ms > trained_until_ms_ && !training_) trained_until_ms_ = until_ms;
  if (!tried) {
    trial_.reset();
  } else if (!trial_ || trial_->challenger().version != tried->version) {
    trial_.reset();
    const auto encoded = topic_.Assemble(tried->version);
    if (!encoded.ok()) return;
    auto bundle = model::DecodeBundle(*encoded);
    if (!bundle.ok()) return;
    auto seat = Seat::Take(tried->version, std::move(*bundle));
    if (!seat.ok()) return;
    trial_.emplace(std::move(*seat), tried->as_of_ms, tried->as_of_ms + options_.trial_ms);
  }
}

// What came in, by the champion: how well it is given back, and where the challenger would have it.
void LiveTrainer::Score() {
  const std::vector<Held> incoming = std::exchange(incoming_, {});
  if (incoming.empty() || champion_.empty()) return;
  const auto placed = champion_.Place(incoming);
  if (!placed.ok()) return;
  const double most = champion_.bundle->reference.error_most;
  if (most > 0) {
    for (const float error : placed->errors) {
      if (errors_.Add(std::min(1.0, double{error} / most))) {
        Raise(
            fmt::format("the error of reconstruction has risen, to {:.2f} of what "
                        "one in a hundred was beyond",
                        errors_.mean()));
      }
    }
  }
  if (trial_) static_cast<void>(trial_->Score(incoming, *champion_.bundle, *placed));
}

// The sample as a whole: what comes in is no fair one, for it is the active who come.
void LiveTrainer::WatchDrift() {
  if (champion_.empty() || since_drift_ < kDriftEvery) return;
  since_drift_ = 0;
  const auto rows =
      RowsOf(reservoir_.Take(), *champion_.features, champion_.schema(), status_.now_ms);
  if (!rows.ok()) return;
  status_.drift = learn::MeasureDrift(*champion_.bundle, *rows);
  if (status_.drift.alarm) Raise(status_.drift.reason);
}

void LiveTrainer::Raise(std::string alarm) {
  if (!status_.alarm.empty()) return;
  status_.alarm = std::move(alarm);
  ++status_.alarms;
}

std::string LiveTrainer::StateNow() const {
  if (topic_.pin()) return "pinned";
  if (ChampionLost()) return "champion_lost";
  if (training_) return "training";
  if (trial_) return std::string(kTrial);
  if (status_.last && status_.last->state == kWaiting) return std::string(kWaiting);
  return status_.customers < CustomersNeeded() ? "waiting_for_data" : "collecting";
}

// An autoencoder goes on as one, where another would have too little to begin.
EmbeddingKind LiveTrainer::KindFor(std::uint64_t customers) const {
  if (customers < kForComponents) return EmbeddingKind::kRules;
  const bool few = customers < kForAutoencoder;
  return few && model::IsAutoencoder(options_.embedding) && !HasAutoencoder() ? EmbeddingKind::kPca
                                                                              : options_.embedding;
}

bool LiveTrainer::HasAutoencoder() const {
  return !champion_.empty() && model::IsAutoencoder(champion_.bundle->embedding.kind);
}

// A model that was learned from many, elsewhere, is not measured by the first few that come in.
std::uint64_t LiveTrainer::CustomersNeeded() const {
  if (champion_.empty() || champion_.bundle->embedding.kind == EmbeddingKind::kRules) {
    return kForRules;
  }
  return HasAutoencoder() ? kToGoOnWithOne : kForComponents;
}

// Whether there are enough customers by now for a better model than the champion, which was made
// from a few.
bool LiveTrainer::Grown() const {
  const std::uint64_t customers = reservoir_.size();
  if (champion_.empty()) return customers >= kForRules;
  const std::uint64_t before = champion_.bundle->trained_rows;
  if (champion_.bundle->embedding.kind == EmbeddingKind::kRules) {
    return customers >= kForComponents;
  }
  if (HasAutoencoder()) return false;
  return before < kForAutoencoder && customers >= std::min(2 * before, kForAutoencoder);
}

// Whether customers have changed so much that no challenger is like the champion: it describes
// customers who are not there any more.
bool LiveTrainer::Overtaken() const {
  return status_.rejections >= kRejectionsMax && !status_.alarm.empty();
}

// Whether customers have segments by a model that cannot be used any more: one that begins anew
// would give all of them others.
bool LiveTrainer::ChampionLost() const { return champion_.empty() && topic_.active(); }

std::string LiveTrainer::DueReason() const {
  const std::uint64_t customers = reservoir_.size();
  if (customers < CustomersNeeded() || ChampionLost()) return "";
  const int doublings =
      static_cast<int>(std::min<std::uint64_t>(status_.rejections, kDoublingsMax));
  const std::int64_t since_ms =
      trained_until_ms_ == INT64_MIN ? INT64_MAX : status_.now_ms - trained_until_ms_;
  if (since_ms < options_.retrain_spacing_ms << doublings) return "";
  if (Grown()) {
    return champion_.empty() ? "there is no model yet"
                             : fmt::format("there are {} customers by now", customers);
  }
  if (champion_.bundle->embedding.kind == EmbeddingKind::kRules) return "";
  if (!status_.alarm.empty()) return status_.alarm;
  if (status_.fresh >= options_.retrain_samples << doublings) {
    return fmt::format("{} samples since the last time", status_.fresh);
  }
  if (since_ms >= options_.retrain_every_ms << doublings && status_.fresh > 0) {
    return fmt::format("the last time was {:.1f} h ago",
                       static_cast<double>(since_ms) / (3600.0 * kSecondMs));
  }
  return "";
}

// The champion's names stay frozen while it is what the next model is made from.
Result<learn::Schema> LiveTrainer::SchemaFor(const std::vector<Held>& held) const {
  const feature::Plan& plan = options_.plan;
  const std::vector<std::string> names = feature::FeatureNames(plan, dictionary_.Rank(held, plan));
  if (names.empty()) {
    return Fail(Code::kConfig, "the plan excludes every feature; leave some in `features`");
  }
  const bool same_plan =
      !champion_.empty() && WithoutFrozen(champion_.bundle->features, plan.profile_names) ==
                                WithoutFrozen(names, plan.profile_names);
  if (same_plan && !Grown() && !Overtaken()) return champion_.schema();
  return learn::Schema{names, plan.profile_numbers, plan.profile_names};
}

std::uint32_t LiveTrainer::NextSegmentId() const {
  std::uint32_t next = 1;
  if (!champion_.empty()) next = champion_.bundle->next_segment_id;
  for (const auto& [version, decision] : topic_.decisions()) {
    next = std::max(next, decision.next_segment_id);
  }
  return next;
}

std::optional<Lesson> LiveTrainer::NextLesson() {
  if (training_ || trial_ || topic_.pin()) return std::nullopt;
  Lesson lesson;
  lesson.why = DueReason();
  if (lesson.why.empty()) return std::nullopt;
  const std::vector<Held> held = reservoir_.Take();
  const auto schema = SchemaFor(held);
  if (!schema.ok()) return std::nullopt;
  const auto features = feature::FeatureSet::Compile(schema->features, schema->profile_numbers,
                                                     schema->profile_names);
  if (!features.ok()) return std::nullopt;
  auto rows = RowsOf(held, *features, *schema, status_.now_ms);
  if (!rows.ok()) return std::nullopt;
  lesson.champion = champion_;
  lesson.rows = std::move(*rows);
  lesson.customers = held.size();
  lesson.fresh_start = Grown() || Overtaken();
  const std::uint32_t sequence = champion_.empty() ? 1 : champion_.bundle->sequence + 1;
  lesson.options = {.k_min = options_.k_min,
                    .k_max = options_.k_max,
                    .embedding = KindFor(held.size()),
                    .seed = Hash64(fmt::format("{}/{}/{}", options_.app, sequence, status_.now_ms)),
                    .cold = lesson.fresh_start,
                    .alarm = !status_.alarm.empty(),
                    .moved_budget = options_.gate.moved_soft,
                    .next_segment_id = NextSegmentId()};
  training_ = true;
  trained_until_ms_ = status_.now_ms;
  status_.fresh = 0;
  status_.alarm.clear();
  status_.state = StateNow();
  return lesson;
}

}  // namespace segmentd::train
