#pragma once

#include <cstdint>
#include <map>
#include <set>
#include <utility>

#include "segmentd/model/bundle.h"
#include "segmentd/ports/store.h"
#include "telemetry/families.h"

namespace segmentd::telemetry {

// How many customers each segment has, over all partitions that tell. A segment of the model that
// nobody is in is shown with 0: that is what somebody looks for.
class MemberChildren {
 public:
  explicit MemberChildren(MemberFamilies& families) : families_(families) {}

  void SetModel(std::set<SegmentId> segments) { model_ = std::move(segments); }

  void Set(const ports::Members& told, bool known) {
    ports::Members members = told;
    if (known) {
      for (const SegmentId segment : model_) members.try_emplace(segment, 0);
    }
    double all = 0;
    for (const auto& [segment, customers] : members) all += static_cast<double>(customers);
    std::erase_if(shown_, [&](const auto& at) {
      if (members.contains(at.first)) return false;
      families_.members.Remove(at.second.members);
      families_.ratio.Remove(at.second.ratio);
      return true;
    });
    for (const auto& [segment, customers] : members) {
      const Children& children = Shown(segment);
      children.members->Set(static_cast<double>(customers));
      children.ratio->Set(all > 0 ? static_cast<double>(customers) / all : 0);
    }
  }

 private:
  struct Children {
    prometheus::Gauge* members;
    prometheus::Gauge* ratio;
  };

  const Children& Shown(SegmentId segment) {
    const auto found = shown_.find(segment);
    if (found != shown_.end()) return found->second;
    const prometheus::Labels labels{{"segment", model::SegmentText(segment)}};
    const Children children{&families_.members.Add(labels), &families_.ratio.Add(labels)};
    return shown_.emplace(segment, children).first->second;
  }

  MemberFamilies& families_;
  std::set<SegmentId> model_;
  std::map<SegmentId, Children> shown_;
};

}  // namespace segmentd::telemetry
