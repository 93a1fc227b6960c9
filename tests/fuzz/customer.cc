#include "segmentd/pipeline/customer.h"

#include <cstddef>
#include <cstdint>

#include "segmentd/base/assert.h"
#include "segmentd/base/bytes.h"
#include "segmentd/base/hash.h"

namespace segmentd::pipeline {
namespace {

// What is accepted has one stored form: written and read again it stays as it is.
void Decode(std::string_view bytes) {
  Customer customer;
  if (!DecodeCustomer(bytes, customer).ok()) return;
  std::string written;
  EncodeCustomer(customer, written);
  Customer again;
  SEGMENTD_ASSERT(DecodeCustomer(written, again).ok(), "what is written can be read");
  std::string rewritten;
  EncodeCustomer(again, rewritten);
  SEGMENTD_ASSERT(written == rewritten, "same customer, same bytes");
}

// With a version and a checksum that fit, or nothing else would be tried.
std::string Sealed(std::string_view body) {
  std::string bytes;
  ByteWriter out(bytes);
  out.U8(1);
  out.U32(Checksum32(body));
  out.Bytes(body);
  return bytes;
}

}  // namespace
}  // namespace segmentd::pipeline

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  segmentd::pipeline::Decode(bytes);
  segmentd::pipeline::Decode(segmentd::pipeline::Sealed(bytes));
  return 0;
}
