#include <algorithm>

#include "model/bundle_check.h"

namespace segmentd::model {
namespace {

// Of the length of a code. Sums of another order differ in their last bits, another model by far
// more.
constexpr float kTolerance = 1e-3F;

}  // namespace

SelfTest MakeSelfTest(const Bundle& bundle, const RawMatrix& raw) {
  SelfTest test;
  test.raw = raw;
  Matrix scaled;
  bundle.scaler.Apply(raw, static_cast<int>(raw.cols()), scaled);
  bundle.embedding.Apply(scaled, test.codes);
  test.codes.conservativeResize(Eigen::NoChange, raw.cols());
  return test;
}

Status RunSelfTest(const Bundle& bundle) {
  if (bundle.self_test.codes.size() == 0) return Ok();
  const SelfTest here = MakeSelfTest(bundle, bundle.self_test.raw);
  for (Eigen::Index i = 0; i < here.codes.cols(); ++i) {
    const auto expected = bundle.self_test.codes.col(i);
    const float off = (here.codes.col(i) - expected).norm();
    if (!(off <= kTolerance * std::max(1.0F, expected.norm()))) {
      return Fail(
          Code::kCorruption,
          "the model does not compute here what it computed where it was trained (self-test "
          "{}): train it again with this version of segmentd",
          i);
    }
  }
  return Ok();
}

}  // namespace segmentd::model
