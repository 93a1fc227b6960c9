#pragma once

#include "field_tree.h"
#include "reader.h"

namespace segmentd::event {

// Messages of proto/segmentd/v1/event.proto. Texts are views into the body itself.
class ProtobufReader final : public Reader {
 public:
  // `attributes` has each profile attribute's name at its place among the scalars of a profile.
  explicit ProtobufReader(FieldTree attributes) : attributes_(std::move(attributes)) {}

  Checked ReadTransaction(std::string_view body, TransactionScalars& scalars) override;
  Checked ReadProfile(std::string_view body, std::span<Scalar> scalars) override;
  std::string_view Keep(std::string_view text) override { return text; }
  void Reset() override {}

 private:
  FieldTree attributes_;
};

}  // namespace segmentd::event
