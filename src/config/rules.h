#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace segmentd::config {

// TextRules: nothing when the text will do, else why not.
std::optional<std::string> AnyText(std::string_view text);     // not empty
std::optional<std::string> TopicText(std::string_view text);   // a legal topic name
std::optional<std::string> PrefixText(std::string_view text);  // the start of one, may be empty
std::optional<std::string> IdentityText(
    std::string_view text);  // app, instance: part of a topic name
std::optional<std::string> BrokersText(std::string_view text);    // host:port, comma-separated
std::optional<std::string> AddressText(std::string_view text);    // host:port
std::optional<std::string> ClientKeyText(std::string_view text);  // no secret in the open
std::optional<std::string> ClientFileKeyText(std::string_view text);

}  // namespace segmentd::config
