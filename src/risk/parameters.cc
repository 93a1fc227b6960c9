#include "segmentd/risk/parameters.h"

#include <cmath>
#include <initializer_list>

#include "segmentd/base/assert.h"

namespace segmentd::risk {
namespace {

bool ArePositive(std::initializer_list<double> values) {
  for (const double value : values) {
    if (!std::isfinite(value) || !(value > 0)) return false;
  }
  return true;
}

}  // namespace

std::string_view KindName(Kind kind) {
  switch (kind) {
    case Kind::kNone:
      return "none";
    case Kind::kMbgNbd:
      return "mbg_nbd";
    case Kind::kNbd:
      return "nbd";
    case Kind::kBgNbd:
      return "bg_nbd";
  }
  SEGMENTD_ASSERT(false, "a kind has a name");
}

Status CheckParameters(const Parameters& parameters) {
  if (parameters.kind > Kind::kBgNbd) {
    return Fail(Code::kCorruption, "the model's risk parameters are of an unknown kind");
  }
  if (parameters.kind == Kind::kNone) return Ok();
  const bool leaves = parameters.kind != Kind::kNbd;
  if (!ArePositive({parameters.r, parameters.alpha, parameters.spend_weight}) ||
      (leaves && !ArePositive({parameters.a, parameters.b}))) {
    return Fail(Code::kCorruption, "the model's risk parameters are not positive numbers");
  }
  if (!std::isfinite(parameters.spend_mean) || parameters.spend_mean < 0 ||
      !std::isfinite(parameters.tier_high) || !(parameters.tier_mid >= 0) ||
      !(parameters.tier_high >= parameters.tier_mid)) {
    return Fail(Code::kCorruption, "the model's value tiers or mean spend are out of range");
  }
  return Ok();
}

}  // namespace segmentd::risk
