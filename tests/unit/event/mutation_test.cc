#include <cmath>

#include "segmentd/base/random.h"
#include "segmentd/base/text.h"
#include "segmentd/v1/event.pb.h"
#include "unit/event/decoding.h"

namespace segmentd::event {
namespace {

// A few bytes changed, removed, doubled or put in.
std::string Mutate(std::string bytes, Random& random) {
  for (std::uint64_t edits = 1 + random.Below(4); edits > 0 && !bytes.empty(); --edits) {
    const std::size_t at = random.Below(bytes.size());
    const std::size_t size = random.Below(std::min<std::size_t>(bytes.size() - at, 12) + 1);
    switch (random.Below(4)) {
      case 0:
        bytes[at] = static_cast<char>(random.Below(256));
        break;
      case 1:
        bytes.erase(at, size);
        break;
      case 2:
        bytes.insert(at, bytes.substr(at, size));
        break;
      default:
        bytes.insert(at, 1, "\"\\{}[],:0-.eE "[random.Below(14)]);
    }
  }
  return bytes;
}

void ExpectSound(const tl::expected<Event, Rejection>& event) {
  if (!event.has_value()) {
    EXPECT_FALSE(event.error().message.empty());
    EXPECT_TRUE(IsUtf8(event.error().message));
    return;
  }
  EXPECT_FALSE(event->customer_id.empty());
  for (const double magnitude : {event->amount, event->quantity, event->discount}) {
    EXPECT_TRUE(std::isfinite(magnitude) && magnitude >= 0);
  }
  EXPECT_TRUE(IsUtf8(event->category) && IsUtf8(event->channel));
}

TEST(MutationTest, YieldsASoundEventOrAReasonForAnyBytes) {
  Random random(20'261'120);
  const std::string json =
      Purchase(R"(,"event_id":"o-1","kind":"refund","quantity":2,"category":"caf\u00e9")"
               R"(,"channel":"web","x":{"y":[1,-2.5e3,null,true,"é"]})");
  v1::Transaction message;
  message.set_customer_id("c42");
  message.set_event_time_ms(kPurchaseMs);
  message.set_amount(5);
  message.set_category("grocery");
  const std::string protobuf = message.SerializeAsString();
  for (const Framing framing : {Framing::kNone, Framing::kConfluent}) {
    const std::string frame = framing == Framing::kNone ? "" : std::string("\0\0\0\0\7", 5);
    Format format;
    format.framing = framing;
    format.profile_attributes = {"age", "category"};
    Decoding texts(format);
    format.encoding = Encoding::kProtobuf;
    Decoding messages(format);
    const std::string indexes = frame.empty() ? "" : std::string(1, '\0');
    for (int i = 0; i < 1500; ++i) {
      ExpectSound(texts.Transaction("c42", Mutate(frame + json, random)));
      ExpectSound(messages.Transaction("c42", Mutate(frame + indexes + protobuf, random)));
      Verdict(texts.ProfileRecord("c42", Mutate(frame + json, random)));
      Verdict(messages.ProfileRecord("c42", Mutate(frame + indexes + protobuf, random)));
    }
  }
}

}  // namespace
}  // namespace segmentd::event
