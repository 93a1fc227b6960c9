#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace segmentd {

// The candidate that was most likely meant by a mistyped word, if one is close enough to say so.
std::optional<std::string_view> NearestName(std::string_view word,
                                            std::span<const std::string_view> candidates);

// Whether bytes are well-formed UTF-8.
bool IsUtf8(std::string_view bytes);

}  // namespace segmentd
