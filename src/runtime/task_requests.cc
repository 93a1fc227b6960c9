// The part of Task that obeys requests: to forget a customer, to know it again.
#include "runtime/task.h"
#include "segmentd/pipeline/control.h"

namespace segmentd::runtime {

// An erased customer's numbers stand under another id than its own.
Status Task::FetchErased(std::span<const std::string_view> ids) {
  // Nobody was ever erased here: nothing to look for.
  if (erasures_ == 0) return Ok();
  for (const std::size_t i : unknown_) {
    const std::string key = pipeline::ErasedKey(options_.app, ids[i]);
    std::string_view image;
    if (const std::optional<std::string_view> cached = cache_.Find(key)) {
      image = *cached;
    } else {
      const std::string_view wanted = key;
      SEGMENTD_RETURN_IF_ERROR(store_->Read({&wanted, 1}, images_));
      image = images_.front();
    }
    if (image.empty()) continue;
    const Status decoded = pipeline::DecodeCustomer(image, customers_[i]);
    if (!decoded.ok()) return tl::unexpected(Describe(decoded.error(), "that was erased"));
    customers_[i].erased = true;
  }
  return Ok();
}

Status Task::Obey(const event::RawRecord& record, pipeline::Effects& effects) {
  NoteRead({&record, 1});
  const auto control = pipeline::DecodeControl(record.value.value_or(std::string_view()));
  if (!control.ok() && control.error().code != Code::kBadRecord) {
    return tl::unexpected(control.error());
  }
  if (!control.ok()) {
    pipeline().Refuse(
        record, {event::RejectCode::kMalformed, event::Stage::kDecode, control.error().message},
        effects);
    return Ok();
  }
  if (const auto* erase = std::get_if<pipeline::Erase>(&control->what)) {
    return Answer(*control, erase->customer_id, effects);
  }
  if (const auto* consent = std::get_if<pipeline::Consent>(&control->what)) {
    return Answer(*control, consent->customer_id, effects);
  }
  return Ok();  // what became of a request is for others to read
}

Status Task::Answer(const pipeline::Control& control, const std::string& customer_id,
                    pipeline::Effects& effects) {
  const std::string_view id = customer_id;
  SEGMENTD_RETURN_IF_ERROR(Fetch({&id, 1}));
  const bool erase = std::holds_alternative<pipeline::Erase>(control.what);
  pipeline::Customer& customer = customers_.front();
  const bool known = unknown_.empty();
  pipeline::ControlOutcome outcome{pipeline::ControlResult::kUnknown, partition_,
                                   parts_.clock.WallMs()};
  if (erase && known) {
    pipeline().Erase(partition_, id, control.request, customer, clock_, outcome.at_ms, effects);
    PutErased(id, customer);
    members_.After(0, customer);
    ++erasures_;
    outcome.result = pipeline::ControlResult::kErased;
  } else if (!erase && customer.erased) {
    PutAdmitted(id, customer);
    outcome.result = pipeline::ControlResult::kAdmitted;
  } else if (known || customer.erased) {
    outcome.result = pipeline::ControlResult::kAlready;
  }
  pipeline::OutRecord& answer = effects.outputs.emplace_back();
  answer.topic = pipeline::Topic::kControl;
  answer.partition = partition_;
  answer.key = control.request;
  answer.value = pipeline::EncodeControl({control.request, outcome});
  return Ok();
}

// Its numbers alone are left, where its id does not stand.
void Task::PutErased(std::string_view id, const pipeline::Customer& customer) {
  pipeline::EncodeCustomer(customer, image_);
  cache_.Put(pipeline::ErasedKey(options_.app, id), image_);
  cache_.Put(id, "");
}

void Task::PutAdmitted(std::string_view id, const pipeline::Customer& customer) {
  image_.clear();
  if (!pipeline::IsBlank(customer)) pipeline::EncodeCustomer(customer, image_);
  cache_.Put(id, image_);
  cache_.Put(pipeline::ErasedKey(options_.app, id), "");
}

}  // namespace segmentd::runtime
