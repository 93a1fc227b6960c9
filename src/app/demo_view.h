#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "segmentd/pipeline/pipeline.h"
#include "segmentd/train/live_trainer.h"

namespace segmentd::app {

// What the changes and alerts seen so far add up to: sizes, movements, the newest few.
class DemoTally {
 public:
  void Add(std::span<const pipeline::ChangeNote> changes);
  void Add(std::span<const pipeline::AlertNote> alerts);
  void Add(const train::LiveStatus& trainer);

  struct Size {
    std::string name;
    std::int64_t members = 0;
  };
  const std::map<SegmentId, Size>& sizes() const { return sizes_; }
  // The movements since the last call to NextFrame, the largest first.
  std::vector<std::pair<std::pair<SegmentId, SegmentId>, int>> Movements() const;
  const std::deque<pipeline::ChangeNote>& newest() const { return newest_; }
  const std::deque<pipeline::AlertNote>& alerts() const { return alerts_; }
  // What became of models and segments, each for a person, the newest first.
  const std::deque<std::string>& models() const { return models_; }
  // The same, oldest first, since the last call to NextFrame.
  const std::vector<std::string>& news() const { return news_; }
  // What segments came of which, each for a person, oldest first.
  const std::vector<std::string>& lineage() const { return lineage_; }
  const train::LiveStatus& trainer() const { return trainer_; }
  std::uint64_t at_risk() const { return at_risk_; }
  std::uint64_t recovered() const { return recovered_; }
  std::uint64_t entered() const { return entered_; }
  std::uint64_t moved() const { return moved_; }
  void NextFrame() {
    movements_.clear();
    news_.clear();
  }

 private:
  void Note(std::string line);

  std::map<SegmentId, Size> sizes_;
  std::map<std::pair<SegmentId, SegmentId>, int> movements_;
  std::deque<pipeline::ChangeNote> newest_;
  std::deque<pipeline::AlertNote> alerts_;
  std::deque<std::string> models_;
  std::vector<std::string> news_;
  std::vector<std::string> lineage_;
  train::LiveStatus trainer_;
  std::uint64_t at_risk_ = 0;
  std::uint64_t recovered_ = 0;
  std::uint64_t entered_ = 0;
  std::uint64_t moved_ = 0;
};

// The rest of a frame.
struct DemoFigures {
  std::string brokers;
  std::string http;
  bool embedded = true;
  std::int64_t event_time_ms = 0;  // where the accelerated stream stands
  bool ended = false;              // there
  double events_per_s = 0;
  std::int64_t lag_records = 0;
  pipeline::Counts counts;
};

// A whole screen, lines ended by "\n", at most `width` columns wide. color: with terminal colours.
std::string DemoScreen(const DemoTally& tally, const DemoFigures& figures, std::size_t width,
                       bool color);
// The same in one line, and one for each of the news, for what is no terminal.
std::string DemoLine(const DemoTally& tally, const DemoFigures& figures);
// What happened, at the end.
std::string DemoSummary(const DemoTally& tally, const DemoFigures& figures);

}  // namespace segmentd::app
