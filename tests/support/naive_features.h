#pragma once

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <deque>
#include <limits>
#include <map>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "segmentd/event/event.h"

namespace segmentd::testing {

// The features straight from their definitions, over a list of all accepted events: what the
// constant size record must agree with. Slow, and without opinion on how anything is stored.
class NaiveFeatures {
 public:
  // False for a duplicate.
  bool Add(const event::Event& event) {
    if (event.has_id) {
      if (std::find(ids_.begin(), ids_.end(), event.id_hash) != ids_.end()) return false;
      ids_.push_back(event.id_hash);
      if (ids_.size() > 32) ids_.pop_front();
    }
    events_.push_back({event.event_time_ms, event.kind, event.amount, event.quantity,
                       event.discount, std::string(event.category), std::string(event.channel)});
    return true;
  }

  // The names that have a share of their own.
  void Freeze(std::set<std::string> categories, std::set<std::string> channels) {
    categories_ = std::move(categories);
    channels_ = std::move(channels);
  }

  // NaN is missing. REQUIRES: a name of the catalogue or a share.
  double Value(const std::string& name, std::int64_t as_of_ms) const {
    const Facts facts = Gather();
    const std::size_t cut = name.find_last_of('_');
    const std::string head = name.substr(0, cut);
    const std::string tail = cut == std::string::npos ? "" : name.substr(cut + 1);
    if (head == "orders" || head == "spend" || head == "refunds") {
      return tail[0] == 'h' ? Decayed(head, std::stoi(tail.substr(1)), as_of_ms)
                            : Windowed(head, std::stoi(tail), as_of_ms);
    }
    if (facts.orders == 0) return kMissing;
    if (name.rfind("category_share_", 0) == 0) return Share(name.substr(15), true, facts);
    if (name.rfind("channel_share_", 0) == 0) return Share(name.substr(14), false, facts);
    return Lifetime(name, facts, as_of_ms);
  }

 private:
  static constexpr double kMissing = std::numeric_limits<double>::quiet_NaN();
  static constexpr double kDay = 86'400'000;

  struct Kept {
    std::int64_t at_ms;
    event::Kind kind;
    double amount, quantity, discount;
    std::string category, channel;

    bool purchase() const { return kind == event::Kind::kPurchase; }
    bool refund() const { return kind == event::Kind::kRefund; }
    double Measure(const std::string& what) const {
      if (what == "orders") return purchase() ? 1 : 0;
      if (what == "refunds") return refund() ? 1 : 0;
      return purchase() ? amount : refund() ? -amount : 0;
    }
  };

  // Sums of money in ten-thousandths, so that they are exact.
  struct Facts {
    std::int64_t orders = 0, refunds = 0, weekend = 0, gross = 0, quantity = 0, discount = 0;
    std::int64_t first_ms = std::numeric_limits<std::int64_t>::max();
    std::int64_t last_ms = std::numeric_limits<std::int64_t>::min();
    std::map<std::int64_t, std::int64_t> gross_by_day;
  };

  static std::int64_t Units(double amount) { return std::llround(amount * 1e4); }
  static double Money(std::int64_t units) { return static_cast<double>(units) / 1e4; }
  static double Over(double a, double b) { return b == 0 ? kMissing : a / b; }
  static std::int64_t Floor(std::int64_t value, std::int64_t width) {
    std::int64_t number = value / width;
    while (number * width > value) --number;
    return number;
  }
  static std::int64_t Day(std::int64_t at_ms) { return Floor(at_ms, 86'400'000); }

  Facts Gather() const {
    Facts facts;
    for (const Kept& event : events_) {
      if (event.refund()) ++facts.refunds;
      if (!event.purchase()) continue;
      const std::int64_t day = Day(event.at_ms);
      const std::int64_t weekday = ((day % 7) + 7 + 4) % 7;  // 0 is Sunday
      ++facts.orders;
      facts.weekend += weekday == 0 || weekday == 6 ? 1 : 0;
      facts.gross += Units(event.amount);
      facts.quantity += Units(event.quantity);
      facts.discount += Units(event.discount);
      facts.first_ms = std::min(facts.first_ms, event.at_ms);
      facts.last_ms = std::max(facts.last_ms, event.at_ms);
      facts.gross_by_day[day] += Units(event.amount);
    }
    return facts;
  }

  double Windowed(const std::string& what, int window, std::int64_t as_of_ms) const {
    const std::int64_t width_days = window <= 30 ? 1 : window == 90 ? 3 : 15;
    const std::int64_t width = width_days * 86'400'000;
    const std::int64_t newest = Floor(as_of_ms, width);
    std::int64_t units = 0;
    for (const Kept& event : events_) {
      const std::int64_t bucket = Floor(event.at_ms, width);
      if (bucket <= newest && bucket > newest - window / width_days) {
        units += Units(event.Measure(what));
      }
    }
    return Money(units);
  }

  double Decayed(const std::string& what, int half_life, std::int64_t as_of_ms) const {
    double sum = 0;
    for (const Kept& event : events_) {
      const double age = static_cast<double>(as_of_ms - event.at_ms) / kDay;
      sum += event.Measure(what) * std::exp2(-age / half_life);
    }
    return sum;
  }

  double Share(const std::string& name, bool category, const Facts& facts) const {
    const std::set<std::string>& own = category ? categories_ : channels_;
    std::int64_t units = 0;
    for (const Kept& event : events_) {
      if (!event.purchase()) continue;
      const std::string& of = category ? event.category : event.channel;
      const bool counts = name == "other" ? own.count(of) == 0 : of == name;
      if (counts) units += category ? Units(event.amount) : 1;
    }
    return Over(static_cast<double>(units),
                static_cast<double>(category ? facts.gross : facts.orders));
  }

  double GapCv(const std::vector<double>& gaps) const {
    if (gaps.size() < 2) return kMissing;
    double mean = 0;
    for (const double gap : gaps) mean += gap / static_cast<double>(gaps.size());
    double variance = 0;
    for (const double gap : gaps) {
      variance += (gap - mean) * (gap - mean) / static_cast<double>(gaps.size());
    }
    return std::sqrt(variance) / mean;
  }

  double Lifetime(const std::string& name, const Facts& facts, std::int64_t as_of_ms) const {
    std::vector<double> gaps;
    const auto& days = facts.gross_by_day;
    for (auto day = std::next(days.begin()); day != days.end(); ++day) {
      gaps.push_back(static_cast<double>(day->first - std::prev(day)->first));
    }
    const double orders = static_cast<double>(facts.orders);
    const double x = static_cast<double>(gaps.size());
    const double span = static_cast<double>(days.rbegin()->first - days.begin()->first);
    if (name == "idle_days") return static_cast<double>(as_of_ms - facts.last_ms) / kDay;
    if (name == "tenure_days") return static_cast<double>(as_of_ms - facts.first_ms) / kDay;
    if (name == "aov") return Money(facts.gross) / orders;
    if (name == "basket") return Money(facts.quantity) / orders;
    if (name == "discount_share") {
      return Over(Money(facts.discount), Money(facts.gross + facts.discount));
    }
    if (name == "refund_share") return static_cast<double>(facts.refunds) / orders;
    if (name == "weekend_share") return static_cast<double>(facts.weekend) / orders;
    if (name == "gap_mean_days") return Over(span, x);
    if (name == "gap_cv") return GapCv(gaps);
    if (name == "trend") {
      return std::log((6 * Decayed("orders", 30, as_of_ms) + 1) /
                      (Decayed("orders", 180, as_of_ms) + 1));
    }
    if (name == "frequency") return x;
    if (name == "recency_weeks") return span / 7;
    if (name == "age_weeks") {
      return static_cast<double>(Day(as_of_ms) - days.begin()->first) / 7;
    }
    if (name == "monetary") return Over(Money(facts.gross - days.begin()->second), x);
    return kMissing;
  }

  std::vector<Kept> events_;
  std::deque<std::uint64_t> ids_;
  std::set<std::string> categories_;
  std::set<std::string> channels_;
};

}  // namespace segmentd::testing
