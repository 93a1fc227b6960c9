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

Result<AtomicFile> AtomicFile::Open(const std::string& path) {
  std::string beside = fmt::format("{}.{}.tmp", path, ::getpid());
  const int file = ::open(beside.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
  AtomicFile opened(path, std::move(beside), file);
  if (file < 0) return tl::unexpected(opened.Failed().error());
  return opened;
}

AtomicFile::AtomicFile(AtomicFile&& other) noexcept
    : path_(std::move(other.path_)),
      beside_(std::move(other.beside_)),
      file_(std::exchange(other.file_, -1)) {}

AtomicFile::~AtomicFile() {
  if (file_ < 0) return;
  ::close(file_);
  ::unlink(beside_.c_str());
}

Status AtomicFile::Failed() const {
  return Fail(Code::kStorage, "{} cannot be written: {}", path_, std::strerror(errno));
}

Status AtomicFile::Write(std::string_view bytes) {
  return WriteAll(file_, bytes) ? Ok() : Failed();
}

Status AtomicFile::Commit() {
  if (::fsync(file_) != 0 || ::rename(beside_.c_str(), path_.c_str()) != 0) return Failed();
  ::close(std::exchange(file_, -1));
  SyncFolderOf(path_);
  return Ok();
}

Status WriteFileAtomically(const std::string& path, std::string_view bytes) {
  SEGMENTD_ASSIGN_OR_RETURN(AtomicFile file, AtomicFile::Open(path));
  SEGMENTD_RETURN_IF_ERROR(file.Write(bytes));
  return file.Commit();
}

}  // namespace segmentd::app
