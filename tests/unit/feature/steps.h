#pragma once

#include <array>
#include <cstdint>
#include <ostream>
#include <string_view>
#include <vector>

#include "histories.h"
#include "support/property.h"

namespace segmentd::feature {

// One event of a generated history, told by what it does to the one before, so that a history can
// be shrunk by leaving steps out. Zero is the plainest everywhere.
struct Step {
  std::int64_t gap_min = 0;  // since the step before
  std::int64_t late_min = 0;
  int edge = 0;  // 1: the first instant of its day; 2: the last of the day before
  event::Kind kind = event::Kind::kPurchase;
  std::int64_t units = 0;  // of the amount, in ten-thousandths
  int more = 0;            // quantity beyond one
  int discount_cents = 0;
  std::size_t category = 0;
  std::size_t channel = 0;
  std::uint64_t id = 0;  // 0: none; small ones come again
  std::int64_t wait_h = 0;
  bool reload = false;  // pass through the stored bytes

  event::Event ToEvent(std::int64_t now_ms) const {
    static constexpr std::array<std::string_view, 20> kNames = {"",  "a", "b", "c", "d", "e", "f",
                                                                "g", "h", "i", "j", "k", "l", "m",
                                                                "n", "o", "p", "q", "r", "s"};
    event::Event event;
    event.event_time_ms = now_ms - late_min * 60'000;
    if (edge != 0) event.event_time_ms -= event.event_time_ms % kDayMs + (edge - 1);
    event.kind = kind;
    event.amount = static_cast<double>(units) / 1e4;
    event.quantity = 1 + more;
    event.discount = discount_cents / 100.0;
    event.category = kNames[category];
    event.channel = kNames[channel];
    event.has_id = id != 0;
    event.id_hash = id;
    return event;
  }
};

inline void showValue(const Step& step, std::ostream& out) {
  out << "{+" << step.gap_min << " min, late " << step.late_min << " min, edge " << step.edge
      << ", kind " << static_cast<int>(step.kind) << ", units " << step.units << ", more "
      << step.more << ", discount " << step.discount_cents << ", names " << step.category << ' '
      << step.channel << ", id " << step.id << ", wait " << step.wait_h << " h"
      << (step.reload ? ", reload}" : "}");
}

inline rc::Gen<Step> AnyStep() {
  using rc::gen::inRange;
  using rc::gen::just;
  using rc::gen::set;
  using rc::gen::weightedOneOf;
  constexpr std::int64_t kDayMin = 24 * 60;
  // Most within days, some beyond the longest window.
  const auto span = weightedOneOf<std::int64_t>({{6, inRange<std::int64_t>(0, 3 * kDayMin)},
                                                 {3, inRange<std::int64_t>(0, 40 * kDayMin)},
                                                 {1, inRange<std::int64_t>(0, 500 * kDayMin)}});
  return rc::gen::build<Step>(
      set(&Step::gap_min, span),
      set(&Step::late_min, weightedOneOf<std::int64_t>({{3, just<std::int64_t>(0)}, {1, span}})),
      set(&Step::edge, weightedOneOf<int>({{3, just(0)}, {1, inRange(0, 3)}})),
      set(&Step::kind, weightedOneOf<event::Kind>({{6, just(event::Kind::kPurchase)},
                                                   {1, just(event::Kind::kRefund)},
                                                   {1, just(event::Kind::kVisit)}})),
      set(&Step::units, weightedOneOf<std::int64_t>(
                            {{2, rc::gen::map(inRange<std::int64_t>(0, 2'000'000),
                                              [](std::int64_t cents) { return cents * 100; })},
                             {1, inRange<std::int64_t>(0, 2'000'000'000)}})),
      set(&Step::more, inRange(0, 5)), set(&Step::discount_cents, inRange(0, 1000)),
      set(&Step::category, inRange<std::size_t>(0, 20)),
      set(&Step::channel, inRange<std::size_t>(0, 9)),
      set(&Step::id, weightedOneOf<std::uint64_t>({{1, just<std::uint64_t>(0)},
                                                   {1, inRange<std::uint64_t>(0, 50)},
                                                   {4, rc::gen::arbitrary<std::uint64_t>()}})),
      set(&Step::wait_h, weightedOneOf<std::int64_t>(
                             {{1, just<std::int64_t>(0)}, {1, inRange<std::int64_t>(0, 9000)}})),
      set(&Step::reload, rc::gen::map(inRange(0, 5), [](int n) { return n == 1; })));
}

// Long enough to have more purchase days than are listed.
inline rc::Gen<std::vector<Step>> AnySteps() {
  return rc::gen::scale(3.0, rc::gen::container<std::vector<Step>>(AnyStep()));
}

// Where histories begin: today, before 1970, at the ends of what a time can be.
inline rc::Gen<std::int64_t> AnyStart() {
  return rc::gen::elementOf(
      std::vector<std::int64_t>{kStart, -kStart, 0, -61'000'000'000'000, 200'000'000'000'000});
}

}  // namespace segmentd::feature
