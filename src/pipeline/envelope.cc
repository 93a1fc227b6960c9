#include "envelope.h"

#include <fmt/format.h>

#include <array>
#include <initializer_list>

#include "segmentd/base/time_text.h"

namespace segmentd::pipeline {
namespace {

constexpr std::size_t kChangeHeaderBytes = 512;  // of nearly every change, to allocate once

std::string_view ContentType(OutputFormat format) {
  return format == OutputFormat::kJson ? "application/json" : "application/protobuf";
}

// A trace or correlation id is short; what is long is none, and would make the change too large.
constexpr std::size_t kCopiedBytesMax = 4096;

void CopyHeader(std::span<const event::Header> from, std::string_view name, OutHeaders& to) {
  for (const event::Header& header : from) {
    if (header.name != name || header.value.size() > kCopiedBytesMax) continue;
    to.Add(name, header.value);
    return;
  }
}

// Header values of one record at a time, each written over the one before.
class Text {
 public:
  std::string_view Joined(std::initializer_list<std::string_view> parts) {
    text_.clear();
    for (const std::string_view part : parts) text_.append(part);
    return text_;
  }
  std::string_view Instant(std::int64_t instant_ms) {
    text_.clear();
    AppendRfc3339(text_, instant_ms);
    return text_;
  }

 private:
  std::string text_;
};

constexpr std::size_t kSequenceDigits = 18;

std::string_view Sequence(std::uint64_t ordinal, std::span<char, kSequenceDigits> digits) {
  for (std::size_t i = digits.size(); i-- > 0; ordinal /= 10) {
    digits[i] = static_cast<char>('0' + ordinal % 10);
  }
  return {digits.data(), digits.size()};
}

// What the two kinds of events differ in.
struct Event {
  std::string_view type;
  std::string_view source;  // behind the app's
  std::string_view customer_id;
  std::string_view reason;
  std::uint64_t ordinal = 0;
  std::int64_t as_of_ms = 0;
};

void AddEventHeaders(const Options& options, const Event& event,
                     std::span<const event::Header> cause, std::int64_t wall_ms, OutHeaders& out) {
  std::array<char, kSequenceDigits> digits{};
  const std::string_view sequence = Sequence(event.ordinal, digits);
  Text text;
  out.Reserve(kChangeHeaderBytes);
  out.Add("ce_specversion", "1.0");
  out.Add("ce_id", text.Joined({options.app, "/", event.customer_id, "/", sequence}));
  out.Add("ce_source", text.Joined({"/segmentd/", options.app, event.source}));
  out.Add("ce_type", event.type);
  out.Add("ce_subject", text.Joined({"customer/", event.customer_id}));
  out.Add("ce_time", text.Instant(event.as_of_ms));
  out.Add("ce_recordedtime", text.Instant(wall_ms));
  out.Add("ce_sequence", sequence);
  out.Add("ce_reason", event.reason);
  out.Add("content-type", ContentType(options.format));
  CopyHeader(cause, "ce_correlationid", out);
  CopyHeader(cause, "traceparent", out);
}

}  // namespace

OutRecord ChangeRecord(const Options& options, const ChangeFacts& facts, Partition partition,
                       std::span<const event::Header> headers, std::int64_t wall_ms) {
  OutRecord record{
      .topic = Topic::kSegmentChanged,
      .partition = partition,
      .key = std::string(facts.customer_id),
      .value = options.format == OutputFormat::kJson ? ChangeJson(facts) : ChangeProto(facts),
      .headers = {}};
  const Event event{"io.segmentd.segment.changed.v1",
                    "",
                    facts.customer_id,
                    facts.reason,
                    facts.ordinal,
                    facts.as_of_ms};
  AddEventHeaders(options, event, headers, wall_ms, record.headers);
  return record;
}

OutRecord AlertRecord(const Options& options, const AlertFacts& facts, Partition partition,
                      std::span<const event::Header> headers, std::int64_t wall_ms) {
  OutRecord record{
      .topic = Topic::kAtRisk,
      .partition = partition,
      .key = std::string(facts.customer_id),
      .value = options.format == OutputFormat::kJson ? AlertJson(facts) : AlertProto(facts),
      .headers = {}};
  const Event event{"io.segmentd.at-risk.v1", "/at-risk",    facts.customer_id, facts.reason,
                    facts.risk_ordinal,       facts.as_of_ms};
  AddEventHeaders(options, event, headers, wall_ms, record.headers);
  return record;
}

OutRecord CustomerStateRecord(const Options& options, const StateFacts& facts,
                              Partition partition) {
  const fmt::format_int ordinal(facts.ordinal);
  return {.topic = Topic::kCustomerState,
          .partition = partition,
          .key = std::string(facts.customer_id),
          .value = options.format == OutputFormat::kJson ? StateJson(facts) : StateProto(facts),
          .headers = {{"content-type", ContentType(options.format)},
                      {"segmentd.ordinal", {ordinal.data(), ordinal.size()}}}};
}

OutRecord CustomerStateTombstone(const Options& options, std::string_view customer_id,
                                 Partition partition, std::uint64_t ordinal_of_last) {
  const fmt::format_int ordinal(ordinal_of_last);
  return {.topic = Topic::kCustomerState,
          .partition = partition,
          .key = std::string(customer_id),
          .value = std::nullopt,
          .headers = {{"content-type", ContentType(options.format)},
                      {"segmentd.ordinal", {ordinal.data(), ordinal.size()}}}};
}

OutRecord SampleRecord(std::string_view customer_id, Partition partition) {
  return {.topic = Topic::kSamples,
          .partition = partition,
          .key = std::string(customer_id),
          .value = std::nullopt,
          .headers = {}};
}

OutRecord DeadLetter(const Options& options, const event::RawRecord& record,
                     const event::Rejection& rejection) {
  OutRecord out{
      .topic = Topic::kDlq, .partition = record.partition, .key = {}, .value = {}, .headers = {}};
  if (record.key) out.key = std::string(*record.key);
  if (record.value) out.value = std::string(*record.value);
  for (const event::Header& header : record.headers) {
    out.headers.Add(header.name, header.value);
  }
  out.headers.Add("segmentd.error.code", event::RejectCodeName(rejection.code));
  out.headers.Add("segmentd.error.message", rejection.message);
  out.headers.Add("segmentd.error.stage", event::StageName(rejection.stage));
  out.headers.Add("segmentd.error.topic",
                  options.input_topics[static_cast<std::size_t>(record.source)]);
  out.headers.Add("segmentd.error.partition", fmt::to_string(record.partition.value()));
  out.headers.Add("segmentd.error.offset", fmt::to_string(record.offset.value()));
  out.headers.Add("segmentd.error.timestamp", fmt::to_string(record.timestamp_ms));
  out.headers.Add("segmentd.error.version", options.version);
  return out;
}

}  // namespace segmentd::pipeline
