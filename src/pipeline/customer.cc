#include "segmentd/pipeline/customer.h"

#include "segmentd/base/bytes.h"
#include "segmentd/base/hash.h"

namespace segmentd::pipeline {
namespace {

// Version of the stored form. DO NOT reuse a number.
constexpr std::uint8_t kVersion = 1;
constexpr std::size_t kHeaderBytes = 5;  // version, checksum of all that follows

}  // namespace

bool IsBlank(const Customer& customer) {
  return customer.record.events == 0 && customer.record.attribute_count == 0 &&
         customer.segment == segment::State();
}

void EncodeCustomer(const Customer& customer, std::string& out) {
  out.assign(kHeaderBytes, '\0');
  ByteWriter body(out);
  segment::EncodeState(customer.segment, body);
  feature::EncodeRecord(customer.record, body);

  std::string header;
  ByteWriter head(header);
  head.U8(kVersion);
  head.U32(Checksum32(std::string_view(out).substr(kHeaderBytes)));
  out.replace(0, kHeaderBytes, header);
}

Status DecodeCustomer(std::string_view bytes, Customer& customer) {
  ByteReader in(bytes);
  const std::uint8_t version = in.U8();
  const std::uint32_t checksum = in.U32();
  if (!in.ok())
    return Fail(Code::kCorruption, "a customer record of {} bytes is too short", bytes.size());
  if (version > kVersion) {
    return Fail(
        Code::kNewer,
        "a customer record has format {}, this version reads up to {}: run a newer segmentd",
        version, kVersion);
  }
  if (version != kVersion || checksum != Checksum32(bytes.substr(kHeaderBytes))) {
    return Fail(Code::kCorruption, "a customer record does not match its checksum");
  }
  customer.erased = false;
  SEGMENTD_RETURN_IF_ERROR(segment::DecodeState(in, customer.segment));
  SEGMENTD_RETURN_IF_ERROR(feature::DecodeRecord(in, customer.record));
  if (!in.ok() || in.remaining() != 0) {
    return Fail(Code::kCorruption, "a customer record does not end where it should");
  }
  return Ok();
}

}  // namespace segmentd::pipeline
