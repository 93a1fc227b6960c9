#include "segmentd/model/succession.h"

namespace segmentd::model {

Succession::Succession(const Bundle& bundle) {
  for (const Lineage& entry : bundle.lineage) {
    const bool joins = entry.kind == Lineage::Kind::kSplit || entry.kind == Lineage::Kind::kMerged;
    if (entry.sequence != bundle.sequence || !joins) continue;
    const SegmentId child = LineOf(entry.child);
    const SegmentId parent = LineOf(entry.parent);
    if (child != parent) next_[child] = parent;
  }
}

SegmentId Succession::LineOf(SegmentId id) const {
  for (auto at = next_.find(id); at != next_.end(); at = next_.find(id)) id = at->second;
  return id;
}

}  // namespace segmentd::model
