#pragma once

#include <string>
#include <string_view>

#include "segmentd/base/result.h"
#include "segmentd/feature/record.h"
#include "segmentd/segment/decision.h"

namespace segmentd::pipeline {

// One customer's whole state: what the store and the changelog keep under the customer's id.
struct Customer {
  feature::Record record;
  segment::State segment;
  // Not stored: its id is forgotten, and what comes of it is left aside until it consents again.
  bool erased = false;
};

// Nothing is known of it: there is nothing to store.
bool IsBlank(const Customer& customer);

// The stored form: version byte, checksum, segment state, record. docs/FORMATS.md has the bytes.
// Replaces out. Same customer, same bytes.
void EncodeCustomer(const Customer& customer, std::string& out);
// kCorruption for bytes that are not what was written; kNewer for a later version.
Status DecodeCustomer(std::string_view bytes, Customer& customer);

}  // namespace segmentd::pipeline
