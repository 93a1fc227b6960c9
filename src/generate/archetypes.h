#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <string_view>

namespace segmentd::generate {

inline constexpr std::array<std::string_view, 9> kCategories = {
    "grocery", "apparel", "home", "electronics", "toys", "books", "beauty", "sport", "pets"};
inline constexpr std::array<std::string_view, 3> kChannels = {"web", "app", "store"};

// A way of being a customer. Rates are per day, money is in the currency's unit.
struct Archetype {
  std::string_view name;
  int population = 0;       // its part of the customers, in per cent
  double rate = 0;          // mean events per day; a customer's own is Gamma around it
  double rate_shape = 1;    // the larger, the more alike the customers
  double life_days = 0;     // mean time until a customer lapses for good; 0: never
  double spend_median = 0;  // of one purchase
  double spend_sigma = 0;   // of its logarithm
  double quantity = 1;      // mean
  double discounted = 0;    // share of purchases with a discount
  double discount = 0;      // its part of the price
  double refunds = 0;       // share of events
  double visits = 0;        // share of events
  double weekday = 1;       // chance to come on a weekday when it would on a weekend
  std::array<int, kCategories.size()> categories{};  // weights
  std::array<int, kChannels.size()> channels{};      // weights
};

// The part of an archetype in Archetypes().
enum ArchetypeIndex : std::uint8_t {
  kChampion,
  kLoyal,
  kOccasional,
  kBargainHunter,
  kBigSpender,
  kWeekendFamily,
  kBrowser,
  kOneTimer,
  kSubscriber,  // the new kind: nobody at the start
};

std::span<const Archetype> Archetypes();

}  // namespace segmentd::generate
