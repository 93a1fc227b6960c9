#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "segmentd/base/result.h"

namespace segmentd::model {

// How bundles travel: in chunks, and behind them a manifest that says what they have to add up to,
// on a compacted topic that several apps may share. docs/FORMATS.md has keys and values.

struct TopicRecord {
  std::string key;
  std::optional<std::string> value;  // nothing: a tombstone
};

struct Manifest {
  std::string version;
  std::uint32_t sequence = 0;
  std::uint32_t chunks = 0;
  std::uint64_t bytes = 0;
  std::string hash;
  std::int64_t published_ms = 0;
};

enum class PointerKind : std::uint8_t { kActive, kPin };
struct Pointer {
  std::string version;
  std::string previous;  // that it took over from; empty: none
  std::int64_t at_ms = 0;
  std::string by;  // "trainer", "operator"
};

// What became of a model that was trained.
struct Decision {
  std::string version;
  std::string champion;  // empty: none
  std::int64_t at_ms = 0;
  std::string state;    // rejected, trial, waiting (for a person), promoted, superseded
  std::string verdict;  // the gate's record, JSON
  std::string trial;    // how it differed from the champion on what came in, JSON; empty: none yet
  std::int64_t as_of_ms = 0;          // the newest of what it was trained on
  std::uint32_t next_segment_id = 1;  // ids below were given out
  std::string reason;                 // why, for a person
};

// The records that publish a bundle, to be written in their order. kCorruption: it is none; else
// kConfig: it is larger than can be sent.
Result<std::vector<TopicRecord>> PackBundle(std::string_view app, std::string_view encoded,
                                            std::int64_t published_ms);
// Those that take it away again.
std::vector<TopicRecord> DropBundle(std::string_view app, const Manifest& manifest);
TopicRecord PackPointer(std::string_view app, PointerKind kind, const Pointer& pointer);
TopicRecord DropPin(std::string_view app);
TopicRecord PackDecision(std::string_view app, const Decision& decision);
TopicRecord DropDecision(std::string_view app, std::string_view version);

// One app's part of the topic, record by record; the newest of each key counts. Whatever the bytes
// are, they do no harm.
class ModelTopic {
 public:
  explicit ModelTopic(std::string app) : prefix_(std::move(app) + '/') {}

  // kBadRecord: it is this app's and cannot be used; it counts as not written, and what the key had
  // before stays. kNewer likewise. Records of others are ignored.
  Status Take(std::string_view key, const std::string_view* value);

  const std::map<std::string, Manifest, std::less<>>& manifests() const { return manifests_; }
  const std::map<std::string, Decision, std::less<>>& decisions() const { return decisions_; }
  const std::optional<Pointer>& active() const { return active_; }
  const std::optional<Pointer>& pin() const { return pin_; }
  // The model that ought to score, then what to fall back on, best first.
  std::vector<std::string> Candidates() const;
  // The bundle's bytes, checked against the manifest and, as DecodeBundle does, by their checksum
  // and by what the model makes of its own examples. kNotFound: not everything is there;
  // kCorruption, kNewer.
  Result<std::string> Assemble(std::string_view version) const;

 private:
  Status TakeValue(std::string_view name, std::string_view value);
  void Drop(std::string_view name);

  std::string prefix_;
  std::map<std::string, std::map<std::uint32_t, std::string>, std::less<>> chunks_;
  std::map<std::string, Manifest, std::less<>> manifests_;
  std::map<std::string, Decision, std::less<>> decisions_;
  std::optional<Pointer> active_;
  std::optional<Pointer> pin_;
};

}  // namespace segmentd::model
