#include "train/csv.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace segmentd::train {
namespace {

using testing::ElementsAre;

// All rows of a text that ends here, each as its fields; "..." for a row that does not end.
std::vector<std::vector<std::string>> Rows(std::string text, char delimiter = ',') {
  std::vector<std::vector<std::string>> rows;
  const std::size_t size = text.size();
  text.push_back('\n');
  CsvRow row(delimiter);
  for (std::size_t at = 0; at < size; at += row.bytes()) {
    char* const from = text.data() + at;
    if (row.Parse(from, text.data() + size, true) == CsvRow::Found::kPartial) {
      rows.push_back({"..."});
      break;
    }
    row.Unescape(from);
    rows.emplace_back(row.fields().begin(), row.fields().end());
  }
  return rows;
}

TEST(CsvRowTest, CutsFieldsAndRows) {
  EXPECT_THAT(Rows("a,b,c\n1,,3\n"),
              ElementsAre(ElementsAre("a", "b", "c"), ElementsAre("1", "", "3")));
  EXPECT_THAT(Rows("a;b\n", ';'), ElementsAre(ElementsAre("a", "b")));
}

TEST(CsvRowTest, TakesALastLineWithoutItsEnd) {
  EXPECT_THAT(Rows("a,b\n1,2"), ElementsAre(ElementsAre("a", "b"), ElementsAre("1", "2")));
  EXPECT_THAT(Rows("a,b\n1,"), ElementsAre(ElementsAre("a", "b"), ElementsAre("1", "")));
}

TEST(CsvRowTest, TakesBothLineEnds) {
  EXPECT_THAT(Rows("a,b\r\n\"1\",2\r\n"),
              ElementsAre(ElementsAre("a", "b"), ElementsAre("1", "2")));
}

TEST(CsvRowTest, ReadsQuotedFieldsWithDelimitersQuotesAndLineEnds) {
  EXPECT_THAT(
      Rows("\"a,b\",\"say \"\"hi\"\"\",\"two\nlines\"\nx,y,z\n"),
      ElementsAre(ElementsAre("a,b", "say \"hi\"", "two\nlines"), ElementsAre("x", "y", "z")));
  EXPECT_THAT(Rows("\"\",\"\"\"\"\n"), ElementsAre(ElementsAre("", "\"")));
}

TEST(CsvRowTest, LeavesAQuoteWithinABareField) {
  EXPECT_THAT(Rows("5\" nail,2\n"), ElementsAre(ElementsAre("5\" nail", "2")));
}

TEST(CsvRowTest, CountsLinesWithinQuotes) {
  const std::string text = "\"a\nb\nc\",2\n\n";
  CsvRow row(',');
  ASSERT_EQ(row.Parse(text.data(), text.data() + 10, false), CsvRow::Found::kRow);
  EXPECT_EQ(row.lines(), 3U);
  EXPECT_EQ(row.bytes(), 10U);
}

TEST(CsvRowTest, AsksForMoreUntilTheRowIsWhole) {
  const std::string whole = "ab,\"c\"\"d\ne\",f\n";
  for (std::size_t size = 1; size <= whole.size(); ++size) {
    const std::string part = whole.substr(0, size) + "\n";
    CsvRow row(',');
    const CsvRow::Found found = row.Parse(part.data(), part.data() + size, false);
    EXPECT_EQ(found, size < whole.size() ? CsvRow::Found::kPartial : CsvRow::Found::kRow) << size;
  }
}

TEST(CsvRowTest, SaysThatAQuoteIsNeverClosed) {
  EXPECT_THAT(Rows("a,\"b\n1,2\n"), ElementsAre(ElementsAre("...")));
}

TEST(DelimiterOfTest, IsTheMostFrequentOutsideQuotes) {
  EXPECT_EQ(DelimiterOf("a,b,c"), ',');
  EXPECT_EQ(DelimiterOf("a;b;\"x,y,z\""), ';');
  EXPECT_EQ(DelimiterOf("a\tb"), '\t');
  EXPECT_EQ(DelimiterOf("alone"), ',');
}

}  // namespace
}  // namespace segmentd::train
