#include "support/pipeline_harness.h"

#include <fmt/format.h>

#include <algorithm>

#include "segmentd/base/assert.h"
#include "support/sample_text.h"

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

std::vector<pipeline::Customer> PipelineHarness::Fetch(
    std::span<const std::string_view> ids) const {
  std::vector<pipeline::Customer> customers(ids.size());
  for (std::size_t i = 0; i < ids.size(); ++i) {
    const auto known = states_.find(std::string(ids[i]));
    if (known == states_.end()) continue;
    SEGMENTD_ASSERT(pipeline::DecodeCustomer(known->second, customers[i]).ok(),
                    "stored state decodes");
  }
  return customers;
}

void PipelineHarness::Keep(std::span<const std::string_view> ids,
                           std::span<const pipeline::Customer> customers,
                           std::span<const pipeline::Outcome> outcomes) {
  for (std::size_t i = 0; i < ids.size(); ++i) {
    const std::string id(ids[i]);
    if (outcomes[i].changed) pipeline::EncodeCustomer(customers[i], states_[id]);
    if (outcomes[i].arm_ms != pipeline::kNever) timers_.insert({outcomes[i].arm_ms, id});
  }
}

void PipelineHarness::RunBatch(const std::vector<event::RawRecord>& records) {
  pipeline::Batch batch;
  pipeline_->Decode(records, batch);
  const auto ids = batch.customers();
  std::vector<pipeline::Customer> customers = Fetch(ids);
  std::vector<pipeline::Outcome> outcomes(ids.size());
  clock_.fired_ms = timers_.empty() ? INT64_MIN : timers_.begin()->first - 1;
  pipeline_->Apply(batch, customers, outcomes, clock_, wall_ms, effects_);
  Keep(ids, customers, outcomes);
  Sweep(sweep_max);
}

bool PipelineHarness::Sweep(std::size_t timers_max) {
  std::size_t left = timers_max;
  while (left > 0 && !timers_.empty() && timers_.begin()->first <= clock_.clock_ms) {
    --left;
    const auto timer = timers_.extract(timers_.begin()).value();
    const std::string_view id = timer.second;
    std::vector<pipeline::Customer> customers = Fetch({&id, 1});
    pipeline::Outcome outcome;
    const pipeline::DueTimer due{timer.first, id};
    pipeline_->Fire(Partition{3}, {&due, 1}, customers, {&outcome, 1}, clock_, wall_ms, effects_);
    Keep({&id, 1}, customers, {&outcome, 1});
  }
  return left < timers_max;
}

void PipelineHarness::UseModel(std::shared_ptr<const pipeline::Model> model) {
  pipeline_->UseModel(std::move(model));
  if (clock_.clock_ms == INT64_MIN) return;
  clock_.model_switch = {clock_.model_switch.number + 1, clock_.clock_ms, ""};
}

bool PipelineHarness::Follow(std::size_t customers_max) {
  std::optional<std::string>& from = clock_.model_switch.sweep_from;
  if (!from) return false;
  std::vector<std::string_view> ids;
  for (auto at = states_.lower_bound(*from); at != states_.end() && ids.size() < customers_max;
       ++at) {
    ids.push_back(at->first);
  }
  if (ids.empty()) {
    from.reset();
    return false;
  }
  const std::string last(ids.back());
  std::vector<pipeline::Customer> customers = Fetch(ids);
  std::vector<pipeline::Outcome> outcomes(ids.size());
  pipeline_->Follow(Partition{3}, ids, customers, outcomes, clock_, wall_ms, effects_);
  Keep(ids, customers, outcomes);
  from = last + '\0';
  return true;
}

void PipelineHarness::RebuildTimers() {
  timers_.clear();
  for (const auto& [id, image] : states_) {
    pipeline::Customer customer;
    SEGMENTD_ASSERT(pipeline::DecodeCustomer(image, customer).ok(), "stored state decodes");
    const std::int64_t pending_ms =
        pipeline_->DeadlinesUnder(pipeline_->model())->Pending(customer);
    if (pending_ms != pipeline::kNever) timers_.insert({pending_ms, id});
  }
}

void PipelineHarness::PassTime(std::int64_t to_ms) {
  clock_.clock_ms = std::max(clock_.clock_ms, to_ms);
  Sweep();
}

std::vector<pipeline::OutRecord> PipelineHarness::Outputs(pipeline::Topic topic) const {
  std::vector<pipeline::OutRecord> found;
  for (const pipeline::OutRecord& record : effects_.outputs) {
    if (record.topic == topic) found.push_back(record);
  }
  return found;
}

std::map<std::string, std::string> SamplesByCustomer(
    const std::vector<pipeline::OutRecord>& outputs) {
  std::map<std::string, std::set<std::string>> distinct;
  std::map<std::string, std::string> last;
  for (const pipeline::OutRecord& record : outputs) {
    if (record.topic != pipeline::Topic::kSamples) continue;
    last[*record.key] = SampleText(record.value);
    distinct[*record.key].insert(last[*record.key]);
  }
  for (auto& [customer, text] : last) {
    for (const std::string& sample : distinct[customer]) text += '\n' + sample;
  }
  return last;
}

std::optional<std::string> HeaderOf(const pipeline::OutRecord& record, const std::string& name) {
  for (const pipeline::OutHeader header : record.headers) {
    if (header.name == name) return std::string(header.value);
  }
  return std::nullopt;
}

}  // namespace segmentd::support
