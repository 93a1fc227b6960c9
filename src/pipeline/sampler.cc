#include "sampler.h"

#include <algorithm>
#include <utility>

#include "envelope.h"
#include "sample_writer.h"
#include "segmentd/base/bytes.h"
#include "segmentd/base/ids.h"
#include "segmentd/pipeline/sample.h"

namespace segmentd::pipeline {
namespace {

bool IsLaterDay(std::int64_t at_ms, std::int64_t than_ms) {
  return FloorDiv(at_ms, kDayMs) > FloorDiv(than_ms, kDayMs);
}

void WriteAttributes(const event::Profile& profile, std::string& sample) {
  for (const event::Attribute& attribute : profile.attributes) {
    if (!attribute.is_number) WriteSampleAttribute(attribute.name, attribute.text, sample);
  }
}

}  // namespace

bool Sampler::OnEvent(std::uint32_t customer, const event::Event& event,
                      std::optional<std::int64_t> newest_ms, feature::Record& record) {
  if (!on() || (newest_ms && !IsLaterDay(event.event_time_ms, *newest_ms))) return false;
  std::string* sample = Take(customer, event.event_time_ms, record);
  if (sample == nullptr) return false;
  WriteSampleNames(event.category, event.channel, *sample);
  return true;
}

bool Sampler::OnLook(std::uint32_t customer, std::int64_t at_ms, feature::Record& record) {
  return on() && IsLaterDay(at_ms, record.last_event_ms) &&
         Take(customer, at_ms, record) != nullptr;
}

bool Sampler::OnProfile(std::uint32_t customer, const event::Profile& profile,
                        std::int64_t as_of_ms, feature::Record& record) {
  std::string* sample = on() ? Take(customer, as_of_ms, record) : nullptr;
  if (sample == nullptr) return false;
  WriteAttributes(profile, *sample);
  return true;
}

bool Sampler::OnNames(std::uint32_t customer, const event::Profile& profile) {
  const bool any = std::ranges::any_of(
      profile.attributes, [](const event::Attribute& attribute) { return !attribute.is_number; });
  std::string* sample = on() && any ? Begin(customer) : nullptr;
  if (sample == nullptr) return false;
  WriteAttributes(profile, *sample);
  return true;
}

// Nothing: the customer is not among the share. Else the value.
std::string* Sampler::Begin(std::uint32_t customer) {
  const std::string_view id = batch_.customers[customer];
  if (!IsSampled(id, share_)) return nullptr;
  return &batch_.samples.emplace_back(SampleRecord(id, batch_.partition)).value.emplace();
}

std::string* Sampler::Take(std::uint32_t customer, std::int64_t as_of_ms, feature::Record& record) {
  std::string* value = Begin(customer);
  if (value == nullptr) return nullptr;
  batch_.image.clear();
  ByteWriter image(batch_.image);
  const std::int64_t kept_ms = std::exchange(record.as_of_ms, as_of_ms);
  feature::EncodeRecord(record, image);
  record.as_of_ms = kept_ms;
  WriteSampleRecord(as_of_ms, batch_.image, *value);
  return value;
}

}  // namespace segmentd::pipeline
