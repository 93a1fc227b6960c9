#pragma once

#include <mutex>

#if defined(__clang__)
#define SEGMENTD_ANNOTATE(x) __attribute__((x))
#else
#define SEGMENTD_ANNOTATE(x)
#endif
#define SEGMENTD_GUARDED_BY(x) SEGMENTD_ANNOTATE(guarded_by(x))
#define SEGMENTD_REQUIRES(...) SEGMENTD_ANNOTATE(requires_capability(__VA_ARGS__))

namespace segmentd {

// std::mutex with the annotations that clang's thread-safety analysis reads.
class SEGMENTD_ANNOTATE(capability("mutex")) Mutex {
 public:
  void lock() SEGMENTD_ANNOTATE(acquire_capability()) { mutex_.lock(); }
  void unlock() SEGMENTD_ANNOTATE(release_capability()) { mutex_.unlock(); }

 private:
  std::mutex mutex_;
};

class SEGMENTD_ANNOTATE(scoped_lockable) MutexLock {
 public:
  explicit MutexLock(Mutex& mutex) SEGMENTD_ANNOTATE(acquire_capability(mutex)) : mutex_(mutex) {
    mutex_.lock();
  }
  ~MutexLock() SEGMENTD_ANNOTATE(release_capability()) { mutex_.unlock(); }
  MutexLock(const MutexLock&) = delete;
  MutexLock& operator=(const MutexLock&) = delete;

 private:
  Mutex& mutex_;
};

}  // namespace segmentd
