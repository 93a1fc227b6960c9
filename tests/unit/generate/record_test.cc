#include <gtest/gtest.h>

#include "segmentd/base/hash.h"
#include "segmentd/generate/generator.h"

namespace segmentd::generate {
namespace {

Record Purchase() {
  Record record;
  record.event_id = "e-10001";
  record.customer_id = "c42";
  record.emitted_ms = 1'795'169'702'120;
  record.event_time_ms = 1'795'169'702'120;
  record.amount_cents = 5'990;
  record.discount_cents = 505;
  record.quantity = 2;
  record.category = "grocery";
  record.channel = "web";
  record.currency = "EUR";
  return record;
}

std::string Json(const Record& record) {
  std::string json;
  AppendJson(record, json);
  return json;
}

TEST(RecordTest, IsWrittenAsTheContractSays) {
  EXPECT_EQ(Json(Purchase()),
            R"({"event_id":"e-10001","customer_id":"c42","event_time":"2026-11-20T10:15:02.120Z",)"
            R"("kind":"purchase","amount":59.90,"quantity":2,"category":"grocery","channel":"web",)"
            R"("discount":5.05,"currency":"EUR"})");
}

TEST(RecordTest, OfAVisitHasNoMoney) {
  Record record = Purchase();
  record.kind = event::Kind::kVisit;
  record.discount_cents = 0;
  EXPECT_EQ(Json(record).find("amount"), std::string::npos);
  EXPECT_NE(Json(record).find("\"kind\":\"visit\""), std::string::npos);
}

TEST(RecordTest, ShowsEachFlaw) {
  Record record = Purchase();
  const std::string sound = Json(record);
  record.flaw = Flaw::kTruncated;
  EXPECT_EQ(Json(record), sound.substr(0, sound.size() / 2));
  record.flaw = Flaw::kNoTime;
  EXPECT_EQ(Json(record).find("event_time"), std::string::npos);
  record.flaw = Flaw::kTextAmount;
  EXPECT_NE(Json(record).find("\"amount\":\"a lot\""), std::string::npos);
  record.flaw = Flaw::kUnknownKind;
  EXPECT_NE(Json(record).find("\"kind\":\"gift\""), std::string::npos);
  record.flaw = Flaw::kBrokenTime;
  EXPECT_NE(Json(record).find("\"event_time\":\"yesterday\""), std::string::npos);
  record.flaw = Flaw::kForeignKey;
  EXPECT_NE(Json(record).find("\"customer_id\":\"c42-other\""), std::string::npos);
}

TEST(RecordTest, GivesTheEventThatADecoderWouldGive) {
  const Record record = Purchase();
  const event::Event event = ToEvent(record);
  EXPECT_EQ(event.customer_id, "c42");
  EXPECT_EQ(event.id_hash, Hash64("e-10001"));
  EXPECT_EQ(event.amount, 59.90);
  EXPECT_EQ(event.discount, 5.05);
  EXPECT_EQ(event.quantity, 2);
  EXPECT_EQ(event.category, "grocery");
}

TEST(RecordTest, TellsTheTruthOfPlantedRecordsOnly) {
  Record record = Purchase();
  std::string truth;
  AppendTruth(record, truth);
  EXPECT_EQ(truth, "");
  record.flaw = Flaw::kNoTime;
  AppendTruth(record, truth);
  EXPECT_EQ(truth,
            R"({"truth":"bad","event_id":"e-10001","customer_id":"c42",)"
            R"("emitted":"2026-11-20T10:15:02.120Z","event_time":"2026-11-20T10:15:02.120Z",)"
            R"("flaw":"no_time"})");
}

}  // namespace
}  // namespace segmentd::generate
