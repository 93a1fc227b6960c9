#pragma once

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdint>
#include <string>
#include <vector>

#include "segmentd/base/ids.h"
#include "segmentd/base/random.h"
#include "segmentd/train/trainer.h"

namespace segmentd::train {

inline constexpr std::int64_t kStartMs = 1'767'225'600'000;

// An event that owns its texts.
struct Kept {
  std::string customer;
  int archetype = 0;
  std::string category;
  std::string channel;
  event::Event event;

  event::Event View() const {
    event::Event view = event;
    view.customer_id = customer;
    view.category = category;
    view.channel = channel;
    return view;
  }
};

// Four ways to be a customer that nobody could mix up, in order of time.
inline std::vector<Kept> Archetypes(int customers) {
  struct Way {
    double gap_days;
    double amount;
    double discount;
    const char* category;
    const char* channel;
    double from_day;
    double until_day;
  };
  constexpr std::array<Way, 4> kWays = {{{2, 200, 0, "home", "app", 0, 120},
                                         {12, 25, 0.4, "apparel", "web", 0, 120},
                                         {5, 60, 0, "grocery", "store", 0, 40},
                                         {9, 15, 0, "books", "web", 95, 120}}};
  Random random(5);
  std::vector<Kept> events;
  for (int i = 0; i < customers; ++i) {
    const int archetype = i % 4;
    const Way& way = kWays[static_cast<std::size_t>(archetype)];
    for (double day = way.from_day + random.Uniform() * 3; day < way.until_day;
         day += way.gap_days * (0.8 + 0.4 * random.Uniform())) {
      Kept kept{"c" + std::to_string(i), archetype, way.category, way.channel, {}};
      kept.event.event_time_ms = kStartMs + static_cast<std::int64_t>(day * double{kDayMs});
      kept.event.amount = std::round(way.amount * (0.7 + 0.6 * random.Uniform()) * 100) / 100;
      kept.event.discount = way.discount * kept.event.amount;
      kept.event.has_id = true;
      kept.event.id_hash = random.Next();
      events.push_back(kept);
    }
  }
  std::stable_sort(events.begin(), events.end(), [](const Kept& a, const Kept& b) {
    return a.event.event_time_ms < b.event.event_time_ms;
  });
  return events;
}

inline History HistoryOf(const std::vector<Kept>& events) {
  History history;
  for (const Kept& kept : events) history.Add(kept.View());
  return history;
}

inline Options SmallOptions() {
  Options options;
  options.k_min = 4;
  options.k_max = 7;
  return options;
}

}  // namespace segmentd::train
