#include "segmentd/base/assert.h"
#include "segmentd/event/event.h"

namespace segmentd::event {

std::string_view RejectCodeName(RejectCode code) {
  switch (code) {
    case RejectCode::kMalformed:
      return "malformed";
    case RejectCode::kMissingField:
      return "missing_field";
    case RejectCode::kBadValue:
      return "bad_value";
    case RejectCode::kBadTime:
      return "bad_time";
    case RejectCode::kTooOld:
      return "too_old";
    case RejectCode::kFromFuture:
      return "from_future";
    case RejectCode::kKeyMismatch:
      return "key_mismatch";
    case RejectCode::kTooLarge:
      return "too_large";
    case RejectCode::kUnknownSchema:
      return "unknown_schema";
    case RejectCode::kUnexpectedFraming:
      return "unexpected_framing";
    case RejectCode::kOutputTooLarge:
      return "output_too_large";
    case RejectCode::kCrashed:
      return "crashed";
  }
  SEGMENTD_ASSERT(false, "a RejectCode is one of its enumerators");
}

std::string_view StageName(Stage stage) {
  switch (stage) {
    case Stage::kDecode:
      return "decode";
    case Stage::kValidate:
      return "validate";
    case Stage::kApply:
      return "apply";
    case Stage::kEmit:
      return "emit";
  }
  SEGMENTD_ASSERT(false, "a Stage is one of its enumerators");
}

}  // namespace segmentd::event
