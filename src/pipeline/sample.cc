#include "segmentd/pipeline/sample.h"

#include <protozero/pbf_reader.hpp>
#include <protozero/pbf_writer.hpp>

#include "sample_writer.h"
#include "segmentd/base/bytes.h"
#include "segmentd/base/hash.h"
#include "segmentd/base/random.h"
#include "segmentd/feature/record.h"

namespace segmentd::pipeline {
namespace {

using protozero::pbf_reader;
using protozero::pbf_wire_type;
using protozero::tag_and_type;

// DO NOT CHANGE: fields of segmentd.v1.Sample, and of its NamedValue.
constexpr protozero::pbf_tag_type kAsOf = 1;
constexpr protozero::pbf_tag_type kRecord = 2;
constexpr protozero::pbf_tag_type kCategory = 3;
constexpr protozero::pbf_tag_type kChannel = 4;
constexpr protozero::pbf_tag_type kAttributes = 5;
constexpr protozero::pbf_tag_type kSegment = 6;
constexpr protozero::pbf_tag_type kName = 1;
constexpr protozero::pbf_tag_type kValue = 2;
constexpr auto kVarint = pbf_wire_type::varint;
constexpr auto kBytes = pbf_wire_type::length_delimited;

constexpr std::size_t kNameBytesMax = 256;
// DO NOT CHANGE: who is sampled would be others. Not the seed of any other choice of customers.
constexpr std::uint64_t kSampleSeed = 0x73616d70'6c657300;

// Years 1 to 9999, as the decoder of events holds them: spans between instants do not overflow.
constexpr std::int64_t kTimeMinMs = -62'135'596'800'000;
constexpr std::int64_t kTimeMaxMs = 253'402'300'799'999;

std::string Text(pbf_reader& message) {
  const protozero::data_view view = message.get_view();
  return {view.data(), view.size()};
}

void ReadAttribute(pbf_reader message, Sample& sample) {
  auto& [name, value] = sample.attributes.emplace_back();
  while (message.next()) {
    if (message.tag_and_type() == tag_and_type(kName, kBytes)) {
      name = Text(message);
    } else if (message.tag_and_type() == tag_and_type(kValue, kBytes)) {
      value = Text(message);
    } else {
      message.skip();
    }
  }
}

void Read(pbf_reader message, Sample& sample) {
  while (message.next()) {
    switch (message.tag_and_type()) {
      case tag_and_type(kAsOf, kVarint):
        sample.as_of_ms = message.get_int64();
        break;
      case tag_and_type(kRecord, kBytes):
        sample.record = Text(message);
        break;
      case tag_and_type(kCategory, kBytes):
        sample.category = Text(message);
        break;
      case tag_and_type(kChannel, kBytes):
        sample.channel = Text(message);
        break;
      case tag_and_type(kAttributes, kBytes):
        ReadAttribute(message.get_message(), sample);
        break;
      case tag_and_type(kSegment, kVarint):
        sample.segment = SegmentId{message.get_uint32()};
        break;
      default:
        message.skip();
    }
  }
}

// What may stand in a record whose bytes have no checksum, and what a snapshot relies on.
bool Holds(const feature::Record& record, std::int64_t as_of_ms) {
  if (record.last_event_ms < kTimeMinMs || as_of_ms > kTimeMaxMs) return false;
  if (record.last_event_ms > as_of_ms) return false;
  if (record.orders == 0) return true;
  return record.first_purchase_ms >= kTimeMinMs &&
         record.first_purchase_ms <= record.last_purchase_ms &&
         record.last_purchase_ms <= record.last_event_ms;
}

}  // namespace

void WriteSampleRecord(std::int64_t as_of_ms, std::string_view record, std::string& out) {
  constexpr std::size_t kRest = 64;  // of nearly every sample
  out.reserve(out.size() + record.size() + kRest);
  protozero::pbf_writer writer(out);
  writer.add_int64(kAsOf, as_of_ms);
  writer.add_bytes(kRecord, record.data(), record.size());
}

void WriteSampleNames(std::string_view category, std::string_view channel, std::string& out) {
  protozero::pbf_writer writer(out);
  const auto add = [&writer](protozero::pbf_tag_type field, std::string_view name) {
    if (!name.empty() && name.size() <= kNameBytesMax) {
      writer.add_string(field, name.data(), name.size());
    }
  };
  add(kCategory, category);
  add(kChannel, channel);
}

void WriteSampleAttribute(std::string_view name, std::string_view value, std::string& out) {
  if (value.size() > kNameBytesMax) return;
  protozero::pbf_writer writer(out);
  protozero::pbf_writer attribute(writer, kAttributes);
  attribute.add_string(kName, name.data(), name.size());
  attribute.add_string(kValue, value.data(), value.size());
}

void WriteSampleSegment(SegmentId segment, std::string& out) {
  if (segment == SegmentId{}) return;
  protozero::pbf_writer writer(out);
  writer.add_uint32(kSegment, segment.value());
}

std::string EncodeSample(const Sample& sample) {
  std::string out;
  WriteSampleRecord(sample.as_of_ms, sample.record, out);
  WriteSampleNames(sample.category, sample.channel, out);
  for (const auto& [name, value] : sample.attributes) WriteSampleAttribute(name, value, out);
  WriteSampleSegment(sample.segment, out);
  return out;
}

Result<Sample> DecodeSample(std::string_view bytes) {
  Sample sample;
  try {
    Read(pbf_reader(bytes.data(), bytes.size()), sample);
  } catch (const protozero::exception& error) {
    return Fail(Code::kBadRecord, "{} bytes of the samples topic are no sample: {}", bytes.size(),
                error.what());
  }
  if (sample.record.empty() && sample.as_of_ms == 0) return sample;
  feature::Record record;
  ByteReader in(sample.record);
  const Status decoded = feature::DecodeRecord(in, record);
  if (!decoded.ok()) {
    return Fail(Code::kBadRecord, "a sample's record is none: {}", decoded.error().message);
  }
  if (in.remaining() != 0 || !Holds(record, sample.as_of_ms)) {
    return Fail(Code::kBadRecord, "a sample's record does not end where it should, or in its time");
  }
  return sample;
}

bool IsSampled(std::string_view customer_id, double share) {
  return Random(Hash64(customer_id) ^ kSampleSeed).Uniform() < share;
}

}  // namespace segmentd::pipeline
