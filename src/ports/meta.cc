#include "segmentd/ports/store.h"
#include "segmentd/v1/state.pb.h"

namespace segmentd::ports {
namespace {

constexpr std::uint32_t kFormat = 1;  // DO NOT CHANGE without reading the old one

}  // namespace

std::string EncodeMeta(const TaskMeta& meta) {
  v1::TaskMeta message;
  message.set_format(kFormat);
  message.set_transactions_next(meta.transactions_next.value());
  message.set_profiles_next(meta.profiles_next.value());
  if (meta.clock_ms != INT64_MIN) message.set_clock_ms(meta.clock_ms);
  message.set_model_version(meta.model_version);
  message.set_changelog_next(meta.changelog_next.value());
  message.set_written_wall_ms(meta.written_wall_ms);
  message.set_origin_ms(meta.origin_ms);
  message.set_cluster(meta.cluster);
  message.set_timer_rules(meta.timer_rules);
  message.set_mark_offset(meta.mark_offset.value());
  message.set_mark_hash(meta.mark_hash);
  message.set_control_next(meta.control_next.value());
  message.set_erasures(meta.erasures);
  const pipeline::ModelSwitch& model_switch = meta.model_switch;
  message.set_switches(model_switch.number);
  if (model_switch.clock_ms != INT64_MIN) message.set_switch_clock_ms(model_switch.clock_ms);
  if (model_switch.sweep_from) message.set_sweep_from(*model_switch.sweep_from);
  message.set_members_counted(meta.members.has_value());
  for (const auto& [segment, customers] : meta.members.value_or(Members{})) {
    v1::TaskMeta::Members* const members = message.add_members();
    members->set_segment(segment.value());
    members->set_customers(customers);
  }
  return message.SerializeAsString();
}

Result<TaskMeta> DecodeMeta(std::string_view bytes) {
  v1::TaskMeta message;
  if (!message.ParseFromArray(bytes.data(), static_cast<int>(bytes.size())) ||
      message.format() == 0) {
    return Fail(Code::kCorruption, "the task's meta record ({} bytes) cannot be read",
                bytes.size());
  }
  if (message.format() > kFormat) {
    return Fail(Code::kNewer,
                "the task's meta record has format {}, this version knows {}: run a newer segmentd",
                message.format(), kFormat);
  }
  TaskMeta meta;
  meta.transactions_next = Offset{message.transactions_next()};
  meta.profiles_next = Offset{message.profiles_next()};
  if (message.has_clock_ms()) meta.clock_ms = message.clock_ms();
  meta.model_version = message.model_version();
  meta.changelog_next = Offset{message.changelog_next()};
  meta.written_wall_ms = message.written_wall_ms();
  meta.origin_ms = message.origin_ms();
  meta.cluster = message.cluster();
  meta.timer_rules = message.timer_rules();
  meta.mark_offset = Offset{message.mark_offset()};
  meta.mark_hash = message.mark_hash();
  meta.control_next = Offset{message.control_next()};
  meta.erasures = message.erasures();
  meta.model_switch.number = message.switches();
  if (message.has_switch_clock_ms()) meta.model_switch.clock_ms = message.switch_clock_ms();
  if (message.has_sweep_from()) meta.model_switch.sweep_from = message.sweep_from();
  if (message.members_counted()) {
    meta.members.emplace();
    for (const v1::TaskMeta::Members& members : message.members()) {
      (*meta.members)[SegmentId{members.segment()}] = members.customers();
    }
  }
  return meta;
}

}  // namespace segmentd::ports
