#pragma once

#include <array>
#include <cmath>
#include <limits>

#include "segmentd/base/ids.h"
#include "segmentd/base/random.h"
#include "segmentd/learn/retrain.h"
#include "segmentd/learn/rows.h"

namespace segmentd::learn {

inline constexpr double kMissing = std::numeric_limits<double>::quiet_NaN();
inline constexpr std::int64_t kNowMs = 1'767'225'600'000;

// Customers of four kinds that nobody could mix up, on features of the catalogue; the kind of
// customer c is c % 4. `noise` widens the kinds, `shift` moves what they spend.
struct Crowd {
  int customers = 400;
  std::uint64_t seed = 1;
  double noise = 1;
  double shift = 1;
};

inline Schema SmallSchema() {
  return {{"idle_days", "tenure_days", "orders_90d", "spend_90d", "aov", "discount_share",
           "frequency", "recency_weeks", "age_weeks", "monetary"},
          {},
          {}};
}

inline Rows MakeRows(const Crowd& crowd) {
  struct Kind {
    double idle, tenure, orders, aov, discount;
  };
  constexpr std::array<Kind, 4> kKinds = {
      {{3, 300, 30, 200, 0}, {10, 250, 7, 25, 0.4}, {90, 200, 1, 60, 0}, {8, 20, 3, 15, 0.02}}};
  Random random(crowd.seed);
  Rows rows;
  rows.schema = SmallSchema();
  rows.values.resize(10, crowd.customers);
  for (int i = 0; i < crowd.customers; ++i) {
    const Kind& kind = kKinds[static_cast<std::size_t>(i % 4)];
    const auto about = [&](double value) {
      return value * std::exp(0.2 * crowd.noise * random.Normal());
    };
    const double idle = about(kind.idle);
    const double tenure = idle + about(kind.tenure);
    const double orders = std::round(about(kind.orders)) + 1;
    const double aov = about(kind.aov) * crowd.shift;
    const double recency = std::floor((tenure - idle) / 7);
    rows.values.col(i) << idle, tenure, orders, orders * aov, aov, kind.discount, orders - 1,
        recency, recency + std::floor(idle / 7), orders > 1 ? aov : kMissing;
    rows.customers.push_back(Random(static_cast<std::uint64_t>(i)).Next());
    rows.as_of_ms.push_back(kNowMs - i * kSecondMs);
    rows.weights.push_back(1);
  }
  return rows;
}

inline Options SmallOptions() {
  Options options;
  options.k_min = 3;
  options.k_max = 6;
  options.embedding = model::EmbeddingKind::kPca;
  return options;
}

}  // namespace segmentd::learn
