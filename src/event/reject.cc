#include "reject.h"

#include <algorithm>

#include "segmentd/base/text.h"

namespace segmentd::event {
namespace {

constexpr std::size_t kQuotedMax = 48;

}  // namespace

std::string Quote(std::string_view text) {
  std::size_t shown = std::min(text.size(), kQuotedMax);
  // Never within a character: bytes that start with the bits 10 go on with one.
  while (shown > 0 && shown < text.size() && (text[shown] & 0xC0) == 0x80) --shown;
  if (!IsUtf8(text.substr(0, shown))) return fmt::format("{} bytes, not UTF-8", text.size());
  std::string quoted = "\"";
  for (const char c : text.substr(0, shown)) {
    const bool control = (c >= 0 && c < 0x20) || c == 0x7f;
    quoted.push_back(control ? '?' : c);
  }
  quoted += shown < text.size() ? "...\"" : "\"";
  return quoted;
}

std::string Describe(const Scalar& scalar) {
  switch (scalar.type) {
    case Scalar::Type::kAbsent:
      return "nothing";
    case Scalar::Type::kNumber:
      return scalar.text.empty() ? fmt::format("{}", scalar.number)
                                 : std::string(scalar.text.substr(0, kQuotedMax));
    case Scalar::Type::kText:
      return fmt::format("the text {}", Quote(scalar.text));
    case Scalar::Type::kBool:
      return scalar.number != 0 ? "true" : "false";
    case Scalar::Type::kOther:
      return "neither a number nor a text";
  }
  return {};
}

}  // namespace segmentd::event
