#include "segmentd/rocks/attempts.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <map>

#include "segmentd/base/mutex.h"

namespace segmentd::rocks {
namespace {

class AttemptFiles final : public ports::Attempts {
 public:
  AttemptFiles(std::string dir, bool unclean) : dir_(std::move(dir)), unclean_(unclean) {}
  ~AttemptFiles() override {
    for (const auto& [partition, fd] : files_) {
      close(fd);
      unlink(PathOf(partition).c_str());
    }
    unlink((dir_ + "/running").c_str());
  }

  bool unclean() const override { return unclean_; }

  std::optional<ports::Attempt> Left(Partition partition) override {
    std::ifstream file(PathOf(partition));
    int source = 0;
    std::int64_t first = 0;
    std::int64_t last = 0;
    ports::Attempt left;
    if (!(file >> source >> first >> last >> left.crashes)) return std::nullopt;
    left.source = source == 0 ? event::Source::kTransactions : event::Source::kProfiles;
    left.first = Offset{first};
    left.last = Offset{last};
    return left;
  }

  Status Begin(Partition partition, const ports::Attempt& attempt) override {
    SEGMENTD_ASSIGN_OR_RETURN(const int fd, FileOf(partition));
    const std::string text =
        fmt::format("{} {} {} {}\n", attempt.source == event::Source::kTransactions ? 0 : 1,
                    attempt.first.value(), attempt.last.value(), attempt.crashes);
    if (ftruncate(fd, 0) == 0 &&
        pwrite(fd, text.data(), text.size(), 0) == static_cast<ssize_t>(text.size()) &&
        fsync(fd) == 0) {
      return Ok();
    }
    return Fail(Code::kStorage, "cannot write {}: {}", PathOf(partition), std::strerror(errno));
  }

  void End(Partition partition) override {
    const Result<int> fd = FileOf(partition);
    // Should it stay, the next start is more careful than it need be.
    if (fd.ok()) static_cast<void>(ftruncate(*fd, 0) == 0);
  }

 private:
  std::string PathOf(Partition partition) const {
    return fmt::format("{}/{}.attempt", dir_, partition.value());
  }

  Result<int> FileOf(Partition partition) {
    const MutexLock lock(mutex_);
    const auto at = files_.find(partition);
    if (at != files_.end()) return at->second;
    const std::string path = PathOf(partition);
    const int fd = open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0644);
    if (fd < 0) return Fail(Code::kStorage, "cannot open {}: {}", path, std::strerror(errno));
    files_[partition] = fd;
    return fd;
  }

  const std::string dir_;
  const bool unclean_;
  Mutex mutex_;
  std::map<Partition, int> files_ SEGMENTD_GUARDED_BY(mutex_);
};

}  // namespace

Result<std::unique_ptr<ports::Attempts>> OpenAttempts(const std::string& dir) {
  const std::string path = dir + "/running";
  const bool unclean = std::filesystem::exists(path);
  const int fd = open(path.c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, 0644);
  if (fd < 0) return Fail(Code::kStorage, "cannot write {}: {}", path, std::strerror(errno));
  close(fd);
  return std::make_unique<AttemptFiles>(dir, unclean);
}

}  // namespace segmentd::rocks
