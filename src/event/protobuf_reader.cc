#include "protobuf_reader.h"

#include <protozero/pbf_reader.hpp>

#include "segmentd/base/text.h"

namespace segmentd::event {
namespace {

using protozero::pbf_reader;
using protozero::pbf_wire_type;
using protozero::tag_and_type;

constexpr auto kVarint = pbf_wire_type::varint;
constexpr auto kFixed64 = pbf_wire_type::fixed64;
constexpr auto kBytes = pbf_wire_type::length_delimited;

struct NotUtf8 {};

// Names and ids are short and mostly ASCII, which a full validator is too heavy for.
bool IsText(std::string_view bytes) {
  unsigned char high = 0;
  for (const char c : bytes) high |= static_cast<unsigned char>(c);
  return high < 0x80 || IsUtf8(bytes);
}

// An empty string is what an absent one reads as.
Scalar ReadText(pbf_reader& message) {
  const protozero::data_view view = message.get_view();
  const std::string_view text(view.data(), view.size());
  if (!IsText(text)) throw NotUtf8{};
  return text.empty() ? Scalar{} : Scalar::Text(text);
}

Scalar ReadDouble(pbf_reader& message) { return Scalar::Number(message.get_double()); }

// Zero is what an absent instant reads as. Those within the years 1 to 9999 are exact in a double;
// all others are refused.
Scalar ReadInstant(pbf_reader& message) {
  const std::int64_t instant_ms = message.get_sint64();
  return instant_ms == 0 ? Scalar{} : Scalar::Number(static_cast<double>(instant_ms));
}

Scalar ReadKind(pbf_reader& message) {
  switch (message.get_enum()) {
    case 0:
      return {};
    case 1:
      return Scalar::Text("purchase");
    case 2:
      return Scalar::Text("refund");
    case 3:
      return Scalar::Text("visit");
    default:
      return Scalar::Other();
  }
}

// A known number with another wire type is an unknown field, as in every Protobuf parser.
void ReadFields(pbf_reader message, TransactionScalars& scalars) {
  while (message.next()) {
    switch (message.tag_and_type()) {
      case tag_and_type(1, kBytes):
        scalars[Field::kEventId] = ReadText(message);
        break;
      case tag_and_type(2, kBytes):
        scalars[Field::kCustomerId] = ReadText(message);
        break;
      case tag_and_type(3, kVarint):
        scalars[Field::kEventTime] = ReadInstant(message);
        break;
      case tag_and_type(4, kVarint):
        scalars[Field::kKind] = ReadKind(message);
        break;
      case tag_and_type(5, kFixed64):
        scalars[Field::kAmount] = ReadDouble(message);
        break;
      case tag_and_type(6, kFixed64):
        scalars[Field::kQuantity] = ReadDouble(message);
        break;
      case tag_and_type(7, kBytes):
        scalars[Field::kCategory] = ReadText(message);
        break;
      case tag_and_type(8, kBytes):
        scalars[Field::kChannel] = ReadText(message);
        break;
      case tag_and_type(9, kFixed64):
        scalars[Field::kDiscount] = ReadDouble(message);
        break;
      case tag_and_type(10, kBytes):
        scalars[Field::kCurrency] = ReadText(message);
        break;
      default:
        message.skip();
    }
  }
}

class ProfileFields {
 public:
  ProfileFields(const FieldTree& attributes, std::span<Scalar> scalars)
      : attributes_(attributes), scalars_(scalars) {}

  void Read(pbf_reader message) {
    while (message.next()) {
      switch (message.tag_and_type()) {
        case tag_and_type(1, kBytes):
          scalars_[0] = ReadText(message);
          break;
        case tag_and_type(2, kFixed64):
          Found("age", ReadDouble(message));
          break;
        case tag_and_type(3, kFixed64):
          Found("income", ReadDouble(message));
          break;
        case tag_and_type(4, kBytes):
          Found("region", ReadText(message));
          break;
        case tag_and_type(5, kBytes):
          Found("gender", ReadText(message));
          break;
        case tag_and_type(6, kBytes):
          ReadEntry(message.get_message(), true);
          break;
        case tag_and_type(7, kBytes):
          ReadEntry(message.get_message(), false);
          break;
        default:
          message.skip();
      }
    }
  }

 private:
  // A map is repeated pairs; a pair without a value has the type's default.
  void ReadEntry(pbf_reader entry, bool is_number) {
    const std::uint32_t value_tag = is_number ? tag_and_type(2, kFixed64) : tag_and_type(2, kBytes);
    Scalar name;
    Scalar value = is_number ? Scalar::Number(0) : Scalar{};
    while (entry.next()) {
      if (entry.tag_and_type() == tag_and_type(1, kBytes)) {
        name = ReadText(entry);
      } else if (entry.tag_and_type() == value_tag) {
        value = is_number ? ReadDouble(entry) : ReadText(entry);
      } else {
        entry.skip();
      }
    }
    Found(name.text, value);
  }

  void Found(std::string_view name, const Scalar& scalar) {
    const FieldTree::NodeId node = attributes_.Find(FieldTree::kRoot, name);
    if (node == FieldTree::kNone) return;
    for (const std::uint16_t target : attributes_.targets(node)) scalars_[target] = scalar;
  }

  const FieldTree& attributes_;
  std::span<Scalar> scalars_;
};

template <typename Read>
Checked Guard(std::string_view body, std::string_view message, Read read) {
  try {
    read(pbf_reader(body.data(), body.size()));
    return {};
  } catch (const NotUtf8&) {
    return RefuseDecode(RejectCode::kMalformed, "a string of the {} is not UTF-8", message);
  } catch (const protozero::exception& error) {
    return RefuseDecode(RejectCode::kMalformed, "the value is not a {}: {}", message, error.what());
  }
}

}  // namespace

Checked ProtobufReader::ReadTransaction(std::string_view body, TransactionScalars& scalars) {
  return Guard(body, "segmentd.v1.Transaction",
               [&](const pbf_reader& message) { ReadFields(message, scalars); });
}

Checked ProtobufReader::ReadProfile(std::string_view body, std::span<Scalar> scalars) {
  return Guard(body, "segmentd.v1.Profile", [&](const pbf_reader& message) {
    ProfileFields(attributes_, scalars).Read(message);
  });
}

}  // namespace segmentd::event
