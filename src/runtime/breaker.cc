#include "runtime/breaker.h"

#include <algorithm>
#include <numeric>

#include "segmentd/event/event.h"

namespace segmentd::runtime {

std::optional<std::string> Breaker::Note(const pipeline::Counts& batch) {
  window_.Add(batch);
  const auto& rejected = window_.rejected;
  const std::uint64_t refused = std::accumulate(rejected.begin(), rejected.end(), std::uint64_t{0});
  const double limit = options_.share * static_cast<double>(options_.records);
  if (options_.share < 1 && static_cast<double>(refused) > limit) {
    const auto worst = std::max_element(rejected.begin(), rejected.end());
    const auto code = static_cast<event::RejectCode>(worst - rejected.begin());
    const std::string verdict =
        code == event::RejectCode::kKeyMismatch
            ? "the topic's producer does not key by customer id: mend it, or set input.rekey"
            : "mend the producer or the mapping, or raise input.breaker.share; dlq.v1 has them";
    return fmt::format("{} of {} records were refused, {} as {}: {}", refused, window_.records,
                       *worst, event::RejectCodeName(code), verdict);
  }
  if (window_.records >= static_cast<std::uint64_t>(options_.records)) Reset();
  return std::nullopt;
}

}  // namespace segmentd::runtime
