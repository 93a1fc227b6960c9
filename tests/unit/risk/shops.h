#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "segmentd/risk/scores.h"

namespace segmentd::risk {

// Purchase days of customers: day number -> spend of that day.
using Days = std::map<std::int64_t, double>;

struct Table {
  std::vector<double> frequency;
  std::vector<double> recency_weeks;
  std::vector<double> age_weeks;
  std::vector<double> monetary;

  std::size_t size() const { return frequency.size(); }
  History at(std::size_t i) const {
    return {frequency[i], recency_weeks[i], age_weeks[i], monetary[i]};
  }
  Histories view() const { return {frequency, recency_weeks, age_weeks, monetary}; }

  void Add(const History& history) {
    frequency.push_back(history.frequency);
    recency_weeks.push_back(history.recency_weeks);
    age_weeks.push_back(history.age_weeks);
    monetary.push_back(history.monetary);
  }
};

}  // namespace segmentd::risk
