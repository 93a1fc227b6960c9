#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <random>

#include "segmentd/rocks/stores.h"

namespace segmentd::rocks {
namespace {

constexpr std::size_t kIdBytesMax = 64;

// A random UUID (version 4). The one place where chance is wanted: two hosts must never agree.
std::string NewUuid() {
  std::random_device device;
  std::string hex;
  for (int i = 0; i < 4; ++i) hex += fmt::format("{:08x}", device());
  hex[12] = '4';
  hex[16] = "89ab"[device() % 4];
  return fmt::format("{}-{}-{}-{}-{}", hex.substr(0, 8), hex.substr(8, 4), hex.substr(12, 4),
                     hex.substr(16, 4), hex.substr(20));
}

bool IsUsable(std::string_view id) {
  return !id.empty() && id.size() <= kIdBytesMax && std::all_of(id.begin(), id.end(), [](char c) {
    return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '-' || c == '_' || c == '.';
  });
}

// Whole or not at all, also after a power cut.
Status WriteDurably(const std::string& path, std::string_view text) {
  const std::string draft = path + ".new";
  const int fd = open(draft.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
  const bool written = fd >= 0 &&
                       write(fd, text.data(), text.size()) == static_cast<ssize_t>(text.size()) &&
                       fsync(fd) == 0;
  const int cause = errno;
  if (fd >= 0) close(fd);
  if (!written) return Fail(Code::kStorage, "cannot write {}: {}", draft, std::strerror(cause));
  if (rename(draft.c_str(), path.c_str()) != 0) {
    return Fail(Code::kStorage, "cannot write {}: {}", path, std::strerror(errno));
  }
  return Ok();
}

}  // namespace

Result<std::string> InstanceId(const std::string& dir) {
  const std::string path = dir + "/instance";
  if (std::filesystem::exists(path)) {
    std::string id;
    std::ifstream file(path);
    std::getline(file, id);
    if (!IsUsable(id)) {
      return Fail(Code::kStorage,
                  "{} does not hold an instance name (letters, digits, '-', '_', '.'): set "
                  "`instance` in the configuration, or remove the file to get a new name",
                  path);
    }
    return id;
  }
  const std::string id = NewUuid();
  SEGMENTD_RETURN_IF_ERROR(WriteDurably(path, id + "\n"));
  return id;
}

}  // namespace segmentd::rocks
