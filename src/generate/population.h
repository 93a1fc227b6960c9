#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "archetypes.h"
#include "segmentd/base/random.h"
#include "segmentd/generate/generator.h"
#include "weights.h"

namespace segmentd::generate {

enum class Planted : std::uint8_t { kNothing, kChurned, kNewKind, kFlapper };

struct Customer {
  ArchetypeIndex archetype = kLoyal;  // of today
  Planted planted = Planted::kNothing;
  std::uint32_t weight = 0;  // of today
  std::uint32_t own_weight = 0;
  float spend_level = 1;  // factor on the archetype's spend
  std::int32_t from_day = 0;
  std::int32_t until_day = 0;  // the first day without it; the number of days: stays
};

// The days on which something planted happens; -1: too few days for it.
struct Schedule {
  int churn_day = -1;
  int new_kind_day = -1;
  int new_kind_days = 0;  // until all of it are there
  int flap_days = 0;      // length of one of a flapper's phases
};

// The two ways of a flapper.
inline constexpr ArchetypeIndex kFlapperKinds[] = {kChampion, kBargainHunter};

// Who is a customer on which day, and how eagerly. Days are counted from the start of the period.
class Population {
 public:
  explicit Population(const Options& options);

  const Schedule& schedule() const { return schedule_; }
  std::span<const Customer> customers() const { return customers_; }
  // Expected share of a day in all events, up to a common factor.
  std::uint64_t DayMass(int day) const { return day_mass_[static_cast<std::size_t>(day)]; }

  // Makes a day today. Days only go forward.
  void Advance(int day);
  // One of today's customers, by weight and by its liking for such a day.
  std::size_t Draw(Random& random, bool weekend) const;

 private:
  struct Change {
    std::int32_t day;
    std::uint32_t customer;
    std::uint32_t weight;
    ArchetypeIndex archetype;
  };

  Customer NewCustomer(std::size_t index, const Options& options, Random& random) const;
  void ScheduleChanges(std::size_t index, int days, Random& random);
  void SumDays(int days);

  Schedule schedule_;
  std::vector<Customer> customers_;
  std::vector<Change> changes_;  // by day
  std::size_t next_change_ = 0;
  std::vector<std::uint64_t> day_mass_;
  Weights weights_;
};

}  // namespace segmentd::generate
