#pragma once

#include <memory>

#include "arena.h"
#include "field_tree.h"
#include "reader.h"

namespace segmentd::event {

class JsonReader final : public Reader {
 public:
  JsonReader(FieldTree transaction, FieldTree profile);
  ~JsonReader() override;

  Checked ReadTransaction(std::string_view body, TransactionScalars& scalars) override;
  Checked ReadProfile(std::string_view body, std::span<Scalar> scalars) override;
  std::string_view Keep(std::string_view text) override { return arena_.Copy(text); }
  void Reset() override { arena_.Reset(); }

 private:
  class Parser;

  FieldTree transaction_;
  FieldTree profile_;
  std::unique_ptr<Parser> parser_;
  TextArena arena_;
};

}  // namespace segmentd::event
