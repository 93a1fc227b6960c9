#include "demo_view.h"

#include <fmt/format.h>

#include <algorithm>

#include "segmentd/base/time_text.h"
#include "segmentd/model/bundle.h"

namespace segmentd::app {
namespace {

constexpr std::size_t kNewest = 8;
constexpr std::size_t kNewestAlerts = 5;
constexpr std::size_t kNewestModels = 8;
constexpr std::size_t kMovements = 6;
constexpr std::size_t kBar = 24;
constexpr std::string_view kEnded = "the shop's history has reached today; Ctrl-C ends";

std::string Paint(std::string_view text, std::string_view code, bool color) {
  return color ? fmt::format("\x1b[{}m{}\x1b[0m", code, text) : std::string(text);
}

// Cuts at a column count; names are ASCII, sentences nearly so.
std::string Clip(std::string text, std::size_t width) {
  if (text.size() > width) text.resize(width);
  return text;
}

std::string Day(std::int64_t instant_ms) { return FormatRfc3339(instant_ms).substr(0, 10); }

std::uint64_t Refused(const pipeline::Counts& counts) {
  std::uint64_t sum = 0;
  for (const std::uint64_t count : counts.rejected) sum += count;
  return sum;
}

std::string NameOf(const DemoTally& tally, SegmentId id) {
  const auto found = tally.sizes().find(id);
  return found == tally.sizes().end() ? model::SegmentText(id) : found->second.name;
}

std::string SegmentLines(const DemoTally& tally, bool color) {
  std::int64_t all = 1;
  for (const auto& [id, size] : tally.sizes()) all += size.members;
  std::string out;
  for (const auto& [id, size] : tally.sizes()) {
    if (size.members == 0) continue;  // it is no more, as a rule
    const auto filled =
        static_cast<std::size_t>(size.members * static_cast<std::int64_t>(kBar) / all);
    const std::string bar = std::string(filled, '#') + std::string(kBar - filled, '.');
    out += fmt::format("  {:8} {:24} {:>7}  {}\n", model::SegmentText(id), Clip(size.name, 24),
                       size.members, Paint(bar, "36", color));
  }
  return out;
}

std::string MovementLines(const DemoTally& tally, bool color) {
  std::string out;
  const auto movements = tally.Movements();
  for (std::size_t i = 0; i < std::min(kMovements, movements.size()); ++i) {
    const auto& [pair, count] = movements[i];
    out += fmt::format("  {:>5}  {} {} {}\n", count, NameOf(tally, pair.first),
                       Paint("->", "33", color), NameOf(tally, pair.second));
  }
  return out;
}

std::string ChangeLines(const DemoTally& tally, std::size_t width, bool color) {
  std::string out;
  for (const pipeline::ChangeNote& note : tally.newest()) {
    const std::string from = note.previous_name.empty() ? "(new)" : note.previous_name;
    const std::string head = fmt::format("  {} {}: {} -> {} [{}]", Day(note.as_of_ms),
                                         note.customer_id, from, note.current_name, note.reason);
    out += Clip(head, width) + "\n";
    out += Paint(Clip("      " + note.text, width), "2", color) + "\n";
  }
  return out;
}

std::string AlertLines(const DemoTally& tally, std::size_t width) {
  std::string out;
  for (const pipeline::AlertNote& note : tally.alerts()) {
    const std::string line = fmt::format("  {} {} {}: {}", Day(note.as_of_ms), note.customer_id,
                                         risk::CrossingName(note.crossing), note.text);
    out += Clip(line, width) + "\n";
  }
  return out;
}

std::string ModelLines(const DemoTally& tally, std::size_t width) {
  const train::LiveStatus& trainer = tally.trainer();
  std::string out =
      Clip(fmt::format("  {}, {} customers{}", trainer.state, trainer.customers,
                       trainer.trial ? fmt::format("; {} scores beside it, {:.1f} % "
                                                   "of {} samples elsewhere",
                                                   trainer.trial->challenger,
                                                   100 * trainer.trial->disagreement(),
                                                   trainer.trial->samples)
                                     : ""),
           width) +
      "\n";
  for (const std::string& line : tally.models()) out += Clip("  " + line, width) + "\n";
  return out;
}

// As the newest model that knows it calls it.
std::string NameIn(const model::Bundle& bundle, const model::Bundle* before, SegmentId id) {
  for (const model::Bundle* in : {&bundle, before}) {
    if (in == nullptr) continue;
    const auto at = std::ranges::find(in->segments, id, &model::Segment::id);
    if (at != in->segments.end())
      return fmt::format("{} \"{}\"", model::SegmentText(id), at->name());
  }
  return model::SegmentText(id);
}

// "seg-9 "New" was split from seg-3 "Promising"".
std::string LineageText(const model::Bundle& bundle, const model::Bundle* before,
                        const model::Lineage& entry) {
  const std::string parent = NameIn(bundle, before, entry.parent);
  const std::string child = NameIn(bundle, before, entry.child);
  switch (entry.kind) {
    case model::Lineage::Kind::kBorn:
      return child + " was born";
    case model::Lineage::Kind::kSplit:
      return fmt::format("{} was split from {}", child, parent);
    case model::Lineage::Kind::kMerged:
      return fmt::format("{} was merged into {}", parent, child);
    case model::Lineage::Kind::kRetired:
      return parent + " was retired";
  }
  return "";
}

}  // namespace

void DemoTally::Note(std::string line) {
  news_.push_back(line);
  models_.push_front(std::move(line));
  if (models_.size() > kNewestModels) models_.pop_back();
}

void DemoTally::Add(const train::LiveStatus& trainer) {
  const auto& last = trainer.last;
  const bool decided = last && (!trainer_.last || last->version != trainer_.last->version ||
                                last->state != trainer_.last->state);
  if (decided) Note(fmt::format("{} {}: {}", last->version, last->state, last->reason));
  const bool other = trainer.bundle != nullptr && trainer.champion != trainer_.champion;
  if (other) {
    for (const model::Lineage& entry : trainer.bundle->lineage) {
      if (entry.sequence != trainer.bundle->sequence) continue;
      lineage_.push_back(LineageText(*trainer.bundle, trainer_.bundle.get(), entry));
      Note(lineage_.back());
    }
  }
  trainer_ = trainer;
}

void DemoTally::Add(std::span<const pipeline::AlertNote> alerts) {
  for (const pipeline::AlertNote& note : alerts) {
    at_risk_ += note.crossing == risk::Crossing::kAtRisk ? 1 : 0;
    recovered_ += note.crossing == risk::Crossing::kRecovered ? 1 : 0;
    alerts_.push_front(note);
    if (alerts_.size() > kNewestAlerts) alerts_.pop_back();
  }
}

void DemoTally::Add(std::span<const pipeline::ChangeNote> changes) {
  for (const pipeline::ChangeNote& note : changes) {
    const bool entered = note.previous == SegmentId{};
    const bool exited = note.current == SegmentId{};
    if (!exited) {
      Size& current = sizes_[note.current];
      current.name = note.current_name;
      ++current.members;
    }
    if (!entered) {
      Size& previous = sizes_[note.previous];
      if (previous.name.empty()) previous.name = note.previous_name;
      --previous.members;
    }
    if (entered) ++entered_;
    if (!entered && !exited) {
      ++moved_;
      ++movements_[{note.previous, note.current}];
    }
    newest_.push_front(note);
    if (newest_.size() > kNewest) newest_.pop_back();
  }
}

std::vector<std::pair<std::pair<SegmentId, SegmentId>, int>> DemoTally::Movements() const {
  std::vector<std::pair<std::pair<SegmentId, SegmentId>, int>> sorted(movements_.begin(),
                                                                      movements_.end());
  std::stable_sort(sorted.begin(), sorted.end(),
                   [](const auto& a, const auto& b) { return a.second > b.second; });
  return sorted;
}

std::string DemoScreen(const DemoTally& tally, const DemoFigures& figures, std::size_t width,
                       bool color) {
  std::string out = fmt::format("{}  event time {}  {:.0f} events/s  lag {}\n",
                                Paint("segmentd demo", "1", color), Day(figures.event_time_ms),
                                figures.events_per_s, figures.lag_records);
  out += fmt::format("brokers {}  http {}\n", figures.brokers, figures.http);
  if (figures.ended) out += std::string(kEnded) + "\n";
  out +=
      fmt::format("accepted {}  duplicates {}  late {}  dead-lettered {}  entered {}  moved {}\n\n",
                  figures.counts.accepted, figures.counts.duplicates, figures.counts.late,
                  Refused(figures.counts), tally.entered(), tally.moved());
  out += Paint("segments\n", "1", color) + SegmentLines(tally, color);
  out += Paint("\nmovements of the last second\n", "1", color) + MovementLines(tally, color);
  out += Paint("\nlast changes\n", "1", color) + ChangeLines(tally, width, color);
  out += Paint("\nat risk, and back\n", "1", color) + AlertLines(tally, width);
  out += Paint("\nmodels\n", "1", color) + ModelLines(tally, width);
  return out;
}

std::string DemoLine(const DemoTally& tally, const DemoFigures& figures) {
  std::string line =
      fmt::format("{}  {:.0f} events/s  lag {}  entered {}  moved {}  at risk {}  dlq {}",
                  Day(figures.event_time_ms), figures.events_per_s, figures.lag_records,
                  tally.entered(), tally.moved(), tally.at_risk(), Refused(figures.counts));
  if (!tally.newest().empty()) {
    const pipeline::ChangeNote& note = tally.newest().front();
    line += fmt::format("  last: {} {} -> {} [{}] {}", note.customer_id,
                        note.previous_name.empty() ? "(new)" : note.previous_name,
                        note.current_name, note.reason, note.text);
  }
  if (figures.ended) line += fmt::format("  {}", kEnded);
  line += "\n";
  for (const std::string& news : tally.news()) line += fmt::format("  {}\n", news);
  return line;
}

std::string DemoSummary(const DemoTally& tally, const DemoFigures& figures) {
  std::string out = fmt::format(
      "\n{} events accepted, {} duplicates counted once, {} late, {} dead-lettered\n"
      "{} customers entered a segment, {} moves; {} came to be at risk, {} recovered\n",
      figures.counts.accepted, figures.counts.duplicates, figures.counts.late,
      Refused(figures.counts), tally.entered(), tally.moved(), tally.at_risk(), tally.recovered());
  for (const auto& [outcome, count] : tally.trainer().outcomes) {
    out += fmt::format("{} retrain{} {}\n", count, count == 1 ? "" : "s", outcome);
  }
  for (const std::string& line : tally.lineage()) out += "  " + line + "\n";
  return out + SegmentLines(tally, false);
}

}  // namespace segmentd::app
