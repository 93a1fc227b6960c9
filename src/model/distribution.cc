#include "segmentd/model/distribution.h"

#include <algorithm>
#include <charconv>

#include "model/distribution_codec.h"
#include "segmentd/base/hash.h"
#include "segmentd/model/bundle.h"

namespace segmentd::model {
namespace {

// Below what every topic takes, with room for the key.
constexpr std::size_t kChunkBytes = 900 << 10;
constexpr std::uint32_t kChunksMax = 64;

constexpr std::string_view kActive = "active";
constexpr std::string_view kPin = "pin";
constexpr std::string_view kDecision = "decision/";

std::string Key(std::string_view app, std::string_view name) {
  return std::string(app).append("/").append(name);
}

std::string ChunkName(std::string_view version, std::uint32_t chunk) {
  return fmt::format("{}/{}", version, chunk);
}

// "0123456789abcdef/12": nothing for another name.
std::optional<std::pair<std::string_view, std::uint32_t>> ChunkOf(std::string_view name) {
  const std::size_t slash = name.find('/');
  if (slash == std::string_view::npos) return std::nullopt;
  std::uint32_t chunk = 0;
  const char* end = name.data() + name.size();
  const auto [rest, error] = std::from_chars(name.data() + slash + 1, end, chunk);
  if (error != std::errc{} || rest != end || chunk >= kChunksMax) return std::nullopt;
  return std::pair(name.substr(0, slash), chunk);
}

}  // namespace

Result<std::vector<TopicRecord>> PackBundle(std::string_view app, std::string_view encoded,
                                            std::int64_t published_ms) {
  SEGMENTD_ASSIGN_OR_RETURN(const Bundle bundle, DecodeBundle(encoded));
  Manifest manifest;
  manifest.version = BundleVersion(encoded);
  manifest.sequence = bundle.sequence;
  manifest.bytes = encoded.size();
  manifest.hash = ContentHash(encoded);
  manifest.published_ms = published_ms;
  std::vector<TopicRecord> records;
  for (std::size_t at = 0; at < encoded.size(); at += kChunkBytes) {
    records.push_back({Key(app, ChunkName(manifest.version, manifest.chunks++)),
                       std::string(encoded.substr(at, kChunkBytes))});
  }
  if (manifest.chunks > kChunksMax) {
    return Fail(Code::kConfig, "the model has {} bytes; at most {} can be sent", encoded.size(),
                kChunkBytes * kChunksMax);
  }
  records.push_back({Key(app, manifest.version), EncodeManifest(manifest)});
  return records;
}

// The manifest first: without it the chunks are nothing.
std::vector<TopicRecord> DropBundle(std::string_view app, const Manifest& manifest) {
  std::vector<TopicRecord> records = {{Key(app, manifest.version), std::nullopt}};
  for (std::uint32_t i = 0; i < manifest.chunks; ++i) {
    records.push_back({Key(app, ChunkName(manifest.version, i)), std::nullopt});
  }
  return records;
}

TopicRecord PackPointer(std::string_view app, PointerKind kind, const Pointer& pointer) {
  return {Key(app, kind == PointerKind::kPin ? kPin : kActive), EncodePointer(pointer)};
}

TopicRecord DropPin(std::string_view app) { return {Key(app, kPin), std::nullopt}; }

TopicRecord PackDecision(std::string_view app, const Decision& decision) {
  return {Key(app, std::string(kDecision) + decision.version), EncodeDecision(decision)};
}

TopicRecord DropDecision(std::string_view app, std::string_view version) {
  return {Key(app, std::string(kDecision).append(version)), std::nullopt};
}

Status ModelTopic::Take(std::string_view key, const std::string_view* value) {
  if (!key.starts_with(prefix_)) return Ok();
  const std::string_view name = key.substr(prefix_.size());
  if (value != nullptr) return TakeValue(name, *value);
  Drop(name);
  return Ok();
}

Status ModelTopic::TakeValue(std::string_view name, std::string_view value) {
  if (name == kActive || name == kPin) {
    SEGMENTD_ASSIGN_OR_RETURN(Pointer pointer, DecodePointer(value));
    (name == kPin ? pin_ : active_) = std::move(pointer);
  } else if (name.starts_with(kDecision)) {
    SEGMENTD_ASSIGN_OR_RETURN(Decision decision, DecodeDecision(value));
    decisions_.insert_or_assign(std::string(name.substr(kDecision.size())), std::move(decision));
  } else if (const auto chunk = ChunkOf(name)) {
    if (value.size() > kChunkBytes) {
      return Fail(Code::kBadRecord, "a chunk of model {} has {} bytes", chunk->first, value.size());
    }
    chunks_[std::string(chunk->first)][chunk->second] = value;
  } else {
    SEGMENTD_ASSIGN_OR_RETURN(Manifest manifest, DecodeManifest(value));
    if (manifest.version != name || manifest.chunks > kChunksMax) {
      return Fail(Code::kBadRecord, "the manifest of model {} is another's", name);
    }
    manifests_.insert_or_assign(std::string(name), std::move(manifest));
  }
  return Ok();
}

void ModelTopic::Drop(std::string_view name) {
  if (name == kActive) {
    active_.reset();
  } else if (name == kPin) {
    pin_.reset();
  } else if (name.starts_with(kDecision)) {
    const auto at = decisions_.find(name.substr(kDecision.size()));
    if (at != decisions_.end()) decisions_.erase(at);
  } else if (const auto chunk = ChunkOf(name)) {
    const auto at = chunks_.find(chunk->first);
    if (at != chunks_.end() && at->second.erase(chunk->second) > 0 && at->second.empty()) {
      chunks_.erase(at);
    }
  } else if (const auto at = manifests_.find(name); at != manifests_.end()) {
    manifests_.erase(at);
  }
}

std::vector<std::string> ModelTopic::Candidates() const {
  std::vector<std::string> candidates;
  const auto add = [&](const std::string& version) {
    if (!version.empty() && std::ranges::find(candidates, version) == candidates.end()) {
      candidates.push_back(version);
    }
  };
  if (pin_) add(pin_->version);
  if (!active_) return candidates;
  add(active_->version);
  add(active_->previous);
  return candidates;
}

Result<std::string> ModelTopic::Assemble(std::string_view version) const {
  const auto manifest = manifests_.find(version);
  if (manifest == manifests_.end()) {
    return Fail(Code::kNotFound, "model {} is not on the topic", version);
  }
  std::string encoded;
  const auto chunks = chunks_.find(version);
  for (std::uint32_t i = 0; i < manifest->second.chunks; ++i) {
    const bool there = chunks != chunks_.end() && chunks->second.contains(i);
    if (!there) return Fail(Code::kNotFound, "model {} lacks its chunk {}", version, i);
    encoded += chunks->second.at(i);
  }
  if (encoded.size() != manifest->second.bytes || ContentHash(encoded) != manifest->second.hash ||
      BundleVersion(encoded) != version) {
    return Fail(Code::kCorruption, "the chunks of model {} do not add up to it", version);
  }
  SEGMENTD_RETURN_IF_ERROR(DecodeBundle(encoded));
  return encoded;
}

}  // namespace segmentd::model
