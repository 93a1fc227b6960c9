#include "config/rules.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>

#include "segmentd/config/config.h"

namespace segmentd::config {
namespace {

// Kafka's own limit on a topic's name, and what it leaves for our longest suffix.
constexpr std::size_t kTopicBytesMax = 249;
constexpr std::size_t kPrefixBytesMax = 80;
constexpr std::size_t kIdentityBytesMax = 80;

constexpr std::array<std::string_view, 5> kSecretKeys = {"sasl.password", "ssl.key.password",
                                                         "ssl.key.pem", "ssl.keystore.password",
                                                         "sasl.oauthbearer.client.secret"};

std::optional<std::string> TopicCharacters(std::string_view text, std::size_t bytes_max) {
  const auto legal = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' ||
           c == '_' || c == '-';
  };
  if (text.size() > bytes_max) return fmt::format("longer than {} characters", bytes_max);
  if (!std::ranges::all_of(text, legal)) return "use letters, digits, dots, dashes and underscores";
  return std::nullopt;
}

}  // namespace

std::optional<std::string> AnyText(std::string_view text) {
  if (text.empty()) return "it is empty";
  return std::nullopt;
}

std::optional<std::string> TopicText(std::string_view text) {
  if (text.empty() || text == "." || text == "..") return "not a topic's name";
  return TopicCharacters(text, kTopicBytesMax);
}

std::optional<std::string> PrefixText(std::string_view text) {
  return TopicCharacters(text, kPrefixBytesMax);
}

std::optional<std::string> IdentityText(std::string_view text) {
  if (text.empty()) return "it is empty";
  return TopicCharacters(text, kIdentityBytesMax);
}

std::optional<std::string> BrokersText(std::string_view text) {
  for (std::size_t start = 0; start <= text.size();) {
    const std::size_t end = std::min(text.find(',', start), text.size());
    std::string_view broker = text.substr(start, end - start);
    while (!broker.empty() && broker.front() == ' ') broker.remove_prefix(1);
    const auto address = ParseAddress(broker);
    if (!address || address->port == 0) return fmt::format("`{}` is not host:port", broker);
    start = end + 1;
  }
  return std::nullopt;
}

std::optional<std::string> AddressText(std::string_view text) {
  if (!ParseAddress(text)) return "write an address and a port, 0 for any free one";
  return std::nullopt;
}

std::optional<std::string> ClientKeyText(std::string_view text) {
  if (text.empty()) return "a key is empty";
  if (std::ranges::find(kSecretKeys, text) == kSecretKeys.end()) return std::nullopt;
  return fmt::format(
      "`{0}` is a secret and stays out of the configuration; write it to a file and name that file "
      "under kafka.client_files: {{{0}: PATH}}",
      text);
}

std::optional<std::string> ClientFileKeyText(std::string_view text) {
  if (text.empty()) return "a key is empty";
  return std::nullopt;
}

std::optional<Address> ParseAddress(std::string_view text) {
  const std::size_t colon = text.rfind(':');
  if (colon == std::string_view::npos || colon == 0) return std::nullopt;
  std::string_view host = text.substr(0, colon);
  const std::string_view port = text.substr(colon + 1);
  if (host.front() == '[' && host.back() == ']' && host.size() > 2) {
    host = host.substr(1, host.size() - 2);
  } else if (host.find_first_of(":[] /") != std::string_view::npos) {
    return std::nullopt;
  }
  int number = -1;
  const auto [rest, error] = std::from_chars(port.data(), port.data() + port.size(), number);
  if (error != std::errc{} || rest != port.data() + port.size() || number < 0 || number > 65535) {
    return std::nullopt;
  }
  return Address{std::string(host), number};
}

}  // namespace segmentd::config
