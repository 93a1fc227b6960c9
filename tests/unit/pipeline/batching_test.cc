// Goal: output is a function of the input's order alone. Method: generated inputs with
// everything in them (late, duplicate, malformed, profiles), record by record and cut into batches;
// all bytes of each customer on each topic must agree. (Timers fire between batches, so that the
// order among customers, and among a customer's records on several topics, may differ.)
#include <gtest/gtest.h>

#include <map>
#include <ostream>

#include "segmentd/base/time_text.h"
#include "support/bundles.h"
#include "support/pipeline_harness.h"
#include "support/property.h"

namespace segmentd::pipeline {
namespace {

using support::OwnedRecord;

// One record of a generated input; zero is the plainest everywhere.
struct Sent {
  std::int64_t gap_min = 0;
  int late_days = 0;
  int customer = 0;
  int cents = 0;       // negative: a refund
  bool again = false;  // with the customer's last event_id
  bool malformed = false;
  bool profile = false;
};

void showValue(const Sent& sent, std::ostream& out) {
  out << "{+" << sent.gap_min << " min, late " << sent.late_days << " d, c" << sent.customer << ", "
      << sent.cents << " cents" << (sent.again ? ", again" : "")
      << (sent.malformed ? ", malformed" : "") << (sent.profile ? ", profile}" : "}");
}

rc::Gen<Sent> AnySent() {
  using rc::gen::inRange;
  using rc::gen::set;
  const auto seldom = rc::gen::map(inRange(0, 20), [](int n) { return n == 1; });
  return rc::gen::build<Sent>(
      set(&Sent::gap_min, inRange<std::int64_t>(0, 2000)),
      set(&Sent::late_days,
          rc::gen::weightedOneOf<int>({{9, rc::gen::just(0)}, {1, inRange(0, 40)}})),
      set(&Sent::customer, inRange(0, 6)), set(&Sent::cents, inRange(-2000, 20'000)),
      set(&Sent::again, seldom), set(&Sent::malformed, seldom), set(&Sent::profile, seldom));
}

std::vector<OwnedRecord> Records(const std::vector<Sent>& input) {
  std::vector<OwnedRecord> records;
  std::map<std::string, std::string> ids;
  std::int64_t now_ms = 1'790'000'000'000;
  for (const Sent& sent : input) {
    now_ms += sent.gap_min * 60'000;
    const std::string customer = fmt::format("c{}", sent.customer);
    std::string& id = ids[customer];
    if (!sent.again) id = fmt::format("e{}", records.size());
    if (sent.malformed) {
      records.push_back({.key = customer, .value = "not json", .headers = {}});
    } else if (sent.profile) {
      records.push_back({.source = event::Source::kProfiles,
                         .key = customer,
                         .value = fmt::format(R"({{"age":{}}})", sent.cents),
                         .headers = {}});
    } else {
      records.push_back(support::Purchase(customer, FormatRfc3339(now_ms - sent.late_days * kDayMs),
                                          sent.cents / 100.0, id));
    }
  }
  return records;
}

std::string Everything(const support::PipelineHarness& harness) {
  std::string all = fmt::format("{}\n", harness.clock().clock_ms);
  std::map<std::string, std::string> by_key;
  for (const OutRecord& record : harness.effects().outputs) {
    const int topic = static_cast<int>(record.topic);
    std::string& text = by_key[fmt::format("{} {}", topic, record.key.value_or("-"))];
    text += record.value.value_or("-");
    for (const OutHeader header : record.headers)
      text += fmt::format(" {}={}", header.name, header.value);
    text += '\n';
  }
  for (const auto& [key, text] : by_key) all += key + '\n' + text;
  for (const auto& [id, image] : harness.states()) all += id + image;
  return all;
}

RC_GTEST_PROP(BatchingTest, OutputDoesNotDependOnWhereBatchesEnd, ()) {
  const std::vector<OwnedRecord> records =
      Records(*rc::gen::scale(4.0, rc::gen::container<std::vector<Sent>>(AnySent())));
  const auto batch_max = *rc::gen::inRange<std::size_t>(2, 200);
  static const auto model = support::LoadModel(support::OrdersBundle());
  support::PipelineHarness single, batched;
  single.pipeline().UseModel(model);
  batched.pipeline().UseModel(model);
  single.Run(records, 1);
  batched.Run(records, batch_max);
  RC_ASSERT(Everything(batched) == Everything(single));
  const Counts& counts = single.effects().counts;
  RC_CLASSIFY(counts.changes > 0, "changes");
  RC_CLASSIFY(counts.duplicates > 0, "duplicates");
  RC_CLASSIFY(counts.late > 0, "late events");
}

}  // namespace
}  // namespace segmentd::pipeline
