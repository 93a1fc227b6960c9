#pragma once

#include <array>
#include <cstdint>

#include "segmentd/feature/record.h"

namespace segmentd::feature {

inline constexpr std::array kWindowDays = {7, 30, 90, 360};

struct WindowTotal {
  double spend = 0;
  std::uint64_t orders = 0;
  std::uint64_t refunds = 0;
};

// Adds what happened on a day; nothing when the day is older than every window.
void AddToWindows(std::int64_t day, const WindowTotal& added, Windows& windows);

// The windows of kWindowDays up to a day. Spend is a plain sum: round it where it is decimal.
// REQUIRES: today is not before the newest day added.
std::array<WindowTotal, kWindowDays.size()> SumWindows(const Windows& windows, std::int64_t today);

// All that is still held.
WindowTotal SumHeld(const Windows& windows);

}  // namespace segmentd::feature
