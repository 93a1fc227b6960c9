// The part of LiveTrainer that says what is published.
#include "live_decisions.h"

#include <fmt/format.h>

#include <algorithm>
#include <functional>
#include <iterator>
#include <set>

#include "segmentd/train/live_trainer.h"

namespace segmentd::train {
namespace {

constexpr std::uint64_t kTrialSamplesMin = 100;
constexpr std::size_t kModelsKept = 10;
constexpr std::size_t kDecisionsKept = 50;

// What is made anew because the old one will not do is not held to what the old one said.
learn::Thresholds Unbound(learn::Thresholds gate) {
  gate.moved_soft = gate.moved_hard = gate.moved_hard_alarm = 1;
  gate.adjusted_rand_min = -1;
  gate.silhouette_loss = 2;
  return gate;
}

// Another kind of embedding moves customers once, however good it is: more of them may move then.
learn::Thresholds Patient(learn::Thresholds gate) {
  gate.moved_soft = gate.moved_hard = gate.moved_hard_alarm;
  gate.adjusted_rand_min = -1;
  return gate;
}

learn::Thresholds GateFor(const Lesson& lesson, const learn::Retrained& learned,
                          const learn::Thresholds& gate) {
  if (lesson.fresh_start) return Unbound(gate);
  const bool same_kind =
      learned.challenger.embedding.kind == lesson.champion.bundle->embedding.kind;
  return same_kind ? gate : Patient(gate);
}

}  // namespace

std::vector<model::Decision> NewestFirst(const model::ModelTopic& topic) {
  std::vector<model::Decision> decisions;
  for (const auto& [version, decision] : topic.decisions()) decisions.push_back(decision);
  std::ranges::stable_sort(decisions, std::greater{}, &model::Decision::at_ms);
  return decisions;
}

Result<std::vector<model::TopicRecord>> LiveTrainer::Finish(const Lesson& lesson,
                                                            Result<learn::Retrained> learned,
                                                            std::int64_t wall_ms) {
  training_ = false;
  if (!learned.ok()) {
    if (learned.error().code != Code::kCancelled) ++status_.outcomes["failed"];
    return tl::unexpected(learned.error());
  }
  status_.report = learned->report;
  const std::string encoded = model::EncodeBundle(learned->challenger);
  const learn::Verdict verdict =
      learn::Judge(learned->challenger, learned->report, GateFor(lesson, *learned, options_.gate));
  model::Decision decision;
  decision.version = model::BundleVersion(encoded);
  decision.champion = lesson.champion.version;
  decision.at_ms = wall_ms;
  decision.verdict = learn::VerdictJson(verdict);
  decision.reason = verdict.reason;
  decision.as_of_ms = learned->report.as_of_ms;
  decision.next_segment_id = learned->challenger.next_segment_id;
  std::vector<model::TopicRecord> records;
  const bool orphaned = lesson.champion.version != champion_.version;
  if (!verdict.accepted || orphaned) {
    decision.state = verdict.accepted ? kSuperseded : kRejected;
    if (verdict.accepted) decision.reason = "another model was promoted while it was trained";
    ++status_.outcomes[decision.state];
    records.push_back(model::PackDecision(options_.app, decision));
    return records;
  }
  SEGMENTD_ASSIGN_OR_RETURN(records, model::PackBundle(options_.app, encoded, wall_ms));
  for (const auto& [version, other] : topic_.decisions()) {
    if (other.state != kWaiting) continue;
    model::Decision old = other;
    old.state = kSuperseded;
    old.reason = fmt::format("{} came after it", decision.version);
    records.push_back(model::PackDecision(options_.app, old));
  }
  // Neither is it tried beside it.
  if (options_.trial_ms > 0 && !lesson.fresh_start) {
    decision.state = kTrial;
    records.push_back(model::PackDecision(options_.app, decision));
  } else {
    std::ranges::move(Promotion(std::move(decision), wall_ms), std::back_inserter(records));
  }
  ++status_.outcomes["accepted"];
  return records;
}

// Lets a model score, or asks a person to.
std::vector<model::TopicRecord> LiveTrainer::Promotion(model::Decision decision,
                                                       std::int64_t wall_ms) const {
  const std::string version = decision.version;
  decision.at_ms = wall_ms;
  decision.state = options_.promote ? kPromoted : kWaiting;
  std::vector<model::TopicRecord> records;
  if (options_.promote) {
    records.push_back(model::PackPointer(options_.app, model::PointerKind::kActive,
                                         {version, champion_.version, wall_ms, "trainer"}));
  }
  records.push_back(model::PackDecision(options_.app, decision));
  std::ranges::move(Outdated(version), std::back_inserter(records));
  return records;
}

// Models and decisions of long ago; never one that somebody may come back to by one command.
std::vector<model::TopicRecord> LiveTrainer::Outdated(const std::string& promoted) const {
  std::set<std::string> kept = {promoted, champion_.version};
  for (const std::string& version : topic_.Candidates()) kept.insert(version);
  for (const auto& [version, decision] : topic_.decisions()) {
    if (decision.state == kTrial || decision.state == kWaiting) kept.insert(version);
  }
  std::vector<model::Manifest> manifests;
  for (const auto& [version, manifest] : topic_.manifests()) manifests.push_back(manifest);
  std::ranges::stable_sort(manifests, std::greater{}, &model::Manifest::published_ms);
  std::vector<model::TopicRecord> records;
  for (std::size_t i = kModelsKept; i < manifests.size(); ++i) {
    if (kept.contains(manifests[i].version)) continue;
    std::ranges::move(model::DropBundle(options_.app, manifests[i]), std::back_inserter(records));
  }
  const std::vector<model::Decision> decisions = NewestFirst(topic_);
  for (std::size_t i = kDecisionsKept; i < decisions.size(); ++i) {
    if (kept.contains(decisions[i].version)) continue;
    records.push_back(model::DropDecision(options_.app, decisions[i].version));
  }
  return records;
}

std::vector<model::TopicRecord> LiveTrainer::EndTrial(std::int64_t wall_ms) const {
  if (!trial_ || topic_.pin()) return {};
  const Trial::Told told = trial_->told();
  model::Decision decision = topic_.decisions().at(told.challenger);
  const bool orphaned = decision.champion != champion_.version;
  const bool over = status_.now_ms >= told.until_ms && told.samples >= kTrialSamplesMin;
  if (!orphaned && !over) return {};
  const double limit = options_.gate.moved_hard_alarm;
  decision.trial = TrialJson(told);
  if (!orphaned && told.disagreement() <= limit) {
    return Promotion(std::move(decision), wall_ms);
  }
  decision.state = orphaned ? kSuperseded : kRejected;
  decision.reason =
      orphaned
          ? "another model was promoted during its trial"
          : fmt::format("in its trial {:.1f} % of {} samples were placed elsewhere, above {:.0f} %",
                        100 * told.disagreement(), told.samples, 100 * limit);
  decision.at_ms = wall_ms;
  return {model::PackDecision(options_.app, decision)};
}

std::vector<model::TopicRecord> LiveTrainer::NoteWhatPeopleDid(std::int64_t wall_ms) const {
  std::vector<model::TopicRecord> records;
  if (!topic_.active()) return records;
  const auto at = topic_.decisions().find(topic_.active()->version);
  if (at == topic_.decisions().end() || at->second.state == kPromoted) return records;
  model::Decision decision = at->second;
  decision.state = kPromoted;
  decision.at_ms = wall_ms;
  records.push_back(model::PackDecision(options_.app, decision));
  return records;
}

}  // namespace segmentd::train
