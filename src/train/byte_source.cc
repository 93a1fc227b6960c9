#include "byte_source.h"

#include <zlib.h>
#include <zstd.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <limits>
#include <string_view>
#include <system_error>
#include <vector>

namespace segmentd::train {
namespace {

struct CloseFile {
  void operator()(std::FILE* file) const { std::fclose(file); }
  void operator()(gzFile_s* file) const { gzclose_r(file); }
};
struct FreeZstd {
  void operator()(ZSTD_DStream* stream) const { ZSTD_freeDStream(stream); }
};
using File = std::unique_ptr<std::FILE, CloseFile>;

tl::unexpected<Error> ReadFailed(const std::string& path) {
  return Fail(Code::kStorage, "reading {}: {}", path, std::strerror(errno));
}

tl::unexpected<Error> Damaged(const std::string& path, std::string_view why) {
  return Fail(Code::kCorruption, "{} is damaged or incomplete ({}); copy or make it again", path,
              why);
}

class PlainFile final : public ByteSource {
 public:
  PlainFile(std::string path, File file, std::uint64_t size)
      : path_(std::move(path)), file_(std::move(file)), size_(size) {
    // The caller's buffer is the only one that is needed.
    std::setvbuf(file_.get(), nullptr, _IONBF, 0);
  }

  Result<std::size_t> Read(std::span<char> out) override {
    const std::size_t count = std::fread(out.data(), 1, out.size(), file_.get());
    if (count == 0 && std::ferror(file_.get()) != 0) return ReadFailed(path_);
    position_ += count;
    return count;
  }
  std::uint64_t position() const override { return position_; }
  std::uint64_t size() const override { return size_; }

 private:
  std::string path_;
  File file_;
  std::uint64_t size_;
  std::uint64_t position_ = 0;
};

class GzipFile final : public ByteSource {
 public:
  GzipFile(std::string path, gzFile file, std::uint64_t size)
      : path_(std::move(path)), file_(file), size_(size) {
    gzbuffer(file_.get(), 1 << 17);
  }

  Result<std::size_t> Read(std::span<char> out) override {
    const auto most =
        static_cast<unsigned>(std::min<std::size_t>(out.size(), std::numeric_limits<int>::max()));
    const int count = gzread(file_.get(), out.data(), most);
    int code = Z_OK;
    const char* const why = gzerror(file_.get(), &code);
    if (code == Z_ERRNO) return ReadFailed(path_);
    // A file that ends too early reads well up to there and then says Z_BUF_ERROR.
    if (count < 0 || (count == 0 && code != Z_OK)) return Damaged(path_, why);
    // zlib hands through what has no gzip header.
    if (gzdirect(file_.get()) != 0) return Damaged(path_, "it is not gzip");
    return static_cast<std::size_t>(count);
  }
  std::uint64_t position() const override {
    return static_cast<std::uint64_t>(std::max<z_off_t>(0, gzoffset(file_.get())));
  }
  std::uint64_t size() const override { return size_; }

 private:
  std::string path_;
  std::unique_ptr<gzFile_s, CloseFile> file_;
  std::uint64_t size_;
};

class ZstdFile final : public ByteSource {
 public:
  ZstdFile(std::string path, File file, std::uint64_t size)
      : path_(std::move(path)),
        file_(std::move(file)),
        size_(size),
        stream_(ZSTD_createDStream()),
        input_(ZSTD_DStreamInSize()) {}

  Result<std::size_t> Read(std::span<char> out) override {
    ZSTD_outBuffer target{out.data(), out.size(), 0};
    while (target.pos == 0) {
      if (source_.pos == source_.size) {
        const std::size_t count = std::fread(input_.data(), 1, input_.size(), file_.get());
        if (count == 0 && std::ferror(file_.get()) != 0) return ReadFailed(path_);
        if (count == 0 && within_frame_) return Damaged(path_, "the last frame does not end");
        if (count == 0) return 0;
        position_ += count;
        source_ = {input_.data(), count, 0};
      }
      const std::size_t hint = ZSTD_decompressStream(stream_.get(), &target, &source_);
      if (ZSTD_isError(hint) != 0) return Damaged(path_, ZSTD_getErrorName(hint));
      within_frame_ = hint != 0;
    }
    return target.pos;
  }
  std::uint64_t position() const override { return position_; }
  std::uint64_t size() const override { return size_; }

 private:
  std::string path_;
  File file_;
  std::uint64_t size_;
  std::unique_ptr<ZSTD_DStream, FreeZstd> stream_;
  std::vector<char> input_;
  ZSTD_inBuffer source_{nullptr, 0, 0};
  bool within_frame_ = false;
  std::uint64_t position_ = 0;
};

tl::unexpected<Error> OpenFailed(const std::string& path, const std::error_code& error) {
  const bool missing =
      error == std::errc::no_such_file_or_directory || error == std::errc::not_a_directory;
  return Fail(missing ? Code::kNotFound : Code::kStorage, "cannot open {}: {}", path,
              error.message());
}

std::error_code LastError() { return {errno, std::generic_category()}; }

}  // namespace

Result<std::unique_ptr<ByteSource>> OpenByteSource(const std::string& path) {
  std::error_code error;
  if (std::filesystem::is_directory(path, error)) {
    return Fail(Code::kConfig, "{} is a folder; name a file", path);
  }
  if (error) return OpenFailed(path, error);
  // A pipe has no size; its progress then has no end to count to.
  std::uint64_t size = std::filesystem::file_size(path, error);
  if (error) size = 0;
  const std::string_view name = path;
  if (name.ends_with(".gz")) {
    const gzFile file = gzopen(path.c_str(), "rb");
    if (file == nullptr) return OpenFailed(path, LastError());
    return std::make_unique<GzipFile>(path, file, size);
  }
  File file(std::fopen(path.c_str(), "rb"));
  if (file == nullptr) return OpenFailed(path, LastError());
  if (name.ends_with(".zst")) return std::make_unique<ZstdFile>(path, std::move(file), size);
  return std::make_unique<PlainFile>(path, std::move(file), size);
}

}  // namespace segmentd::train
