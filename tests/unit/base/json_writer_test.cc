#include "segmentd/base/json_writer.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "segmentd/base/random.h"

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

std::string Written(double value) {
  std::string out;
  JsonWriter(out).Double(value);
  return out;
}

TEST(JsonWriterTest, WritesDecimalsAsTheGeneralFormatDoes) {
  Random random(7);
  for (const double unit : {1.0, 10.0, 100.0, 1000.0, 10'000.0, 100'000.0, 3.0}) {
    for (const double range : {10.0, 1e4, 1e8, 1e13, 1e17}) {
      for (int i = 0; i < 500; ++i) {
        const double exact = std::floor(random.Uniform() * range) / unit;
        for (const double value : {exact, -exact, std::nextafter(exact, 1e300)}) {
          ASSERT_EQ(Written(value), fmt::format("{}", value));
        }
      }
    }
  }
}

TEST(JsonWriterTest, WritesEveryKindOfDoubleAsTheGeneralFormatDoes) {
  for (const double value : {0.0, -0.0, 1e-4, -1e-4, 9.9999e-5, 5e-324, 1e10, 99'999'999'999.9999,
                             1e11, 1e15, 1e16, 1.5e300, 0.1 + 0.2}) {
    EXPECT_EQ(Written(value), fmt::format("{}", value));
  }
}

}  // namespace
}  // namespace segmentd
