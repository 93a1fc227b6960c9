#include "segmentd/learn/rename.h"

#include <algorithm>

#include "segmentd/base/text.h"

namespace segmentd::learn {
namespace {

constexpr std::size_t kNameBytesMax = 64;

Result<model::Segment*> Find(model::Bundle& bundle, SegmentId id) {
  const auto at = std::ranges::find(bundle.segments, id, &model::Segment::id);
  if (at == bundle.segments.end()) {
    return Fail(Code::kNotFound, "the model has no {}", model::SegmentText(id));
  }
  return &*at;
}

model::Bundle NextOf(const model::Bundle& bundle) {
  model::Bundle next = bundle;
  ++next.sequence;
  next.parent = model::BundleVersion(model::EncodeBundle(bundle));
  return next;
}

}  // namespace

Result<model::Bundle> Rename(const model::Bundle& bundle, SegmentId id, std::string_view name) {
  if (name.empty() || name.size() > kNameBytesMax || !IsUtf8(name)) {
    return Fail(Code::kConfig, "a segment's name has 1 to {} bytes of UTF-8; give another",
                kNameBytesMax);
  }
  model::Bundle next = NextOf(bundle);
  SEGMENTD_ASSIGN_OR_RETURN(model::Segment* const segment, Find(next, id));
  for (const model::Segment& other : next.segments) {
    if (other.id != id && other.name() == name) {
      return Fail(Code::kConfig, "{} is called \"{}\" already; give another name",
                  model::SegmentText(other.id), name);
    }
  }
  if (segment->name() != name) segment->names.emplace_back(next.sequence, name);
  segment->pinned = true;
  segment->rival.clear();
  return next;
}

Result<model::Bundle> Unpin(const model::Bundle& bundle, SegmentId id) {
  model::Bundle next = NextOf(bundle);
  SEGMENTD_ASSIGN_OR_RETURN(model::Segment* const segment, Find(next, id));
  segment->pinned = false;
  return next;
}

}  // namespace segmentd::learn
