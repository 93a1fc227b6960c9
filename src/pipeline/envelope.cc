#include "envelope.h"

#include <fmt/format.h>

#include "segmentd/base/time_text.h"

namespace segmentd::pipeline {
namespace {

std::string_view ContentType(OutputFormat format) {
  return format == OutputFormat::kJson ? "application/json" : "application/protobuf";
}

void CopyHeader(std::span<const event::Header> from, std::string_view name, OutRecord& to) {
  for (const event::Header& header : from) {
    if (header.name != name) continue;
    to.headers.push_back({std::string(name), std::string(header.value)});
    return;
  }
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
  const std::string sequence = fmt::format("{:018}", facts.ordinal);
  record.headers = {
      {"ce_specversion", "1.0"},
      {"ce_id", fmt::format("{}/{}/{}", options.app, facts.customer_id, sequence)},
      {"ce_source", fmt::format("/segmentd/{}", options.app)},
      {"ce_type", "io.segmentd.segment.changed.v1"},
      {"ce_subject", fmt::format("customer/{}", facts.customer_id)},
      {"ce_time", FormatRfc3339(facts.as_of_ms)},
      {"ce_recordedtime", FormatRfc3339(wall_ms)},
      {"ce_sequence", sequence},
      {"ce_reason", std::string(facts.reason)},
      {"content-type", std::string(ContentType(options.format))},
  };
  CopyHeader(headers, "ce_correlationid", record);
  CopyHeader(headers, "traceparent", record);
  return record;
}

OutRecord CustomerStateRecord(const Options& options, const StateFacts& facts,
                              Partition partition) {
  return {.topic = Topic::kCustomerState,
          .partition = partition,
          .key = std::string(facts.customer_id),
          .value = options.format == OutputFormat::kJson ? StateJson(facts) : StateProto(facts),
          .headers = {{"content-type", std::string(ContentType(options.format))},
                      {"segmentd.ordinal", fmt::format("{}", facts.ordinal)}}};
}

OutRecord DeadLetter(const Options& options, const event::RawRecord& record,
                     const event::Rejection& rejection) {
  OutRecord out{
      .topic = Topic::kDlq, .partition = record.partition, .key = {}, .value = {}, .headers = {}};
  if (record.key) out.key = std::string(*record.key);
  if (record.value) out.value = std::string(*record.value);
  for (const event::Header& header : record.headers) {
    out.headers.push_back({std::string(header.name), std::string(header.value)});
  }
  const std::string& topic = options.input_topics[static_cast<std::size_t>(record.source)];
  const auto add = [&](std::string_view name, std::string value) {
    out.headers.push_back({fmt::format("segmentd.error.{}", name), std::move(value)});
  };
  add("code", std::string(event::RejectCodeName(rejection.code)));
  add("message", rejection.message);
  add("stage", std::string(event::StageName(rejection.stage)));
  add("topic", topic);
  add("partition", fmt::format("{}", record.partition.value()));
  add("offset", fmt::format("{}", record.offset.value()));
  add("timestamp", fmt::format("{}", record.timestamp_ms));
  add("version", options.version);
  return out;
}

}  // namespace segmentd::pipeline
