#pragma once

#include <fmt/format.h>

#include <string>
#include <string_view>
#include <tl/expected.hpp>
#include <utility>

#include "scalar.h"
#include "segmentd/event/event.h"

namespace segmentd::event {

using Checked = tl::expected<void, Rejection>;

// Framing, size and parsing are the decode stage; key, fields and time the validate stage.
template <typename... Args>
tl::unexpected<Rejection> RefuseDecode(RejectCode code, fmt::format_string<Args...> format,
                                       Args&&... args) {
  return tl::unexpected<Rejection>(
      {code, Stage::kDecode, fmt::format(format, std::forward<Args>(args)...)});
}

template <typename... Args>
tl::unexpected<Rejection> Refuse(RejectCode code, fmt::format_string<Args...> format,
                                 Args&&... args) {
  return tl::unexpected<Rejection>(
      {code, Stage::kValidate, fmt::format(format, std::forward<Args>(args)...)});
}

// Foreign text for a message: quoted, cut to a readable length, never ill-formed UTF-8 nor control
// characters, for messages travel in Kafka headers and logs.
std::string Quote(std::string_view text);
// What a field was found to be, for a message.
std::string Describe(const Scalar& scalar);

}  // namespace segmentd::event
