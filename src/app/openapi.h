#pragma once

#include <string_view>

namespace segmentd::app {

// The OpenAPI 3.1 description of the paths in endpoints.cc.
std::string_view OpenApiJson();

}  // namespace segmentd::app
