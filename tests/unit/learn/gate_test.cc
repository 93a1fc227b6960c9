#include "segmentd/learn/gate.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <functional>
#include <nlohmann/json.hpp>
#include <set>

namespace segmentd::learn {
namespace {

struct Case {
  Case() {
    challenger.embedding = model::IdentityEmbedding(8);
    challenger.embedding.kind = model::EmbeddingKind::kDae;
    challenger.segments.resize(4);
    for (model::Segment& segment : challenger.segments) segment.share = 0.25;
    report.embedding.made = model::EmbeddingKind::kDae;
    report.embedding.first_loss = 0.5;
    report.embedding.last_loss = 0.2;
    report.embedding.error = report.embedding.champion_error = 0.03;
    report.embedding.pca_error = 0.08;
    report.embedding.active_units = 8;
    report.embedding.participation = 5;
    report.clusters.anchored = true;
    report.clusters.inertia = 101;
    report.clusters.cold_inertia = 100;
    report.clusters.silhouette = report.clusters.champion_silhouette = 0.2;
    report.movement.moved = 0.03;
    report.movement.adjusted_rand = 0.95;
  }

  Verdict Judged() const { return Judge(challenger, report, {}); }

  std::set<std::string> Failed() const {
    std::set<std::string> failed;
    for (const Check& check : Judged().checks) {
      if (!check.passed) failed.emplace(check.name);
    }
    return failed;
  }

  model::Bundle challenger;
  Report report;
};

TEST(JudgeTest, AcceptsAChallengerThatPassesAll) {
  Case good;
  const Verdict verdict = good.Judged();
  EXPECT_TRUE(verdict.accepted) << verdict.reason;
  EXPECT_EQ(verdict.checks.size(), 13U);
  EXPECT_EQ(verdict.reason, "every check passed");
}

TEST(JudgeTest, RejectsForEachHardFailureAlone) {
  const std::pair<const char*, std::function<void(Case&)>> faults[] = {
      {"finite", [](Case& c) { c.report.finite = false; }},
      {"loss", [](Case& c) { c.report.embedding.last_loss = 0.6; }},
      {"loss", [](Case& c) { c.report.embedding.last_loss = NAN; }},
      {"error_to_pca", [](Case& c) { c.report.embedding.pca_error = 0.031; }},
      {"error_to_champion", [](Case& c) { c.report.embedding.champion_error = 0.029; }},
      {"active_units", [](Case& c) { c.report.embedding.active_units = 3; }},
      {"participation", [](Case& c) { c.report.embedding.participation = 1.5; }},
      {"smallest_share", [](Case& c) { c.challenger.segments[0].share = 0.005; }},
      {"largest_share", [](Case& c) { c.challenger.segments[0].share = 0.7; }},
  };
  for (const auto& [name, spoil] : faults) {
    Case bad;
    spoil(bad);
    EXPECT_EQ(bad.Failed(), std::set<std::string>{name});
    EXPECT_FALSE(bad.Judged().accepted) << name;
  }
}

TEST(JudgeTest, ForgivesOneSoftFailureAndNotTwo) {
  Case good;
  good.report.clusters.silhouette = 0.17;
  EXPECT_EQ(good.Failed(), std::set<std::string>{"silhouette"});
  EXPECT_TRUE(good.Judged().accepted);
  good.report.clusters.inertia = 103;
  EXPECT_EQ(good.Failed().size(), 2U);
  const Verdict verdict = good.Judged();
  EXPECT_FALSE(verdict.accepted);
  EXPECT_NE(verdict.reason.find("inertia_to_cold is 1.03, above 1.02 (soft)"), std::string::npos)
      << verdict.reason;
}

TEST(JudgeTest, HasMorePatienceWithMovedCustomersWhileADriftAlarmIsOn) {
  Case good;
  good.report.movement.moved = 0.2;
  EXPECT_FALSE(good.Judged().accepted);
  good.report.alarm = true;
  EXPECT_TRUE(good.Judged().accepted);
  good.report.movement.moved = 0.31;
  EXPECT_FALSE(good.Judged().accepted);
}

TEST(JudgeTest, ComparesAFirstModelWithNothing) {
  Case good;
  good.report.first = true;
  good.report.embedding.champion_error = NAN;
  good.report.movement.moved = 1;
  good.report.clusters.champion_silhouette = 1;
  EXPECT_TRUE(good.Judged().accepted);
}

TEST(JudgeTest, WritesItsRecordAsJson) {
  Case good;
  good.report.movement.moved = 0.16;
  const auto json = nlohmann::json::parse(VerdictJson(good.Judged()));
  EXPECT_EQ(json["accepted"], false);
  const auto at = std::find_if(json["checks"].begin(), json["checks"].end(),
                               [](const auto& check) { return check["name"] == "moved_at_most"; });
  ASSERT_NE(at, json["checks"].end());
  EXPECT_EQ((*at)["severity"], "hard");
  EXPECT_EQ((*at)["value"], 0.16);
  EXPECT_EQ((*at)["limit"], 0.15);
  EXPECT_EQ((*at)["passed"], false);
}

}  // namespace
}  // namespace segmentd::learn
