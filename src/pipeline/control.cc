#include "segmentd/pipeline/control.h"

#include "segmentd/base/assert.h"
#include "segmentd/base/hash.h"
#include "segmentd/v1/control.pb.h"

namespace segmentd::pipeline {
namespace {

constexpr std::uint32_t kFormat = 1;  // DO NOT CHANGE without reading the old one
constexpr char kErasedPrefix = '\0';  // DO NOT CHANGE: of keys in stores and changelogs

}  // namespace

std::string_view ControlResultName(ControlResult result) {
  switch (result) {
    case ControlResult::kUnknown:
      return "unknown";
    case ControlResult::kErased:
      return "erased";
    case ControlResult::kAlready:
      return "already";
    case ControlResult::kAdmitted:
      return "admitted";
  }
  SEGMENTD_ASSERT(false, "a result has a name");
  return {};
}

std::string EncodeControl(const Control& control) {
  v1::Control message;
  message.set_format(kFormat);
  message.set_request(control.request);
  if (const auto* erase = std::get_if<Erase>(&control.what)) {
    message.mutable_erase()->set_customer_id(erase->customer_id);
  } else if (const auto* consent = std::get_if<Consent>(&control.what)) {
    message.mutable_consent()->set_customer_id(consent->customer_id);
  } else {
    const auto& outcome = std::get<ControlOutcome>(control.what);
    message.mutable_outcome()->set_result(
        static_cast<v1::Control::Outcome::Result>(outcome.result));
    message.mutable_outcome()->set_partition(outcome.partition.value());
    message.mutable_outcome()->set_at_ms(outcome.at_ms);
  }
  return message.SerializeAsString();
}

Result<Control> DecodeControl(std::string_view bytes) {
  v1::Control message;
  if (!message.ParseFromArray(bytes.data(), static_cast<int>(bytes.size())) ||
      message.format() == 0 || message.request().empty()) {
    return Fail(Code::kBadRecord, "{} bytes of the control topic are no request", bytes.size());
  }
  if (message.format() > kFormat) {
    return Fail(Code::kNewer,
                "a request of the control topic has format {}, this version knows {}: run a newer "
                "segmentd",
                message.format(), kFormat);
  }
  Control control{message.request(), {}};
  switch (message.what_case()) {
    case v1::Control::kErase:
      control.what = Erase{message.erase().customer_id()};
      return control;
    case v1::Control::kConsent:
      control.what = Consent{message.consent().customer_id()};
      return control;
    case v1::Control::kOutcome:
      if (message.outcome().result() < 0 || message.outcome().result() > 3) break;
      control.what =
          ControlOutcome{static_cast<ControlResult>(message.outcome().result()),
                         Partition{message.outcome().partition()}, message.outcome().at_ms()};
      return control;
    case v1::Control::WHAT_NOT_SET:
      break;
  }
  return Fail(Code::kBadRecord, "request {} of the control topic asks for nothing known",
              message.request());
}

std::string ErasedKey(std::string_view app, std::string_view customer_id) {
  std::string salted(app);
  salted.append(1, '\0').append(customer_id);
  return std::string(1, kErasedPrefix) + ContentHash(salted);
}

bool IsErasedKey(std::string_view id) { return !id.empty() && id.front() == kErasedPrefix; }

}  // namespace segmentd::pipeline
