#include <cstring>

#include "segmentd/pipeline/output.h"

namespace segmentd::pipeline {
namespace {

constexpr std::uint32_t kNull = UINT32_MAX;

struct Sizes {
  std::uint32_t name = 0;
  std::uint32_t value = 0;
};

Sizes SizesAt(const char* at) {
  Sizes sizes;
  std::memcpy(&sizes, at, sizeof sizes);
  return sizes;
}

}  // namespace

OutHeaders::OutHeaders(std::initializer_list<OutHeader> headers) {
  for (const OutHeader& header : headers) Add(header.name, header.value);
}

void OutHeaders::Add(std::string_view name, std::string_view value) {
  const bool null = value.data() == nullptr;
  const Sizes sizes{static_cast<std::uint32_t>(name.size()),
                    null ? kNull : static_cast<std::uint32_t>(value.size())};
  bytes_.append(reinterpret_cast<const char*>(&sizes), sizeof sizes);
  bytes_.append(name);
  bytes_.append(value);
}

OutHeader OutHeaders::Iterator::operator*() const {
  const Sizes sizes = SizesAt(at_);
  const char* const name = at_ + sizeof sizes;
  if (sizes.value == kNull) return {{name, sizes.name}, {}};
  return {{name, sizes.name}, {name + sizes.name, sizes.value}};
}

OutHeaders::Iterator& OutHeaders::Iterator::operator++() {
  const Sizes sizes = SizesAt(at_);
  at_ += sizeof sizes + sizes.name + (sizes.value == kNull ? 0 : sizes.value);
  return *this;
}

}  // namespace segmentd::pipeline
