#pragma once

#include <map>

#include "segmentd/model/bundle.h"

namespace segmentd::model {

// Which segments became of which with one model: a segment, what was split from it and what was
// merged into it are one line.
class Succession {
 public:
  // Of the bundle's own changes; those of models before it are done.
  explicit Succession(const Bundle& bundle);

  // The same for all segments of a line.
  SegmentId LineOf(SegmentId id) const;

 private:
  std::map<SegmentId, SegmentId> next_;  // towards the end that stands for the line
};

}  // namespace segmentd::model
