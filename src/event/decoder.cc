#include "segmentd/event/decoder.h"

#include <algorithm>
#include <limits>
#include <optional>
#include <utility>

#include "assemble.h"
#include "field_tree.h"
#include "framing.h"
#include "json_reader.h"
#include "protobuf_reader.h"
#include "segmentd/base/text.h"

namespace segmentd::event {
namespace {

bool IsConstant(const FieldSource& source) {
  return !std::holds_alternative<std::monostate>(source.constant);
}

Scalar ConstantOf(const FieldSource& source) {
  const auto* text = std::get_if<std::string>(&source.constant);
  return text != nullptr ? Scalar::Text(*text) : Scalar::Number(std::get<double>(source.constant));
}

// A format, checked and turned into what readers and rules need.
class Mapping {
 public:
  explicit Mapping(Format format) : format_(std::move(format)) {}

  Status Compile() {
    SEGMENTD_RETURN_IF_ERROR(CheckLimits());
    for (const auto& [name, source] : format_.fields) {
      const auto failed = [&name = name](const Error& error) {
        return error.With(fmt::format("fields: {}", name));
      };
      if (auto status = CheckName(name); !status.ok()) return status;
      if (auto status = CheckSource(name, source); !status.ok()) {
        return tl::unexpected<Error>(failed(status.error()));
      }
    }
    return AddFields();
  }

  const Format& format() const { return format_; }
  const FieldTree& transaction() const { return transaction_; }
  const FieldTree& profile() const { return profile_; }
  // Field of a transaction or place among a profile's scalars, and what every record gets there.
  const std::vector<std::pair<std::size_t, Scalar>>& transaction_constants() const {
    return transaction_constants_;
  }
  const std::vector<std::pair<std::size_t, Scalar>>& profile_constants() const {
    return profile_constants_;
  }

 private:
  Status CheckLimits() const {
    if (format_.profile_attributes.size() >= std::numeric_limits<std::uint16_t>::max()) {
      return Fail(Code::kConfig, "too many profile attributes: {}",
                  format_.profile_attributes.size());
    }
    return Ok();
  }

  Status CheckName(std::string_view name) const {
    std::vector<std::string_view> known(kFieldNames.begin(), kFieldNames.end());
    known.insert(known.end(), format_.profile_attributes.begin(), format_.profile_attributes.end());
    if (std::find(known.begin(), known.end(), name) != known.end()) return Ok();
    if (const auto nearest = NearestName(name, known)) {
      return Fail(Code::kConfig, "fields: there is no field \"{}\"; did you mean \"{}\"?", name,
                  *nearest);
    }
    return Fail(Code::kConfig, "fields: there is no field \"{}\"; the fields are {}", name,
                fmt::join(known, ", "));
  }

  Status CheckSource(std::string_view name, const FieldSource& source) const {
    if (IsConstant(source)) return CheckConstant(name, source);
    if (format_.encoding == Encoding::kProtobuf && source.path != name) {
      return Fail(Code::kConfig,
                  "\"{}\" cannot be read from Protobuf: the message is segmentd.v1.Transaction and "
                  "only constants can be set",
                  source.path);
    }
    return FieldTree().Add(source.path, 0);
  }

  Status CheckConstant(std::string_view name, const FieldSource& source) const {
    if (!source.path.empty()) {
      return Fail(Code::kConfig, "both a path and a constant are given; keep one of them");
    }
    if (name == "customer_id" || name == "event_id" || name == "event_time") {
      return Fail(Code::kConfig, "a constant would be the same for every record; name a path");
    }
    const Scalar constant = ConstantOf(source);
    const auto field = std::find(kFieldNames.begin(), kFieldNames.end(), name);
    if (field == kFieldNames.end()) return Ok();  // a profile's attribute
    const auto checked = CheckField(static_cast<Field>(field - kFieldNames.begin()), constant);
    if (!checked) return Fail(Code::kConfig, "{}", checked.error().message);
    if (!IsUtf8(constant.text)) return Fail(Code::kConfig, "the constant is not UTF-8");
    return Ok();
  }

  Status AddFields() {
    for (std::size_t i = 0; i < kFieldCount; ++i) {
      SEGMENTD_RETURN_IF_ERROR(AddField(kFieldNames[i], i, transaction_, transaction_constants_));
    }
    SEGMENTD_RETURN_IF_ERROR(AddField(kFieldNames[0], 0, profile_, profile_constants_));
    for (std::size_t i = 0; i < format_.profile_attributes.size(); ++i) {
      const std::string& name = format_.profile_attributes[i];
      SEGMENTD_RETURN_IF_ERROR(AddField(name, i + 1, profile_, profile_constants_));
    }
    return Ok();
  }

  Status AddField(std::string_view name, std::size_t target, FieldTree& tree,
                  std::vector<std::pair<std::size_t, Scalar>>& constants) {
    const auto source = format_.fields.find(std::string(name));
    if (source == format_.fields.end()) {
      tree.AddName(name, static_cast<std::uint16_t>(target));
      return Ok();
    }
    if (!IsConstant(source->second)) {
      return tree.Add(source->second.path, static_cast<std::uint16_t>(target));
    }
    constants.emplace_back(target, ConstantOf(source->second));
    return Ok();
  }

  Format format_;
  FieldTree transaction_;
  FieldTree profile_;
  std::vector<std::pair<std::size_t, Scalar>> transaction_constants_;
  std::vector<std::pair<std::size_t, Scalar>> profile_constants_;
};

std::unique_ptr<Reader> MakeReader(const Mapping& mapping) {
  if (mapping.format().encoding == Encoding::kProtobuf) {
    return std::make_unique<ProtobufReader>(mapping.profile());
  }
  return std::make_unique<JsonReader>(mapping.transaction(), mapping.profile());
}

class RecordDecoder final : public Decoder {
 public:
  explicit RecordDecoder(std::unique_ptr<Mapping> mapping)
      : mapping_(std::move(mapping)),
        reader_(MakeReader(*mapping_)),
        // event.proto says milliseconds, whatever the topic's configuration does.
        time_(mapping_->format().encoding == Encoding::kProtobuf ? TimeFormat::kMilliseconds
                                                                 : mapping_->format().time),
        profile_(mapping_->format().profile_attributes.size() + 1) {}

  tl::expected<Event, Rejection> DecodeTransaction(const RawRecord& record) override {
    tl::expected<Event, Rejection> event;
    if (auto ok = Transaction(record, *event); !ok) {
      event = tl::unexpected<Rejection>(std::move(ok.error()));
    }
    return event;
  }

  tl::expected<Profile, Rejection> DecodeProfile(const RawRecord& record) override {
    tl::expected<Profile, Rejection> profile;
    if (auto ok = ProfileOf(record, *profile); !ok) {
      profile = tl::unexpected<Rejection>(std::move(ok.error()));
    }
    return profile;
  }

  void Reset() override { reader_->Reset(); }

 private:
  Checked Transaction(const RawRecord& record, Event& event) {
    if (!record.value.has_value()) {
      return RefuseDecode(RejectCode::kMalformed, "the value is null; expected a transaction");
    }
    std::string_view body;
    if (auto ok = ReadBody(record, body); !ok) return ok;
    transaction_.Clear();
    if (auto ok = reader_->ReadTransaction(body, transaction_); !ok) return ok;
    for (const auto& [field, constant] : mapping_->transaction_constants()) {
      transaction_[static_cast<Field>(field)] = constant;
    }
    std::optional<std::string_view> key;
    if (auto ok = FindKey(record, transaction_[Field::kCustomerId], key); !ok) return ok;
    if (auto ok = AssembleEvent(key, transaction_, time_, event); !ok) return ok;
    event.category = reader_->Keep(event.category);
    event.channel = reader_->Keep(event.channel);
    event.currency = reader_->Keep(event.currency);
    return {};
  }

  Checked ProfileOf(const RawRecord& record, Profile& profile) {
    std::fill(profile_.begin(), profile_.end(), Scalar{});
    if (!record.value.has_value()) return AssembleProfile(record.key, profile_, {}, profile);
    std::string_view body;
    if (auto ok = ReadBody(record, body); !ok) return ok;
    if (auto ok = reader_->ReadProfile(body, profile_); !ok) return ok;
    for (const auto& [place, constant] : mapping_->profile_constants()) profile_[place] = constant;
    const std::span<const std::string> attributes = mapping_->format().profile_attributes;
    std::optional<std::string_view> key;
    if (auto ok = FindKey(record, profile_.front(), key); !ok) return ok;
    if (auto ok = AssembleProfile(key, profile_, attributes, profile); !ok) return ok;
    for (Attribute& attribute : profile.attributes) attribute.text = reader_->Keep(attribute.text);
    return {};
  }

  // Lines of a file have no keys: the value's own customer_id stands in.
  Checked FindKey(const RawRecord& record, const Scalar& id, std::optional<std::string_view>& key) {
    key = record.key;
    if (key.has_value() || mapping_->format().keyed) return {};
    if (id.type == Scalar::Type::kAbsent) {
      return Refuse(RejectCode::kMissingField, "customer_id is missing");
    }
    key = reader_->Keep(id.text);
    return {};
  }

  Checked ReadBody(const RawRecord& record, std::string_view& body) const {
    if (auto ok = Unframe(mapping_->format(), record, body); !ok) return ok;
    const std::int64_t max = mapping_->format().max_bytes;
    if (std::cmp_greater(record.value->size(), max)) {
      return RefuseDecode(RejectCode::kTooLarge,
                          "the value has {} bytes, more than the {} of `input.max_bytes`",
                          record.value->size(), max);
    }
    return {};
  }

  std::unique_ptr<Mapping> mapping_;
  std::unique_ptr<Reader> reader_;
  TimeFormat time_;
  TransactionScalars transaction_;
  std::vector<Scalar> profile_;
};

}  // namespace

Result<std::unique_ptr<Decoder>> Decoder::Create(const Format& format) {
  auto mapping = std::make_unique<Mapping>(format);
  SEGMENTD_RETURN_IF_ERROR(mapping->Compile());
  return std::make_unique<RecordDecoder>(std::move(mapping));
}

}  // namespace segmentd::event
