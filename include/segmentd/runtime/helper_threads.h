#pragma once

#include <condition_variable>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <thread>
#include <vector>

#include "segmentd/ports/helpers.h"

namespace segmentd::runtime {

// One thread per changelog reader. A thread stays with its work as long as that comes further: a
// partition that is whole serves, two that are half restored do not.
class HelperThreads final : public ports::Helpers {
 public:
  // when_idle is called about once a second by a thread that has nothing else to do.
  HelperThreads(std::vector<std::unique_ptr<ports::ChangelogReader>> changelogs,
                std::function<void()> when_idle);
  // Waits for the steps under way; what is not done then is dropped.
  ~HelperThreads() override;

  void Start(const std::shared_ptr<ports::Work>& work) override;

 private:
  using Entry = std::weak_ptr<ports::Work>;

  void Run(const std::stop_token& stop, ports::ChangelogReader& changelog);
  ports::Work::Outcome Do(const std::stop_token& stop, const Entry& entry,
                          ports::ChangelogReader& changelog);

  const std::vector<std::unique_ptr<ports::ChangelogReader>> changelogs_;
  const std::function<void()> when_idle_;
  std::mutex mutex_;
  std::condition_variable_any changed_;
  std::deque<Entry> waiting_;  // guarded by mutex_
  std::deque<Entry> later_;    // those that could do nothing when last asked; guarded by mutex_
  std::vector<std::jthread> threads_;
};

}  // namespace segmentd::runtime
