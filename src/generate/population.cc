#include "population.h"

#include <algorithm>
#include <cmath>

namespace segmentd::generate {
namespace {

// Fewer days leave no time before and after what is planted.
constexpr int kPlantDays = 10;
constexpr double kChurnShare = 0.30;    // of the loyal
constexpr double kPresentShare = 0.70;  // customers from the first day on
constexpr std::size_t kFlapperEvery = 500;
constexpr double kWeightPerRate = 1e6;

Schedule PlanSchedule(const Options& options) {
  const int days = options.planted_within_days > 0 ? options.planted_within_days : options.days;
  if (days < kPlantDays) return {};
  return {.churn_day = days * 6 / 10,
          .new_kind_day = days / 2,
          .new_kind_days = days / 5,
          .flap_days = std::max(2, days / 12)};
}

ArchetypeIndex DrawArchetype(Random& random) {
  auto point = static_cast<int>(random.Below(100));
  int kind = 0;
  for (const Archetype& archetype : Archetypes()) {
    point -= archetype.population;
    if (point < 0) break;
    ++kind;
  }
  return static_cast<ArchetypeIndex>(kind);
}

std::uint32_t DrawWeight(const Archetype& archetype, Random& random) {
  const double rate = random.Gamma(archetype.rate_shape, archetype.rate / archetype.rate_shape);
  return static_cast<std::uint32_t>(std::max(1LL, std::llround(rate * kWeightPerRate)));
}

bool IsFlapper(std::size_t index, std::size_t customers) {
  const std::size_t stride = std::min(kFlapperEvery, customers);
  return stride >= 10 && index % stride == stride / 2;
}

}  // namespace

Population::Population(const Options& options)
    : schedule_(PlanSchedule(options)), weights_(options.customers) {
  Random random(options.seed);
  customers_.reserve(options.customers);
  changes_.reserve(options.customers * 2);
  for (std::size_t i = 0; i < options.customers; ++i) {
    customers_.push_back(NewCustomer(i, options, random));
    ScheduleChanges(i, options.days, random);
  }
  std::stable_sort(changes_.begin(), changes_.end(),
                   [](const Change& a, const Change& b) { return a.day < b.day; });
  SumDays(options.days);
}

// The first customer is there all the time, so that no day is empty.
Customer Population::NewCustomer(std::size_t index, const Options& options, Random& random) const {
  const int days = options.days;
  Customer customer{.archetype = DrawArchetype(random)};
  const bool is_new_kind = random.Chance(options.new_kind_share) && schedule_.new_kind_day >= 0;
  const bool is_present = random.Chance(kPresentShare);
  const auto joins = static_cast<std::int32_t>(random.Below(static_cast<std::uint64_t>(days)));
  customer.until_day = days;
  customer.spend_level = static_cast<float>(std::exp(0.25 * random.Normal()));
  if (index == 0) {
    customer.archetype = kLoyal;
  } else if (schedule_.flap_days > 0 && IsFlapper(index, options.customers)) {
    customer.archetype = kFlapperKinds[0];
    customer.planted = Planted::kFlapper;
  } else if (is_new_kind) {
    customer.archetype = kSubscriber;
    customer.planted = Planted::kNewKind;
    customer.from_day = schedule_.new_kind_day + joins * schedule_.new_kind_days / days;
  } else {
    customer.from_day = is_present && customer.archetype != kOneTimer ? 0 : joins;
  }
  customer.own_weight = DrawWeight(Archetypes()[customer.archetype], random);
  return customer;
}

void Population::ScheduleChanges(std::size_t index, int days, Random& random) {
  Customer& customer = customers_[index];
  const auto number = static_cast<std::uint32_t>(index);
  const double life = Archetypes()[customer.archetype].life_days;
  if (life > 0) {
    const double last = customer.from_day + 1 + random.Exponential(life);
    customer.until_day = static_cast<std::int32_t>(std::min(last, static_cast<double>(days)));
  }
  if (index > 0 && customer.archetype == kLoyal && customer.from_day < schedule_.churn_day &&
      random.Chance(kChurnShare)) {
    customer.planted = Planted::kChurned;
    customer.until_day = schedule_.churn_day;
  }
  changes_.push_back({customer.from_day, number, customer.own_weight, customer.archetype});
  if (customer.planted == Planted::kFlapper) {
    for (int phase = 1; phase * schedule_.flap_days < days; ++phase) {
      const ArchetypeIndex kind = kFlapperKinds[phase % 2];
      const double ratio = Archetypes()[kind].rate / Archetypes()[kFlapperKinds[0]].rate;
      const auto weight = static_cast<std::uint32_t>(customer.own_weight * ratio);
      changes_.push_back({phase * schedule_.flap_days, number, weight, kind});
    }
  }
  if (customer.until_day < days) {
    changes_.push_back({customer.until_day, number, 0, customer.archetype});
  }
}

void Population::SumDays(int days) {
  std::vector<std::uint32_t> weights(customers_.size());
  std::uint64_t total = 0;
  std::size_t next = 0;
  for (int day = 0; day < days; ++day) {
    for (; next < changes_.size() && changes_[next].day == day; ++next) {
      std::uint32_t& weight = weights[changes_[next].customer];
      total += changes_[next].weight;
      total -= weight;
      weight = changes_[next].weight;
    }
    day_mass_.push_back(total);
  }
}

void Population::Advance(int day) {
  for (; next_change_ < changes_.size() && changes_[next_change_].day <= day; ++next_change_) {
    const Change& change = changes_[next_change_];
    Customer& customer = customers_[change.customer];
    weights_.Add(change.customer, static_cast<std::int64_t>(change.weight) - customer.weight);
    customer.weight = change.weight;
    customer.archetype = change.archetype;
  }
}

std::size_t Population::Draw(Random& random, bool weekend) const {
  // A bound, for the day on which nobody is willing; the last drawn then comes after all.
  std::size_t index = 0;
  for (int attempt = 0; attempt < 20; ++attempt) {
    index = weights_.Find(random.Below(weights_.total()));
    const double weekday = Archetypes()[customers_[index].archetype].weekday;
    if (weekend || weekday >= 1 || random.Chance(weekday)) break;
  }
  return index;
}

}  // namespace segmentd::generate
