#include "app/write_file.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <filesystem>

namespace segmentd::app {
namespace {

bool WriteAll(int file, std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t written = ::write(file, bytes.data(), bytes.size());
    if (written < 0 && errno != EINTR) return false;
    if (written > 0) bytes.remove_prefix(static_cast<std::size_t>(written));
  }
  return true;
}

// Without it a power cut may undo the rename.
void SyncFolderOf(const std::string& path) {
  const std::filesystem::path folder = std::filesystem::path(path).parent_path();
  const int file =
      ::open(folder.empty() ? "." : folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (file < 0) return;
  ::fsync(file);
  ::close(file);
}

}  // namespace

Status WriteFileAtomically(const std::string& path, std::string_view bytes) {
  const std::string beside = fmt::format("{}.{}.tmp", path, ::getpid());
  const int file = ::open(beside.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
  bool done = file >= 0 && WriteAll(file, bytes) && ::fsync(file) == 0;
  int error = errno;
  if (file >= 0) ::close(file);
  if (done && ::rename(beside.c_str(), path.c_str()) != 0) {
    error = errno;
    done = false;
  }
  if (!done) {
    if (file >= 0) ::unlink(beside.c_str());
    return Fail(Code::kStorage, "{} cannot be written: {}", path, std::strerror(error));
  }
  SyncFolderOf(path);
  return Ok();
}

}  // namespace segmentd::app
