#include "model/distribution_codec.h"

#include "segmentd/v1/model_topic.pb.h"

namespace segmentd::model {
namespace {

constexpr std::uint32_t kFormat = 1;  // DO NOT CHANGE without reading the old one

template <typename Message>
Result<Message> Parse(std::string_view bytes, std::string_view what) {
  Message message;
  if (!message.ParseFromArray(bytes.data(), static_cast<int>(bytes.size())) ||
      message.format() == 0 || message.version().empty()) {
    return Fail(Code::kBadRecord, "{} bytes of the model topic are no {}", bytes.size(), what);
  }
  if (message.format() > kFormat) {
    return Fail(
        Code::kNewer,
        "a {} of the model topic has format {}, this version knows {}: run a newer segmentd", what,
        message.format(), kFormat);
  }
  return message;
}

}  // namespace

std::string EncodeManifest(const Manifest& manifest) {
  v1::ModelManifest message;
  message.set_format(kFormat);
  message.set_version(manifest.version);
  message.set_sequence(manifest.sequence);
  message.set_chunks(manifest.chunks);
  message.set_bytes(manifest.bytes);
  message.set_hash(manifest.hash);
  message.set_published_ms(manifest.published_ms);
  return message.SerializeAsString();
}

Result<Manifest> DecodeManifest(std::string_view bytes) {
  SEGMENTD_ASSIGN_OR_RETURN(const auto message, Parse<v1::ModelManifest>(bytes, "manifest"));
  Manifest manifest;
  manifest.version = message.version();
  manifest.sequence = message.sequence();
  manifest.chunks = message.chunks();
  manifest.bytes = message.bytes();
  manifest.hash = message.hash();
  manifest.published_ms = message.published_ms();
  return manifest;
}

std::string EncodePointer(const Pointer& pointer) {
  v1::ModelPointer message;
  message.set_format(kFormat);
  message.set_version(pointer.version);
  message.set_previous(pointer.previous);
  message.set_at_ms(pointer.at_ms);
  message.set_by(pointer.by);
  return message.SerializeAsString();
}

Result<Pointer> DecodePointer(std::string_view bytes) {
  SEGMENTD_ASSIGN_OR_RETURN(const auto message, Parse<v1::ModelPointer>(bytes, "pointer"));
  return Pointer{message.version(), message.previous(), message.at_ms(), message.by()};
}

std::string EncodeDecision(const Decision& decision) {
  v1::ModelDecision message;
  message.set_format(kFormat);
  message.set_version(decision.version);
  message.set_champion(decision.champion);
  message.set_at_ms(decision.at_ms);
  message.set_state(decision.state);
  message.set_verdict(decision.verdict);
  message.set_trial(decision.trial);
  message.set_as_of_ms(decision.as_of_ms);
  message.set_next_segment_id(decision.next_segment_id);
  message.set_reason(decision.reason);
  return message.SerializeAsString();
}

Result<Decision> DecodeDecision(std::string_view bytes) {
  SEGMENTD_ASSIGN_OR_RETURN(const auto message, Parse<v1::ModelDecision>(bytes, "decision"));
  return Decision{message.version(),  message.champion(),        message.at_ms(),
                  message.state(),    message.verdict(),         message.trial(),
                  message.as_of_ms(), message.next_segment_id(), message.reason()};
}

}  // namespace segmentd::model
