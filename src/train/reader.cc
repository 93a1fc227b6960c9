#include "segmentd/train/reader.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstring>
#include <utility>

#include "byte_source.h"
#include "columns.h"
#include "csv.h"
#include "window.h"

namespace segmentd::train {
namespace {

constexpr std::size_t kFirstBad = 5;
constexpr std::string_view kByteOrderMark = "\xEF\xBB\xBF";

// Cuts the endings off that say how a file is packed.
std::string_view WithoutPacking(std::string_view name) {
  for (const std::string_view ending : {".gz", ".zst"}) {
    if (name.ends_with(ending)) return name.substr(0, name.size() - ending.size());
  }
  return name;
}

bool EndsWithOneOf(std::string_view name, std::initializer_list<std::string_view> endings) {
  return std::any_of(endings.begin(), endings.end(),
                     [&](std::string_view ending) { return name.ends_with(ending); });
}

// What both kinds of file share: the window, the counts, the progress.
class FileReader {
 public:
  FileReader(ByteSource& source, const event::Format& format, const EventSink& sink,
             const ByteProgress& progress)
      : source_(source),
        format_(format),
        sink_(sink),
        progress_(progress),
        window_(source, static_cast<std::size_t>(std::max<std::int64_t>(format.max_bytes, 1))) {}

  Status ReadJsonLines();
  Status ReadCsv();

  ReadReport& report() { return report_; }

 private:
  Status More();
  Status ReadHeader(std::vector<std::string>& header, char& delimiter);
  void TakeCsvRow(CsvRow& row, Columns& columns);
  Status SkipLine();
  void Take(const tl::expected<event::Event, event::Rejection>& event);
  void Refuse(const event::Rejection& rejection);

  ByteSource& source_;
  const event::Format& format_;
  const EventSink& sink_;
  const ByteProgress& progress_;
  Window window_;
  ReadReport report_;
  std::uint64_t line_ = 1;
};

Status FileReader::More() {
  SEGMENTD_RETURN_IF_ERROR(window_.More());
  if (progress_) progress_(source_.position(), source_.size());
  return Ok();
}

void FileReader::Take(const tl::expected<event::Event, event::Rejection>& event) {
  if (!event.has_value()) return Refuse(event.error());
  ++report_.rows;
  ++report_.events;
  sink_(*event);
}

void FileReader::Refuse(const event::Rejection& rejection) {
  ++report_.rows;
  ++report_.bad;
  ++report_.bad_by_code[rejection.code];
  if (report_.first_bad.size() < kFirstBad) {
    report_.first_bad.push_back({line_, rejection.code, rejection.message});
  }
}

// The rest of a line that is too long to be held.
Status FileReader::SkipLine() {
  for (;;) {
    const void* const found = std::memchr(window_.begin(), '\n', window_.size());
    if (found != nullptr) {
      window_.Consume(static_cast<std::size_t>(static_cast<const char*>(found) - window_.begin()) +
                      1);
      ++line_;
      return Ok();
    }
    window_.Consume(window_.size());
    if (window_.at_end()) return Ok();
    SEGMENTD_RETURN_IF_ERROR(More());
  }
}

Status FileReader::ReadJsonLines() {
  event::Format format = format_;
  format.encoding = event::Encoding::kJson;
  format.framing = event::Framing::kNone;
  format.keyed = false;
  SEGMENTD_ASSIGN_OR_RETURN(const std::unique_ptr<event::Decoder> decoder,
                            event::Decoder::Create(format));
  for (;;) {
    const void* const found = std::memchr(window_.begin(), '\n', window_.size());
    if (found == nullptr && window_.full()) {
      Refuse({event::RejectCode::kTooLarge, event::Stage::kDecode,
              fmt::format("the line has more than {} bytes", format.max_bytes)});
      SEGMENTD_RETURN_IF_ERROR(SkipLine());
      continue;
    }
    if (found == nullptr && !window_.at_end()) {
      decoder->Reset();
      SEGMENTD_RETURN_IF_ERROR(More());
      continue;
    }
    if (window_.size() == 0) return Ok();
    const char* const end = found == nullptr ? window_.end() : static_cast<const char*>(found);
    std::string_view line(window_.begin(), static_cast<std::size_t>(end - window_.begin()));
    const std::size_t bytes = line.size() + (found == nullptr ? 0 : 1);
    if (line_ == 1 && line.starts_with(kByteOrderMark)) line.remove_prefix(kByteOrderMark.size());
    if (line.find_first_not_of(" \t\r") != std::string_view::npos) {
      event::RawRecord record;
      record.value = line;
      Take(decoder->DecodeTransaction(record));
    }
    window_.Consume(bytes);
    ++line_;
  }
}

Status FileReader::ReadHeader(std::vector<std::string>& header, char& delimiter) {
  const char* end = nullptr;
  while (end == nullptr) {
    end = static_cast<const char*>(std::memchr(window_.begin(), '\n', window_.size()));
    if (end != nullptr) break;
    if (window_.full())
      return Fail(Code::kConfig, "the header has more than {} bytes", window_.size());
    if (window_.at_end()) break;
    SEGMENTD_RETURN_IF_ERROR(More());
  }
  if (std::string_view(window_.begin(), window_.size()).starts_with(kByteOrderMark)) {
    window_.Consume(kByteOrderMark.size());
  }
  if (end == nullptr) end = window_.end();
  delimiter = DelimiterOf({window_.begin(), static_cast<std::size_t>(end - window_.begin())});
  CsvRow row(delimiter);
  if (row.Parse(window_.begin(), window_.end(), true) != CsvRow::Found::kRow) {
    return Fail(Code::kConfig, "a quote in the header is not closed");
  }
  row.Unescape(window_.mutable_begin());
  header.assign(row.fields().begin(), row.fields().end());
  window_.Consume(row.bytes());
  line_ += row.lines();
  return Ok();
}

void FileReader::TakeCsvRow(CsvRow& row, Columns& columns) {
  row.Unescape(window_.mutable_begin());
  if (!row.blank()) Take(columns.Read(row.fields()));
  window_.Consume(row.bytes());
  line_ += row.lines();
}

Status FileReader::ReadCsv() {
  std::vector<std::string> header;
  char delimiter = ',';
  SEGMENTD_RETURN_IF_ERROR(ReadHeader(header, delimiter));
  SEGMENTD_ASSIGN_OR_RETURN(Columns columns,
                            Columns::Match(format_, {header.begin(), header.end()}));
  CsvRow row(delimiter);
  for (;;) {
    while (window_.size() > 0 &&
           row.Parse(window_.begin(), window_.end(), window_.at_end()) == CsvRow::Found::kRow) {
      TakeCsvRow(row, columns);
    }
    if (window_.size() == 0 && window_.at_end()) return Ok();
    if (!window_.full() && !window_.at_end()) {
      SEGMENTD_RETURN_IF_ERROR(More());
      continue;
    }
    // What is open is most likely a stray quote, and the next line a row again.
    Refuse({event::RejectCode::kMalformed, event::Stage::kDecode,
            fmt::format("the row does not end within {} bytes, or a quote is not closed",
                        format_.max_bytes)});
    SEGMENTD_RETURN_IF_ERROR(SkipLine());
  }
}

Result<ReadReport> Finish(const std::string& path, ReadReport report) {
  if (report.rows == 0) return Fail(Code::kConfig, "{} holds no rows", path);
  if (report.events == 0) {
    const BadRow& first = report.first_bad.front();
    return Fail(Code::kConfig, "none of the {} rows of {} can be used; line {}: {}: {}",
                report.rows, path, first.line, event::RejectCodeName(first.code), first.message);
  }
  return report;
}

}  // namespace

Result<ReadReport> ReadEvents(const std::string& path, const event::Format& format,
                              const EventSink& sink, const ByteProgress& progress) {
  const std::string_view name = WithoutPacking(path);
  const bool is_json = EndsWithOneOf(name, {".jsonl", ".ndjson", ".json"});
  if (!is_json && !EndsWithOneOf(name, {".csv", ".tsv", ".txt"})) {
    return Fail(
        Code::kConfig,
        "cannot tell by its ending what {} holds; call it .jsonl (one JSON object per line) "
        "or .csv (with a header), and .gz or .zst after that when it is compressed",
        path);
  }
  SEGMENTD_ASSIGN_OR_RETURN(const std::unique_ptr<ByteSource> source, OpenByteSource(path));
  FileReader reader(*source, format, sink, progress);
  if (Status status = is_json ? reader.ReadJsonLines() : reader.ReadCsv(); !status.ok()) {
    return tl::unexpected<Error>(status.error().With(path));
  }
  return Finish(path, std::move(reader.report()));
}

Result<ReadReport> ReadHistory(const std::string& path, const event::Format& format,
                               const ByteProgress& progress, History& history) {
  return ReadEvents(
      path, format, [&](const event::Event& event) { history.Add(event); }, progress);
}

}  // namespace segmentd::train
