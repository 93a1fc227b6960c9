#include "segmentd/pipeline/pipeline.h"

#include <fmt/format.h>

#include <algorithm>

#include "applier.h"
#include "batch.h"
#include "envelope.h"
#include "segmentd/base/assert.h"
#include "segmentd/feature/fold.h"
#include "segmentd/pipeline/control.h"

namespace segmentd::pipeline {

struct Pipeline::Body {
  Options options;
  std::unique_ptr<event::Decoder> transactions;
  std::unique_ptr<event::Decoder> profiles;
  feature::FeatureSet bare_features;  // what state records show before the first model
  std::shared_ptr<const Model> model;
  std::shared_ptr<const Deadlines> deadlines;
  ReadyJson ready;  // of features() and the model
  Scorer scorer;
  Batch::Body quiet;  // of customers without an event
  OnStep told;

  const feature::FeatureSet& features() const { return model ? model->features : bare_features; }
  Context At(std::span<Customer> customers, std::span<Outcome> outcomes, std::int64_t wall_ms) {
    return {options, model.get(), features(), *deadlines, Risk(model.get(), options.risk),
            ready,   scorer,      customers,  outcomes,   wall_ms};
  }
  void Ended(Step step) const {
    if (told) told(step);
  }
  void Score() {
    Ended(Step::kFeatures);
    if (!model) return;
    scorer.Encode(*model);
    Ended(Step::kEncode);
    scorer.Assign(*model);
    Ended(Step::kAssign);
  }

  void UseModel(std::shared_ptr<const Model> next);
  std::shared_ptr<const Deadlines> DeadlinesUnder(const Model* under) const;
  void DecodeOne(const event::RawRecord& record, Item& item, Batch::Body& batch);
};

namespace {

// A customer id travels in the key, ce_id, ce_subject and the value of each output, so an absurdly
// long one could make an output that no broker takes: it is refused before it changes anything.
std::size_t CustomerIdBytesMax(const Options& options) {
  constexpr std::int64_t kRest = 64 << 10;
  return static_cast<std::size_t>(std::max<std::int64_t>(options.output_bytes_max - kRest, 4096) /
                                  8);
}

// Whom the sweep need not visit any more. When there is none, the mark goes with the next write.
void MarkFollowed(const Context& context, const ModelSwitch& model_switch) {
  for (std::size_t i = 0; i < context.outcomes.size(); ++i) {
    Customer& customer = context.customers[i];
    if (!context.outcomes[i].changed) continue;
    const bool told = model_switch.sweep_from && customer.record.events > 0;
    customer.segment.followed = told ? model_switch.number : 0;
  }
}

}  // namespace

Pipeline::Pipeline(std::unique_ptr<Body> body) : body_(std::move(body)) {}
Pipeline::~Pipeline() = default;

Result<std::unique_ptr<Pipeline>> Pipeline::Create(const Options& options) {
  SEGMENTD_ASSIGN_OR_RETURN(auto transactions, event::Decoder::Create(options.transactions));
  SEGMENTD_ASSIGN_OR_RETURN(auto profiles, event::Decoder::Create(options.profiles));
  const std::vector<std::string> names = feature::FeatureNames(options.plan, {});
  SEGMENTD_ASSIGN_OR_RETURN(auto features,
                            feature::FeatureSet::Compile(names, options.plan.profile_numbers,
                                                         options.plan.profile_names));
  ReadyJson ready(features, nullptr);
  auto body = std::make_unique<Body>(Body{.options = options,
                                          .transactions = std::move(transactions),
                                          .profiles = std::move(profiles),
                                          .bare_features = std::move(features),
                                          .model = nullptr,
                                          .deadlines = nullptr,
                                          .ready = std::move(ready),
                                          .scorer = {},
                                          .quiet = {},
                                          .told = {}});
  body->UseModel(nullptr);
  return std::unique_ptr<Pipeline>(new Pipeline(std::move(body)));
}

void Pipeline::TellSteps(OnStep told) { body_->told = std::move(told); }

void Pipeline::UseModel(std::shared_ptr<const Model> model) {
  if (model != body_->model) body_->UseModel(std::move(model));
}

const Model* Pipeline::model() const { return body_->model.get(); }

void Pipeline::Body::UseModel(std::shared_ptr<const Model> next) {
  model = std::move(next);
  ready = ReadyJson(features(), model.get());
  deadlines = DeadlinesUnder(model.get());
}

std::shared_ptr<const Deadlines> Pipeline::Body::DeadlinesUnder(const Model* under) const {
  DeadlineRules rules;
  rules.expire_after_ms = options.expire_after_ms;
  rules.thresholds = options.risk;
  if (under != nullptr) rules.parameters = under->bundle.risk;
  return std::make_shared<const Deadlines>(rules);
}

void Pipeline::Body::DecodeOne(const event::RawRecord& record, Item& item, Batch::Body& batch) {
  std::string_view id;
  if (record.source == event::Source::kTransactions) {
    auto event = transactions->DecodeTransaction(record);
    if (!event) {
      item.what = std::move(event.error());
      return;
    }
    id = event->customer_id;
    item.what = *event;
  } else {
    auto profile = profiles->DecodeProfile(record);
    if (!profile) {
      item.what = std::move(profile.error());
      return;
    }
    id = profile->customer_id;
    item.what = std::move(*profile);
  }
  if (IsErasedKey(id)) {
    item.what = event::Rejection{event::RejectCode::kBadValue, event::Stage::kValidate,
                                 "customer_id begins with a zero byte"};
    return;
  }
  if (id.size() > CustomerIdBytesMax(options)) {
    item.what =
        event::Rejection{event::RejectCode::kOutputTooLarge, event::Stage::kEmit,
                         fmt::format("customer_id has {} bytes; at most {} fit into an output",
                                     id.size(), CustomerIdBytesMax(options))};
    return;
  }
  item.customer = batch.Customer(id);
}

void Pipeline::Decode(std::span<const event::RawRecord> records, Batch& batch) {
  body_->transactions->Reset();
  body_->profiles->Reset();
  batch.body_->Start(records);
  for (const event::RawRecord& record : records) {
    body_->DecodeOne(record, batch.body_->items.emplace_back(), *batch.body_);
  }
  body_->Ended(Step::kDecode);
}

std::shared_ptr<const Deadlines> Pipeline::DeadlinesUnder(const Model* model) const {
  return body_->DeadlinesUnder(model);
}

void Pipeline::Apply(Batch& batch, std::span<Customer> customers, std::span<Outcome> outcomes,
                     PartitionClock& clock, std::int64_t wall_ms, Effects& effects) {
  Batch::Body& body = *batch.body_;
  SEGMENTD_ASSERT(
      customers.size() >= body.customers.size() && outcomes.size() >= body.customers.size(),
      "Apply gets the state of every customer of the batch");
  body_->Ended(Step::kFetch);
  const Context context = body_->At(customers, outcomes, wall_ms);
  FoldBatch(context, body, clock, effects.counts);
  body_->Score();
  EmitBatch(context, body, effects);
  MarkFollowed(context, clock.model_switch);
  body_->Ended(Step::kExplain);
}

void Pipeline::Fire(Partition partition, std::span<const DueTimer> due,
                    std::span<Customer> customers, std::span<Outcome> outcomes,
                    const PartitionClock& clock, std::int64_t wall_ms, Effects& effects) {
  SEGMENTD_ASSERT(customers.size() >= due.size() && outcomes.size() >= due.size(),
                  "Fire gets the state of every customer");
  body_->Ended(Step::kFetch);
  const Context context = body_->At(customers, outcomes, wall_ms);
  body_->quiet.Start(partition);
  for (const DueTimer& timer : due) body_->quiet.customers.push_back(timer.customer_id);
  FoldTimers(context, body_->quiet, due, clock);
  body_->Score();
  EmitBatch(context, body_->quiet, effects);
  MarkFollowed(context, clock.model_switch);
  body_->Ended(Step::kExplain);
}

void Pipeline::Follow(Partition partition, std::span<const std::string_view> ids,
                      std::span<Customer> customers, std::span<Outcome> outcomes,
                      const PartitionClock& clock, std::int64_t wall_ms, Effects& effects) {
  SEGMENTD_ASSERT(customers.size() >= ids.size() && outcomes.size() >= ids.size(),
                  "Follow gets the state of every customer");
  body_->Ended(Step::kFetch);
  const Context context = body_->At(customers, outcomes, wall_ms);
  body_->quiet.Start(partition);
  body_->quiet.customers.assign(ids.begin(), ids.end());
  FoldSwitch(context, body_->quiet, clock);
  body_->Score();
  EmitBatch(context, body_->quiet, effects);
  MarkFollowed(context, clock.model_switch);
  body_->Ended(Step::kExplain);
}

void Pipeline::Erase(Partition partition, std::string_view customer_id, std::string_view request,
                     Customer& customer, const PartitionClock& clock, std::int64_t wall_ms,
                     Effects& effects) {
  EraseCustomer(body_->At({}, {}, wall_ms), partition, customer_id, request, clock, customer,
                effects);
}

void Pipeline::Refuse(const event::RawRecord& record, const event::Rejection& rejection,
                      Effects& effects) {
  ++effects.counts.records;
  ++effects.counts.rejected[static_cast<std::size_t>(rejection.code)];
  effects.outputs.push_back(DeadLetter(body_->options, record, rejection));
}

OutRecord Pipeline::StateRecord(Partition partition, std::string_view customer_id,
                                const Customer& customer) {
  body_->scorer.Start(body_->features(), 1);
  const std::uint32_t column =
      body_->scorer.Add(body_->features(), customer.record, customer.record.as_of_ms);
  return StateOf(body_->At({}, {}, 0), partition, customer_id, customer.segment, column);
}

}  // namespace segmentd::pipeline
