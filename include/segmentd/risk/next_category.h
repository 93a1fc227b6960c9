#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace segmentd::risk {

// What the customers of one segment buy in one category.
struct CategoryProfile {
  std::string name;
  int feature = 0;              // row of a customer's own share of it among the model's features
  double share = 0;             // mean of their shares of spend
  std::uint64_t customers = 0;  // of them who have bought in it
  std::uint64_t of = 0;         // of them who have bought anything
};

// A category that the customer buys less than others of the segment do.
struct NextCategory {
  std::string_view name;
  double p = 0;     // share of the segment's customers who have bought in it
  double lift = 0;  // their share of spend in it beside the customer's own, shrunken
  std::uint64_t customers = 0;
};

// What to offer next: not a forecast for the one customer, but what the others of the segment buy
// and this one does not, or hardly. At most three, the most bought first; of categories that at
// least 20 customers of the segment have bought. orders: the customer's; a few say little of what
// is not bought. values: the customer's snapshot, NaN where a feature is missing. The names are the
// profiles'.
std::vector<NextCategory> NextCategories(std::span<const CategoryProfile> segment,
                                         std::span<const double> values, double orders);

}  // namespace segmentd::risk
