#pragma once

#include <string>
#include <string_view>

namespace segmentd::app {

std::string_view Version();   // "0.1.0"
std::string_view Revision();  // of the source tree, "unknown" outside of one
std::string_view Compiler();
std::string VersionJson();

}  // namespace segmentd::app
