#pragma once

#include <span>
#include <string_view>

#include "reject.h"
#include "scalar.h"

namespace segmentd::event {

// One encoding: bytes without their frame to scalars. What is refused here is `malformed`.
// Texts of scalars live until the next call, those that went through Keep until Reset() or the
// record's end. Scalars come in cleared; a field that occurs twice keeps its last value.
class Reader {
 public:
  virtual ~Reader() = default;
  virtual Checked ReadTransaction(std::string_view body, TransactionScalars& scalars) = 0;
  // scalars[0] is the customer_id, then come the attributes in the order of the format.
  virtual Checked ReadProfile(std::string_view body, std::span<Scalar> scalars) = 0;
  virtual std::string_view Keep(std::string_view text) = 0;
  virtual void Reset() = 0;
};

}  // namespace segmentd::event
