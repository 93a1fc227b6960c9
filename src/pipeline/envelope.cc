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

void CopyHeader(std::span<const event::Header> from, std::string_view name, OutHeaders& to) {
  for (const event::Header& header : from) {
    if (header.name != name) continue;
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

}  // namespace

OutRecord ChangeRecord(const Options& options, const ChangeFacts& facts, Partition partition,
                       std::span<const event::Header> headers, std::int64_t wall_ms) {
  OutRecord record{
      .topic = Topic::kSegmentChanged,
      .partition = partition,
      .key = std::string(facts.customer_id),
      .value = options.format == OutputFormat::kJson ? ChangeJson(facts) : ChangeProto(facts),
      .headers = {}};
  std::array<char, kSequenceDigits> digits{};
  const std::string_view sequence = Sequence(facts.ordinal, digits);
  Text text;
  OutHeaders& out = record.headers;
  out.Reserve(kChangeHeaderBytes);
  out.Add("ce_specversion", "1.0");
  out.Add("ce_id", text.Joined({options.app, "/", facts.customer_id, "/", sequence}));
  out.Add("ce_source", text.Joined({"/segmentd/", options.app}));
  out.Add("ce_type", "io.segmentd.segment.changed.v1");
  out.Add("ce_subject", text.Joined({"customer/", facts.customer_id}));
  out.Add("ce_time", text.Instant(facts.as_of_ms));
  out.Add("ce_recordedtime", text.Instant(wall_ms));
  out.Add("ce_sequence", sequence);
  out.Add("ce_reason", facts.reason);
  out.Add("content-type", ContentType(options.format));
  CopyHeader(headers, "ce_correlationid", out);
  CopyHeader(headers, "traceparent", out);
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
