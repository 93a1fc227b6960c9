#pragma once

#include <string_view>
#include <vector>

#include "config/complaints.h"
#include "config/values.h"
#include "segmentd/config/config.h"

namespace segmentd::config {

// One line of the table: where a field stands, what it takes, what it is for.
struct Field {
  std::string_view path;  // "kafka.brokers"
  ValuePtr value;
  std::string_view meaning;
};

// Every field of a configuration, in the order in which `segmentd init` prints them. The values
// refer to config's members, which it must outlive.
std::vector<Field> Fields(Config& config);

// What no field can tell alone.
void CheckTogether(const Config& config, Complaints& complaints);

}  // namespace segmentd::config
