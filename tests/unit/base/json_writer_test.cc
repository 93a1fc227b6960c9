#include "segmentd/base/json_writer.h"

#include <gtest/gtest.h>

#include <limits>

namespace segmentd {
namespace {

TEST(JsonWriterTest, SeparatesNestsAndEscapes) {
  std::string out;
  JsonWriter json(out);
  json.BeginObject().Key("a").Int(1).Key("b").BeginArray().Double(0.1).Null().Bool(true).EndArray();
  json.Key("c \"").String("x\n\x01 é").Key("t").Instant(0).EndObject();
  EXPECT_EQ(out,
            R"({"a":1,"b":[0.1,null,true],"c \"":"x\n\u0001 é","t":"1970-01-01T00:00:00.000Z"})");
}

TEST(JsonWriterTest, WritesNonFiniteNumbersAsNull) {
  std::string out;
  JsonWriter(out)
      .BeginArray()
      .Double(std::numeric_limits<double>::quiet_NaN())
      .Double(1e300 * 1e300)
      .EndArray();
  EXPECT_EQ(out, "[null,null]");
}

}  // namespace
}  // namespace segmentd
