#include "segmentd/learn/gate.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "segmentd/base/json_writer.h"

namespace segmentd::learn {
namespace {

constexpr int kSoftFailuresMax = 1;

class Gate {
 public:
  Gate(const model::Bundle& challenger, const Report& report, const Thresholds& thresholds)
      : challenger_(challenger), report_(report), limits_(thresholds) {}

  Verdict Run() {
    AtLeast("finite", Severity::kHard, report_.finite ? 1 : 0, 1);
    // Rules are not learned, and their segments stand whether somebody is in them or not.
    if (challenger_.embedding.kind != model::EmbeddingKind::kRules) {
      CheckEmbedding();
      CheckSegments();
      if (!report_.first) CheckAgainstChampion();
    }
    Decide();
    return std::move(verdict_);
  }

 private:
  void CheckEmbedding() {
    const EmbeddingReport& embedding = report_.embedding;
    if (model::IsAutoencoder(embedding.made)) {
      AtMost("loss", Severity::kHard, embedding.last_loss, embedding.first_loss);
      AtMost("error_to_pca", Severity::kHard, embedding.error,
             limits_.error_to_pca * embedding.pca_error);
    }
    if (!report_.first && std::isfinite(embedding.champion_error)) {
      AtMost("error_to_champion", Severity::kHard, embedding.error,
             limits_.error_to_champion * embedding.champion_error);
    }
    // The identity has the dimensions that it is given, and one segment needs none.
    if (embedding.made == model::EmbeddingKind::kIdentity || challenger_.segments.size() < 2)
      return;
    const int size = challenger_.embedding.outputs();
    AtLeast("active_units", Severity::kHard, embedding.active_units,
            std::min(size, std::max(limits_.active_units_min, size / 2)));
    AtLeast("participation", Severity::kHard, embedding.participation,
            std::min<double>(limits_.participation_min, size));
  }

  void CheckSegments() {
    double least = 1;
    double most = 0;
    for (const model::Segment& segment : challenger_.segments) {
      least = std::min(least, segment.share);
      most = std::max(most, segment.share);
    }
    AtLeast("smallest_share", Severity::kHard, least, limits_.share_min);
    // Customers who are all alike make one segment, and that is the truth.
    if (challenger_.segments.size() > 1) {
      AtMost("largest_share", Severity::kHard, most, limits_.share_max);
    }
  }

  void CheckAgainstChampion() {
    const ClusterReport& clusters = report_.clusters;
    AtLeast("silhouette", Severity::kSoft, clusters.silhouette,
            clusters.champion_silhouette - limits_.silhouette_loss);
    if (clusters.anchored && clusters.cold_inertia > 0) {
      AtMost("inertia_to_cold", Severity::kSoft, clusters.inertia / clusters.cold_inertia,
             limits_.inertia_to_cold);
    }
    // Where customers have changed, labels that agree with those of before would be wrong.
    AtMost("moved", Severity::kSoft, report_.movement.moved,
           report_.alarm ? limits_.moved_hard : limits_.moved_soft);
    AtMost("moved_at_most", Severity::kHard, report_.movement.moved,
           report_.alarm ? limits_.moved_hard_alarm : limits_.moved_hard);
    if (report_.alarm) return;
    AtLeast("adjusted_rand", Severity::kSoft, report_.movement.adjusted_rand,
            limits_.adjusted_rand_min);
  }

  // A number that is none fails either way.
  void AtMost(std::string_view name, Severity severity, double value, double limit) {
    verdict_.checks.push_back({name, severity, value, limit, true, value <= limit});
  }

  void AtLeast(std::string_view name, Severity severity, double value, double limit) {
    verdict_.checks.push_back({name, severity, value, limit, false, value >= limit});
  }

  void Decide() {
    int hard = 0;
    int soft = 0;
    std::string failed;
    for (const Check& check : verdict_.checks) {
      if (check.passed) continue;
      ++(check.severity == Severity::kHard ? hard : soft);
      failed += fmt::format("{}{} is {:.4g}, {} {:.4g}{}", failed.empty() ? "" : "; ", check.name,
                            check.value, check.at_most ? "above" : "below", check.limit,
                            check.severity == Severity::kHard ? "" : " (soft)");
    }
    verdict_.accepted = hard == 0 && soft <= kSoftFailuresMax;
    verdict_.reason = failed.empty() ? "every check passed" : failed;
  }

  const model::Bundle& challenger_;
  const Report& report_;
  const Thresholds& limits_;
  Verdict verdict_;
};

}  // namespace

Verdict Judge(const model::Bundle& challenger, const Report& report, const Thresholds& thresholds) {
  return Gate(challenger, report, thresholds).Run();
}

std::string VerdictJson(const Verdict& verdict) {
  std::string text;
  JsonWriter json(text);
  json.BeginObject().Key("accepted").Bool(verdict.accepted).Key("reason").String(verdict.reason);
  json.Key("checks").BeginArray();
  for (const Check& check : verdict.checks) {
    json.BeginObject().Key("name").String(check.name);
    json.Key("severity").String(check.severity == Severity::kHard ? "hard" : "soft");
    json.Key("value").Double(check.value).Key("limit").Double(check.limit);
    json.Key("at_most").Bool(check.at_most).Key("passed").Bool(check.passed).EndObject();
  }
  json.EndArray().EndObject();
  return text;
}

}  // namespace segmentd::learn
