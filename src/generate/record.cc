#include <fmt/format.h>

#include <array>
#include <iterator>

#include "segmentd/base/hash.h"
#include "segmentd/base/json_writer.h"
#include "segmentd/base/time_text.h"
#include "segmentd/generate/generator.h"

namespace segmentd::generate {
namespace {

constexpr std::size_t kPaddedSize = 200;

std::string_view KindName(event::Kind kind) {
  switch (kind) {
    case event::Kind::kPurchase:
      return "purchase";
    case event::Kind::kRefund:
      return "refund";
    case event::Kind::kVisit:
      return "visit";
  }
  return "";
}

void AppendMoney(std::string& out, std::string_view key, std::int64_t cents) {
  fmt::format_to(std::back_inserter(out), ",\"{}\":{}.{:02}", key, cents / 100, cents % 100);
}

void AppendTime(const Record& record, std::string& out) {
  if (record.flaw == Flaw::kNoTime) return;
  out.append(",\"event_time\":\"");
  if (record.flaw == Flaw::kBrokenTime) {
    out.append("yesterday");
  } else {
    AppendRfc3339(out, record.event_time_ms);
  }
  out.push_back('"');
}

void AppendAmount(const Record& record, std::string& out) {
  if (record.flaw == Flaw::kTextAmount) {
    out.append(",\"amount\":\"a lot\"");
  } else if (record.kind != event::Kind::kVisit) {
    AppendMoney(out, "amount", record.amount_cents);
  }
  if (record.kind != event::Kind::kPurchase || record.padded) return;
  fmt::format_to(std::back_inserter(out), ",\"quantity\":{}", record.quantity);
}

}  // namespace

std::string_view FlawName(Flaw flaw) {
  static constexpr std::array<std::string_view, 7> kNames = {
      "none", "truncated", "no_time", "text_amount", "unknown_kind", "broken_time", "foreign_key"};
  return kNames[static_cast<std::size_t>(flaw)];
}

event::Event ToEvent(const Record& record) {
  event::Event event;
  event.customer_id = record.customer_id;
  event.event_time_ms = record.event_time_ms;
  event.kind = record.kind;
  event.has_id = true;
  event.id_hash = Hash64(record.event_id);
  event.amount = static_cast<double>(record.amount_cents) / 100;
  event.quantity = record.quantity;
  event.discount = static_cast<double>(record.discount_cents) / 100;
  event.category = record.category;
  event.channel = record.channel;
  event.currency = record.currency;
  return event;
}

// Written by hand and not through JsonWriter: nothing here needs escaping, and a generator must not
// be what limits a benchmark.
void AppendJson(const Record& record, std::string& out) {
  const std::size_t start = out.size();
  const bool foreign = record.flaw == Flaw::kForeignKey;
  out.append("{\"event_id\":\"").append(record.event_id);
  out.append("\",\"customer_id\":\"")
      .append(record.customer_id)
      .append(foreign ? "-other\"" : "\"");
  AppendTime(record, out);
  out.append(",\"kind\":\"");
  out.append(record.flaw == Flaw::kUnknownKind ? "gift" : KindName(record.kind)).push_back('"');
  AppendAmount(record, out);
  out.append(",\"category\":\"").append(record.category);
  out.append("\",\"channel\":\"").append(record.channel).push_back('"');
  if (record.discount_cents > 0) AppendMoney(out, "discount", record.discount_cents);
  out.append(",\"currency\":\"").append(record.currency).push_back('"');
  if (record.padded) {
    out.append(",\"pad\":\"");
    const std::size_t size = out.size() - start + 2;
    if (size < kPaddedSize) out.append(kPaddedSize - size, 'x');
    out.push_back('"');
  }
  out.push_back('}');
  if (record.flaw == Flaw::kTruncated) out.resize(start + (out.size() - start) / 2);
}

void AppendTruth(const Record& record, std::string& out) {
  if (!record.duplicate && !record.late && record.flaw == Flaw::kNone) return;
  const std::string_view what =
      record.flaw != Flaw::kNone ? "bad" : (record.duplicate ? "duplicate" : "late");
  JsonWriter writer(out);
  writer.BeginObject().Key("truth").String(what).Key("event_id").String(record.event_id);
  writer.Key("customer_id").String(record.customer_id);
  writer.Key("emitted").Instant(record.emitted_ms).Key("event_time").Instant(record.event_time_ms);
  if (record.flaw != Flaw::kNone) writer.Key("flaw").String(FlawName(record.flaw));
  writer.EndObject();
}

}  // namespace segmentd::generate
