#include "segmentd/runtime/helper_threads.h"

#include <gtest/gtest.h>

#include <latch>
#include <semaphore>

#include "support/fake_ports.h"

namespace segmentd::runtime {
namespace {

using Outcome = ports::Work::Outcome;

class Steps final : public ports::Work {
 public:
  explicit Steps(std::function<Outcome(int)> step) : step_(std::move(step)) {}
  Outcome Step(ports::ChangelogReader&) override { return step_(++steps_); }

 private:
  const std::function<Outcome(int)> step_;
  int steps_ = 0;
};

class HelperThreadsTest : public testing::Test {
 protected:
  std::unique_ptr<HelperThreads> Make(
      int threads, std::function<void()> when_idle = [] {}) {
    std::vector<std::unique_ptr<ports::ChangelogReader>> readers;
    for (int i = 0; i < threads; ++i) {
      readers.push_back(std::make_unique<support::FakeChangelogReader>(broker_, chaos_));
    }
    return std::make_unique<HelperThreads>(std::move(readers), std::move(when_idle));
  }

  support::FakeBroker broker_{1, false};
  support::Chaos chaos_;
};

TEST_F(HelperThreadsTest, StepUntilTheWorkIsDoneAndAgainWhenItIsStartedAgain) {
  const auto helpers = Make(1);
  std::binary_semaphore done(0);
  const auto work = std::make_shared<Steps>([&](int step) {
    if (step != 3 && step != 4) return Outcome::kMore;
    done.release();
    return Outcome::kDone;
  });
  helpers->Start(work);
  done.acquire();
  helpers->Start(work);
  done.acquire();
}

TEST_F(HelperThreadsTest, ComeBackToWorkThatHadToWait) {
  const auto helpers = Make(1);
  std::latch done(2);
  const auto waits = std::make_shared<Steps>([&](int step) {
    if (step < 3) return Outcome::kLater;
    done.count_down();
    return Outcome::kDone;
  });
  const auto runs = std::make_shared<Steps>([&](int) {
    done.count_down();
    return Outcome::kDone;
  });
  helpers->Start(waits);
  helpers->Start(runs);
  done.wait();
}

TEST_F(HelperThreadsTest, LetGoOfWorkThatItsOwnerDropped) {
  const auto helpers = Make(1);
  std::binary_semaphore stepping(0);
  std::binary_semaphore dropped(0);
  std::binary_semaphore gone(0);
  auto work = std::make_shared<Steps>(
      [&, last = std::shared_ptr<void>(nullptr, [&](void*) { gone.release(); })](int step) {
        if (step == 1) {
          stepping.release();
          dropped.acquire();
        }
        return Outcome::kMore;
      });
  helpers->Start(work);
  stepping.acquire();
  work.reset();
  dropped.release();
  gone.acquire();
}

TEST_F(HelperThreadsTest, TidyUpWhenThereIsNothingToDo) {
  std::counting_semaphore tidied(0);
  const auto helpers = Make(1, [&] { tidied.release(); });
  tidied.acquire();
}

TEST_F(HelperThreadsTest, EndWithWorkWaiting) {
  std::binary_semaphore stepping(0);
  const auto work = std::make_shared<Steps>([&](int step) {
    if (step == 1) stepping.release();
    return Outcome::kMore;
  });
  const auto helpers = Make(1);
  helpers->Start(work);
  helpers->Start(work);
  stepping.acquire();
}

}  // namespace
}  // namespace segmentd::runtime
