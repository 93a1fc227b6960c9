#pragma once

#include <deque>
#include <memory>

#include "segmentd/ports/helpers.h"

namespace segmentd::support {

// Helpers that get further only when told to, in an order that a test can repeat.
class StepHelpers final : public ports::Helpers {
 public:
  explicit StepHelpers(ports::ChangelogReader& changelog) : changelog_(changelog) {}

  void Start(const std::shared_ptr<ports::Work>& work) override { waiting_.push_back(work); }

  // One step of each work that waits now.
  void StepAll() {
    for (std::size_t n = waiting_.size(); n > 0; --n) {
      const std::weak_ptr<ports::Work> entry = waiting_.front();
      waiting_.pop_front();
      const std::shared_ptr<ports::Work> work = entry.lock();
      if (work == nullptr) continue;
      if (work->Step(changelog_) != ports::Work::Outcome::kDone) waiting_.push_back(entry);
    }
  }

 private:
  ports::ChangelogReader& changelog_;
  std::deque<std::weak_ptr<ports::Work>> waiting_;
};

}  // namespace segmentd::support
