#include "segmentd/pipeline/sample.h"

#include <cstddef>
#include <cstdint>
#include <vector>

#include "segmentd/base/assert.h"
#include "segmentd/base/bytes.h"
#include "segmentd/feature/feature_set.h"
#include "segmentd/feature/record.h"

namespace segmentd::pipeline {
namespace {

const feature::FeatureSet& Features() {
  static const feature::Plan kPlan;
  static const feature::FeatureSet kFeatures =
      feature::FeatureSet::Compile(feature::FeatureNames(kPlan, {}), kPlan.profile_numbers,
                                   kPlan.profile_names)
          .value();
  return kFeatures;
}

// What is accepted can be learned from, and written and read again.
void Learn(const Sample& sample) {
  if (!sample.record.empty()) {
    feature::Record record;
    ByteReader in(sample.record);
    SEGMENTD_ASSERT(feature::DecodeRecord(in, record).ok(), "a sample's record decodes");
    std::vector<double> row(static_cast<std::size_t>(Features().size()));
    Features().Snapshot(record, sample.as_of_ms, row);
  }
  const std::string written = EncodeSample(sample);
  const auto again = DecodeSample(written);
  SEGMENTD_ASSERT(again.ok() && EncodeSample(*again) == written, "same sample, same bytes");
}

}  // namespace
}  // namespace segmentd::pipeline

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto sample = segmentd::pipeline::DecodeSample({reinterpret_cast<const char*>(data), size});
  if (sample.ok()) segmentd::pipeline::Learn(*sample);
  return 0;
}
