#include "segmentd/pipeline/customer.h"

#include <gtest/gtest.h>

#include "support/pipeline_harness.h"

namespace segmentd::pipeline {
namespace {

std::string SomeImage() {
  support::PipelineHarness harness;
  harness.Run({support::Purchase("c1", "2026-11-01T12:00:00Z", 12.5, "e1"),
               support::Purchase("c1", "2026-11-03T12:00:00Z", 7.25, "e2"),
               support::Purchase("c1", "2026-11-09T12:00:00Z", 30, "e3")});
  return harness.states().at("c1");
}

TEST(CustomerTest, ThreeEventsTakeAtMost160Bytes) { EXPECT_LE(SomeImage().size(), 160U); }

TEST(CustomerTest, ReadsBackToTheSameBytes) {
  const std::string image = SomeImage();
  Customer customer;
  ASSERT_TRUE(DecodeCustomer(image, customer).ok());
  std::string again;
  EncodeCustomer(customer, again);
  EXPECT_EQ(again, image);
}

TEST(CustomerTest, RefusesEveryFlippedBitAndEveryTruncation) {
  const std::string image = SomeImage();
  Customer customer;
  for (std::size_t i = 0; i < image.size() * 8; ++i) {
    std::string flipped = image;
    flipped[i / 8] = static_cast<char>(flipped[i / 8] ^ (1 << (i % 8)));
    EXPECT_FALSE(DecodeCustomer(flipped, customer).ok()) << "bit " << i;
  }
  for (std::size_t size = 0; size < image.size(); ++size) {
    EXPECT_FALSE(DecodeCustomer(std::string_view(image).substr(0, size), customer).ok()) << size;
  }
}

TEST(CustomerTest, SaysThatALaterFormatNeedsANewerVersion) {
  std::string image = SomeImage();
  image[0] = 99;
  Customer customer;
  const Status status = DecodeCustomer(image, customer);
  ASSERT_FALSE(status.ok());
  EXPECT_EQ(status.error().code, Code::kNewer);
}

}  // namespace
}  // namespace segmentd::pipeline
