#include "app/table.h"

#include <gtest/gtest.h>

#include <cmath>

namespace segmentd::app {
namespace {

std::string Rows(TableFormat format) {
  std::string out;
  Table table(format, {"name", "count", "share", "at", "note"}, out);
  table.Text("c1");
  table.Integer(-3);
  table.Number(0.1);
  table.Instant(0);
  table.Text("");
  table.Text("a,\"b\"\nc");
  table.Missing();
  table.Number(NAN);
  table.Missing();
  table.Missing();
  return out;
}

TEST(TableTest, WritesCsvWithAHeader) {
  EXPECT_EQ(Rows(TableFormat::kCsv),
            "name,count,share,at,note\n"
            "c1,-3,0.1,1970-01-01T00:00:00.000Z,\"\"\n"
            "\"a,\"\"b\"\"\nc\",,,,\n");
}

TEST(TableTest, WritesJsonLines) {
  EXPECT_EQ(
      Rows(TableFormat::kJsonl),
      "{\"name\":\"c1\",\"count\":-3,\"share\":0.1,\"at\":\"1970-01-01T00:00:00.000Z\","
      "\"note\":\"\"}\n"
      "{\"name\":\"a,\\\"b\\\"\\nc\",\"count\":null,\"share\":null,\"at\":null,\"note\":null}\n");
}

TEST(TableTest, WritesNoJsonBeforeTheFirstRow) {
  std::string out;
  const Table table(TableFormat::kJsonl, {"name"}, out);
  EXPECT_EQ(out, "");
}

}  // namespace
}  // namespace segmentd::app
