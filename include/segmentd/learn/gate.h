#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "segmentd/learn/retrain.h"

namespace segmentd::learn {

// Where the gate stands. Shares are of one.
struct Thresholds {
  double error_to_champion = 1.02;  // the challenger's error may be so many times the champion's
  double error_to_pca = 0.95;       // ... and has to be below so many times that of PCA (dae, vae)
  int active_units_min = 2;         // and half of the dimensions
  double participation_min = 2;
  double share_min = 0.01;  // of a segment
  double share_max = 0.60;
  double silhouette_loss = 0.02;
  double inertia_to_cold = 1.02;
  double moved_soft = 0.05;
  double moved_hard = 0.15;
  double moved_hard_alarm = 0.30;  // while a drift alarm is on
  double adjusted_rand_min = 0.90;
};

enum class Severity { kHard, kSoft };

// One question of the gate with its number, its limit and the answer.
struct Check {
  std::string_view name;  // "moved"
  Severity severity = Severity::kHard;
  double value = 0;
  double limit = 0;
  bool at_most = true;  // value <= limit passes; else value >= limit does
  bool passed = true;
};

// A decision as a record: every number it was taken by.
struct Verdict {
  bool accepted = false;
  std::vector<Check> checks;  // those that applied, in the order of the table
  std::string reason;         // one sentence for a person: which failed, by which numbers
};

// One hard failure or two soft ones reject. Checks against a champion apply where there was one;
// those of an autoencoder where one was made.
Verdict Judge(const model::Bundle& challenger, const Report& report, const Thresholds& thresholds);

// {"accepted","reason","checks":[{"name","severity","value","limit","at_most","passed"}]}.
std::string VerdictJson(const Verdict& verdict);

}  // namespace segmentd::learn
