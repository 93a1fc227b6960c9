#pragma once

#include <string>
#include <string_view>

#include "segmentd/model/distribution.h"

namespace segmentd::model {

// The values of the model topic. Decoders: kBadRecord for bytes that are none, kNewer for a later
// format.
std::string EncodeManifest(const Manifest& manifest);
Result<Manifest> DecodeManifest(std::string_view bytes);
std::string EncodePointer(const Pointer& pointer);
Result<Pointer> DecodePointer(std::string_view bytes);
std::string EncodeDecision(const Decision& decision);
Result<Decision> DecodeDecision(std::string_view bytes);

}  // namespace segmentd::model
