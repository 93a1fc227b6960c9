#include "segmentd/runtime/helper_threads.h"

#include <chrono>

namespace segmentd::runtime {
namespace {

constexpr std::chrono::milliseconds kLaterWait{100};
constexpr std::chrono::milliseconds kIdleWait{1000};

}  // namespace

HelperThreads::HelperThreads(std::vector<std::unique_ptr<ports::ChangelogReader>> changelogs,
                             std::function<void()> when_idle)
    : changelogs_(std::move(changelogs)), when_idle_(std::move(when_idle)) {
  for (const auto& changelog : changelogs_) {
    threads_.emplace_back(
        [this, &changelog](const std::stop_token& stop) { Run(stop, *changelog); });
  }
}

HelperThreads::~HelperThreads() {
  for (std::jthread& thread : threads_) thread.request_stop();
}

void HelperThreads::Start(const std::shared_ptr<ports::Work>& work) {
  const std::lock_guard lock(mutex_);
  waiting_.push_back(work);
  changed_.notify_one();
}

void HelperThreads::Run(const std::stop_token& stop, ports::ChangelogReader& changelog) {
  std::unique_lock lock(mutex_);
  while (!stop.stop_requested()) {
    if (waiting_.empty()) {
      const bool some_later = !later_.empty();
      changed_.wait_for(lock, stop, some_later ? kLaterWait : kIdleWait,
                        [this] { return !waiting_.empty(); });
      if (waiting_.empty() && !some_later && !stop.stop_requested()) {
        lock.unlock();
        when_idle_();
        lock.lock();
      }
      if (waiting_.empty()) waiting_.swap(later_);
      continue;
    }
    const Entry entry = waiting_.front();
    waiting_.pop_front();
    lock.unlock();
    const ports::Work::Outcome outcome = Do(stop, entry, changelog);
    changelog.Release();
    lock.lock();
    if (outcome == ports::Work::Outcome::kLater) later_.push_back(entry);
  }
}

ports::Work::Outcome HelperThreads::Do(const std::stop_token& stop, const Entry& entry,
                                       ports::ChangelogReader& changelog) {
  // Held for one step only: letting go of the work is how its owner ends it.
  while (const std::shared_ptr<ports::Work> work = entry.lock()) {
    if (stop.stop_requested()) break;
    const ports::Work::Outcome outcome = work->Step(changelog);
    if (outcome != ports::Work::Outcome::kMore) return outcome;
  }
  return ports::Work::Outcome::kDone;
}

}  // namespace segmentd::runtime
