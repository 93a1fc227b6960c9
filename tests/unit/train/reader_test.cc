#include "segmentd/train/reader.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <stdlib.h>
#include <zlib.h>
#include <zstd.h>

#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include "segmentd/base/hash.h"
#include "segmentd/base/time_text.h"

namespace segmentd::train {
namespace {

using testing::HasSubstr;

constexpr std::string_view kHeader = "event_id,customer_id,event_time,kind,amount,category\n";

// An event with texts of its own.
struct Seen {
  std::string customer;
  std::string time;
  event::Kind kind;
  double amount;
  double quantity;
  double discount;
  std::string category;
  std::string channel;
  std::uint64_t id_hash;
};

std::string Gzip(std::string_view text, const std::string& path) {
  const gzFile file = gzopen(path.c_str(), "wb");
  gzwrite(file, text.data(), static_cast<unsigned>(text.size()));
  gzclose(file);
  return path;
}

std::string Zstd(std::string_view text) {
  std::string packed(ZSTD_compressBound(text.size()), '\0');
  packed.resize(ZSTD_compress(packed.data(), packed.size(), text.data(), text.size(), 1));
  return packed;
}

class ReaderTest : public testing::Test {
 protected:
  ReaderTest() {
    std::string folder = testing::TempDir() + "reader_test_XXXXXX";
    folder_ = mkdtemp(folder.data());
  }
  ~ReaderTest() override { std::filesystem::remove_all(folder_); }

  std::string Path(const std::string& name) const { return folder_ + "/" + name; }

  std::string Write(const std::string& name, std::string_view text) const {
    std::ofstream(Path(name), std::ios::binary) << text;
    return Path(name);
  }

  Result<ReadReport> Read(const std::string& path) {
    seen_.clear();
    return ReadEvents(
        path, format_,
        [&](const event::Event& event) {
          seen_.push_back({std::string(event.customer_id), FormatRfc3339(event.event_time_ms),
                           event.kind, event.amount, event.quantity, event.discount,
                           std::string(event.category), std::string(event.channel), event.id_hash});
        },
        progress_);
  }

  Result<ReadReport> ReadCsv(std::string_view text) { return Read(Write("events.csv", text)); }
  std::string ErrorOf(std::string_view text) {
    const Result<ReadReport> report = ReadCsv(text);
    return report.ok() ? "no error" : report.error().message;
  }

  std::string folder_;
  event::Format format_;
  ByteProgress progress_;
  std::vector<Seen> seen_;
};

std::string Csv(int rows) {
  std::string text(kHeader);
  for (int i = 0; i < rows; ++i) {
    text += "e-" + std::to_string(i) + ",c" + std::to_string(i % 100) +
            ",2026-11-20T10:15:02Z,purchase," + std::to_string(i) + ".50,toys\n";
  }
  return text;
}

TEST_F(ReaderTest, ReadsCsvByItsHeader) {
  const auto report = ReadCsv(
      "amount,customer_id,event_time,quantity,discount,channel,category,event_id,kind,colour\n"
      "59.90,c42,2026-11-20T10:15:02.120Z,2,5.00,web,grocery,o-1,purchase,red\n"
      "10,c42,2026-11-21T10:15:02+01:00,,,,,,refund,\n"
      ",c7,2026-11-21 10:15:02,,,app,,,visit,\n"
      "-3.5,c7,2026-11-22,-1,,,,,,\n");
  ASSERT_TRUE(report.ok()) << report.error().message;
  EXPECT_EQ(report->rows, 4U);
  EXPECT_EQ(report->events, 4U);
  ASSERT_EQ(seen_.size(), 4U);
  EXPECT_EQ(seen_[0].customer, "c42");
  EXPECT_EQ(seen_[0].time, "2026-11-20T10:15:02.120Z");
  EXPECT_EQ(seen_[0].amount, 59.90);
  EXPECT_EQ(seen_[0].quantity, 2);
  EXPECT_EQ(seen_[0].discount, 5);
  EXPECT_EQ(seen_[0].category, "grocery");
  EXPECT_EQ(seen_[0].channel, "web");
  EXPECT_EQ(seen_[0].id_hash, Hash64("o-1"));
  EXPECT_EQ(seen_[1].kind, event::Kind::kRefund);
  EXPECT_EQ(seen_[1].time, "2026-11-21T09:15:02.000Z");
  EXPECT_EQ(seen_[1].quantity, 1);
  EXPECT_EQ(seen_[2].kind, event::Kind::kVisit);
  EXPECT_EQ(seen_[2].time, "2026-11-21T10:15:02.000Z");
  EXPECT_EQ(seen_[3].kind, event::Kind::kRefund);
  EXPECT_EQ(seen_[3].amount, 3.5);
  EXPECT_EQ(seen_[3].time, "2026-11-22T00:00:00.000Z");
}

TEST_F(ReaderTest, ReadsQuotesCarriageReturnsMarksAndOtherDelimiters) {
  const auto report = ReadCsv(
      "\xEF\xBB\xBF\"customer_id\";event_time;amount;category\r\n"
      "\"c;1\";2026-11-20;1;\"home \"\"and\"\"\r\ngarden\"\r\n"
      "\r\n"
      "c2;2026-11-20;x;\r\n");
  ASSERT_TRUE(report.ok()) << report.error().message;
  ASSERT_EQ(seen_.size(), 1U);
  EXPECT_EQ(seen_[0].customer, "c;1");
  EXPECT_EQ(seen_[0].category, "home \"and\"\r\ngarden");
  ASSERT_EQ(report->first_bad.size(), 1U);
  EXPECT_EQ(report->first_bad[0].line, 5U);
}

TEST_F(ReaderTest, MapsColumnsAndConstants) {
  format_.fields["customer_id"].path = "/Customer ID";
  format_.fields["event_time"].path = "when.at";
  format_.fields["channel"].constant = "store";
  format_.fields["quantity"].constant = 3.0;
  const auto report = ReadCsv("Customer ID,when.at,amount\nc1,2026-11-20,5\n");
  ASSERT_TRUE(report.ok()) << report.error().message;
  EXPECT_EQ(seen_[0].customer, "c1");
  EXPECT_EQ(seen_[0].channel, "store");
  EXPECT_EQ(seen_[0].quantity, 3);
}

TEST_F(ReaderTest, NamesTheNearestColumnWhenOneIsMissing) {
  EXPECT_THAT(ErrorOf("custmer_id,event_time,amount\nc1,2026-11-20,5\n"),
              HasSubstr("there is no column \"customer_id\" for customer_id; did you mean "
                        "\"custmer_id\"?"));
  EXPECT_THAT(ErrorOf("customer_id,ts,amount\nc1,2026-11-20,5\n"),
              HasSubstr("The columns are: customer_id, ts, amount"));
  format_.fields["category"].path = "group";
  EXPECT_THAT(ErrorOf("customer_id,event_time,amount\nc1,2026-11-20,5\n"),
              HasSubstr("there is no column \"group\" for category"));
}

TEST_F(ReaderTest, RefusesAnUnknownFieldInTheMapping) {
  format_.fields["amuont"].path = "amount";
  EXPECT_THAT(ErrorOf("customer_id,event_time,amount\nc1,2026-11-20,5\n"), HasSubstr("\"amount\""));
}

TEST_F(ReaderTest, ReadsSecondsAndMilliseconds) {
  const std::string_view text =
      "customer_id,event_time,amount\nc1,1795169702,5\nc1,1795169702.0,5\n";
  format_.time = event::TimeFormat::kSeconds;
  ASSERT_TRUE(ReadCsv(text).ok());
  EXPECT_EQ(seen_[0].time, "2026-11-20T10:15:02.000Z");
  EXPECT_EQ(seen_[1].time, "2026-11-20T10:15:02.000Z");
  format_.time = event::TimeFormat::kMilliseconds;
  ASSERT_TRUE(ReadCsv("customer_id,event_time,amount\nc1,1795169702120,5\n").ok());
  EXPECT_EQ(seen_[0].time, "2026-11-20T10:15:02.120Z");
}

TEST_F(ReaderTest, CountsBadRowsByReasonAndGoesOn) {
  std::string text(kHeader);
  text += "e1,c1,2026-11-20,purchase,1,toys\n";
  text += "e2,,2026-11-20,purchase,1,toys\n";
  text += "e3,c1,20.11.2026,purchase,1,toys\n";
  text += "e4,c1,2026-02-30,purchase,1,toys\n";
  text += "e5,c1,2026-11-20,gift,1,toys\n";
  text += "e6,c1,2026-11-20,purchase,\"1,5\",toys\n";
  text += "e7,c1,2026-11-20,purchase,1,5,toys\n";
  text += "e8,c1,2026-11-20,purchase,,toys\n";
  text += "e9,c1,2026-11-20,purchase,inf,toys\n";
  text += "e10,c1,2026-11-20T25:00:00Z,purchase,1,toys\n";
  text += "e11,c1,2026-11-20,purchase,2,toys\n";
  const auto report = ReadCsv(text);
  ASSERT_TRUE(report.ok()) << report.error().message;
  EXPECT_EQ(report->rows, 11U);
  EXPECT_EQ(report->events, 2U);
  EXPECT_EQ(report->bad, 9U);
  EXPECT_EQ(report->bad_by_code.at(event::RejectCode::kMissingField), 2U);
  EXPECT_EQ(report->bad_by_code.at(event::RejectCode::kBadTime), 3U);
  EXPECT_EQ(report->bad_by_code.at(event::RejectCode::kBadValue), 3U);
  EXPECT_EQ(report->bad_by_code.at(event::RejectCode::kMalformed), 1U);
  ASSERT_EQ(report->first_bad.size(), 5U);
  EXPECT_EQ(report->first_bad[0].line, 3U);
  EXPECT_THAT(report->first_bad[1].message, HasSubstr("\"20.11.2026\""));
}

TEST_F(ReaderTest, LosesOneRowToAStrayQuote) {
  std::string text = Csv(1);
  text += "e,c1,2026-11-20,purchase,1,\"toys\n";
  text += "e,c2,2026-11-20,purchase,1,toys\n";
  const auto report = ReadCsv(text);
  ASSERT_TRUE(report.ok()) << report.error().message;
  EXPECT_EQ(report->events, 2U);
  EXPECT_EQ(report->first_bad.at(0).line, 3U);
  EXPECT_EQ(seen_[1].customer, "c2");
}

TEST_F(ReaderTest, SkipsARowThatIsTooLongToHold) {
  format_.max_bytes = 1'000;
  std::string text = Csv(1);
  text += "e,c1,2026-11-20,purchase,1," + std::string(2'000'000, 'x') + "\n";
  text += "e,c2,2026-11-20,purchase,1,toys\n";
  const auto csv = ReadCsv(text);
  ASSERT_TRUE(csv.ok()) << csv.error().message;
  EXPECT_EQ(csv->events, 2U);
  EXPECT_EQ(csv->bad, 1U);
}

TEST_F(ReaderTest, RefusesAFileOfWhichNothingCanBeUsed) {
  EXPECT_THAT(ErrorOf("customer_id,event_time,amount\nc1,2026-11-20,\nc2,2026-11-20,\n"),
              HasSubstr("none of the 2 rows"));
  EXPECT_THAT(ErrorOf("customer_id,event_time,amount\n"), HasSubstr("holds no rows"));
  EXPECT_THAT(ErrorOf(""), HasSubstr("there is no column"));
}

TEST_F(ReaderTest, ReadsGzipAndZstdAsItReadsThePlainFile) {
  const std::string text = Csv(20'000);
  ASSERT_TRUE(ReadCsv(text).ok());
  const std::size_t events = seen_.size();
  const double amount = seen_.back().amount;
  for (const std::string& path :
       {Gzip(text, Path("events.csv.gz")), Write("events.csv.zst", Zstd(text)),
        Write("frames.csv.zst", Zstd(text.substr(0, 100)) + Zstd(text.substr(100)))}) {
    const auto report = Read(path);
    ASSERT_TRUE(report.ok()) << path << report.error().message;
    EXPECT_EQ(seen_.size(), events);
    EXPECT_EQ(seen_.back().amount, amount);
  }
}

TEST_F(ReaderTest, SaysThatACompressedFileIsDamaged) {
  const std::string text = Csv(20'000);
  const std::string path = Gzip(text, Path("cut.csv.gz"));
  std::filesystem::resize_file(path, std::filesystem::file_size(path) / 2);
  EXPECT_EQ(Read(path).error().code, Code::kCorruption);
  const std::string packed = Zstd(text);
  EXPECT_EQ(Read(Write("cut.csv.zst", packed.substr(0, packed.size() / 2))).error().code,
            Code::kCorruption);
  EXPECT_EQ(Read(Write("plain.csv.zst", text)).error().code, Code::kCorruption);
  EXPECT_EQ(Read(Write("plain.csv.gz", text)).error().code, Code::kCorruption);
}

TEST_F(ReaderTest, ReadsJsonLinesThroughTheDecoder) {
  format_.fields["amount"].path = "order.total";
  const auto report = Read(Write(
      "events.jsonl",
      "{\"customer_id\":\"c1\",\"event_time\":\"2026-11-20T10:15:02Z\",\"order\":{\"total\":5.5}}\n"
      "\r\n"
      "{\"customer_id\":\"c1\"\n"
      "{\"event_time\":\"2026-11-20T10:15:02Z\",\"order\":{\"total\":5.5}}\n"
      "{\"customer_id\":\"c2\",\"event_time\":\"2026-11-20T10:15:03Z\",\"order\":{\"total\":6}}"));
  ASSERT_TRUE(report.ok()) << report.error().message;
  EXPECT_EQ(report->rows, 4U);
  ASSERT_EQ(seen_.size(), 2U);
  EXPECT_EQ(seen_[0].amount, 5.5);
  EXPECT_EQ(seen_[1].customer, "c2");
  EXPECT_EQ(report->first_bad.at(0).line, 3U);
  EXPECT_EQ(report->first_bad.at(0).code, event::RejectCode::kMalformed);
  EXPECT_EQ(report->first_bad.at(1).code, event::RejectCode::kMissingField);
}

TEST_F(ReaderTest, TellsItsProgressInBytesOfTheFile) {
  std::uint64_t last = 0, total = 0;
  progress_ = [&](std::uint64_t done, std::uint64_t of) {
    EXPECT_GE(done, last);
    last = done;
    total = of;
  };
  const std::string text = Csv(20'000);
  ASSERT_TRUE(ReadCsv(text).ok());
  EXPECT_EQ(last, text.size());
  EXPECT_EQ(total, text.size());
  last = 0;
  const std::string path = Gzip(text, Path("events.csv.gz"));
  ASSERT_TRUE(Read(path).ok());
  EXPECT_EQ(last, std::filesystem::file_size(path));
}

TEST_F(ReaderTest, SaysWhatIsWrongWithThePath) {
  EXPECT_EQ(Read(Path("none.csv")).error().code, Code::kNotFound);
  EXPECT_EQ(Read(Write("events.xlsx", "x")).error().code, Code::kConfig);
  std::filesystem::create_directory(Path("folder.csv"));
  EXPECT_EQ(Read(Path("folder.csv")).error().code, Code::kConfig);
}

TEST_F(ReaderTest, FillsAHistory) {
  History history;
  const auto report = ReadHistory(Write("events.csv", Csv(1'000)), format_, {}, history);
  ASSERT_TRUE(report.ok());
  EXPECT_EQ(history.events(), 1'000U);
  EXPECT_EQ(history.customers(), 100U);
  EXPECT_EQ(FormatRfc3339(history.newest_ms()), "2026-11-20T10:15:02.000Z");
}

}  // namespace
}  // namespace segmentd::train
