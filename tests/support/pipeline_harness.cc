#include "support/pipeline_harness.h"

#include <fmt/format.h>

#include "segmentd/base/assert.h"

namespace segmentd::support {

OwnedRecord Purchase(const std::string& customer, const std::string& time, double amount,
                     const std::string& id) {
  const std::string event_id = id.empty() ? "" : fmt::format(R"("event_id":"{}",)", id);
  return {.key = customer,
          .value = fmt::format(R"({{{}"customer_id":"{}","event_time":"{}","amount":{}}})",
                               event_id, customer, time, amount),
          .headers = {}};
}

pipeline::Options TestOptions() {
  pipeline::Options options;
  options.app = "test";
  options.version = "0";
  options.input_topics = {"transactions", "profiles"};
  options.out_of_orderness_ms = 5 * 60 * kSecondMs;
  options.allowed_lateness_ms = 30 * kDayMs;
  options.max_future_ms = 5 * 60 * kSecondMs;
  for (event::Format* format : {&options.transactions, &options.profiles}) {
    format->profile_attributes = {"age", "income", "region", "gender"};
  }
  return options;
}

PipelineHarness::PipelineHarness(const pipeline::Options& options) {
  auto created = pipeline::Pipeline::Create(options);
  SEGMENTD_ASSERT(created.ok(), "a test's options are valid");
  pipeline_ = std::move(*created);
}

void PipelineHarness::Run(const std::vector<OwnedRecord>& records, std::size_t batch_max) {
  std::vector<event::RawRecord> batch;
  for (std::size_t i = 0; i < records.size(); ++i) {
    const OwnedRecord& record = records[i];
    event::RawRecord raw;
    raw.source = record.source;
    raw.partition = Partition{3};
    raw.offset = Offset{record.offset != 0 ? record.offset : static_cast<std::int64_t>(i)};
    raw.timestamp_ms = wall_ms;
    raw.key = record.key;
    raw.value = record.value;
    raw.headers = record.headers;
    batch.push_back(raw);
    if (batch.size() < batch_max && i + 1 < records.size()) continue;
    RunBatch(batch);
    batch.clear();
  }
}

void PipelineHarness::RunBatch(const std::vector<event::RawRecord>& records) {
  pipeline::Batch batch;
  pipeline_->Decode(records, batch);
  const auto ids = batch.customers();
  std::vector<pipeline::Customer> customers(ids.size());
  std::vector<std::uint8_t> touched(ids.size());
  for (std::size_t i = 0; i < ids.size(); ++i) {
    const auto known = states_.find(std::string(ids[i]));
    if (known == states_.end()) continue;
    SEGMENTD_ASSERT(pipeline::DecodeCustomer(known->second, customers[i]).ok(),
                    "stored state decodes");
  }
  pipeline_->Apply(batch, customers, touched, clock_, wall_ms, effects_);
  for (std::size_t i = 0; i < ids.size(); ++i) {
    if (touched[i]) pipeline::EncodeCustomer(customers[i], states_[std::string(ids[i])]);
  }
}

std::vector<pipeline::OutRecord> PipelineHarness::Outputs(pipeline::Topic topic) const {
  std::vector<pipeline::OutRecord> found;
  for (const pipeline::OutRecord& record : effects_.outputs) {
    if (record.topic == topic) found.push_back(record);
  }
  return found;
}

std::optional<std::string> HeaderOf(const pipeline::OutRecord& record, const std::string& name) {
  for (const pipeline::OutHeader header : record.headers) {
    if (header.name == name) return std::string(header.value);
  }
  return std::nullopt;
}

}  // namespace segmentd::support
