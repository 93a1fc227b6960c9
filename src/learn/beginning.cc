#include "beginning.h"

#include <algorithm>

namespace segmentd::learn {

void BeginBundle(const Rows& rows, const Options& options, model::Bundle& bundle, Report& report) {
  bundle.features = rows.schema.features;
  bundle.profile_numbers = rows.schema.profile_numbers;
  bundle.profile_names = rows.schema.profile_names;
  bundle.seed = options.seed;
  bundle.trained_rows = static_cast<std::uint64_t>(rows.size());
  bundle.trained_as_of_ms = *std::ranges::max_element(rows.as_of_ms);
  bundle.next_segment_id = std::max(1U, options.next_segment_id);
  report.rows = bundle.trained_rows;
  report.as_of_ms = bundle.trained_as_of_ms;
}

}  // namespace segmentd::learn
