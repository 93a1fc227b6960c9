#pragma once

#include <vector>

#include "segmentd/config/config.h"

namespace segmentd::app {

// What the configuration's own rules cannot know: librdkafka's keys, the paths into records, the
// names of features. By entry of the configuration.
std::vector<config::Mistake> FindMistakes(const config::Config& config);

}  // namespace segmentd::app
