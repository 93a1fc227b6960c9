#include "sim/input_script.h"

#include <fmt/format.h>

#include "segmentd/base/time_text.h"

namespace segmentd::support {
namespace {

constexpr std::int64_t kStartMs = 1'790'000'000'000;
constexpr int kCustomers = 8;
constexpr char kUpstream[] = "upstream";
// Busy weeks and quiet ones, so that segments change.
constexpr double kBusyGapMs = 3'600'000;
constexpr double kQuietGapMs = 36 * 3'600'000;

}  // namespace

InputScript::InputScript(std::uint64_t seed, int partitions, bool profiles, int records)
    : partitions_(partitions), now_ms_(kStartMs) {
  Random random(seed);
  int in_transaction = -1;  // records left until it ends; -1: none is open
  for (int n = 0; n < records; ++n) {
    const bool busy = n / 16 % 2 == 0;
    now_ms_ += static_cast<std::int64_t>(random.Exponential(busy ? kBusyGapMs : kQuietGapMs));
    if (in_transaction < 0 && random.Chance(0.06)) {
      in_transaction = 1 + static_cast<int>(random.Below(5));
    }
    steps_.push_back(MakeRecord(random, n, profiles));
    // Others write on while a transaction is open.
    if (in_transaction > 0 && random.Chance(0.6)) {
      steps_.back().kind = Kind::kInTransaction;
      --in_transaction;
    }
    if (in_transaction == 0) {
      steps_.emplace_back().kind = random.Chance(0.7) ? Kind::kCommit : Kind::kAbort;
      in_transaction = -1;
    }
  }
  if (in_transaction >= 0) steps_.emplace_back().kind = Kind::kCommit;
  for (int p = 0; p < partitions; ++p) {
    Step& marker = steps_.emplace_back();
    marker.kind = Kind::kMarker;
    marker.topic = FakeBroker::InputTopic(event::Source::kTransactions);
    marker.partition = Partition{p};
  }
}

InputScript::Step InputScript::MakeRecord(Random& random, int n, bool profiles) {
  const auto customer = random.Below(kCustomers);
  Step step;
  step.topic = FakeBroker::InputTopic(event::Source::kTransactions);
  step.partition = Partition{static_cast<int>(customer) % partitions_};
  step.entry.key = fmt::format("c{}", customer);
  step.entry.timestamp_ms = now_ms_;
  if (profiles && random.Chance(0.1)) {
    step.topic = FakeBroker::InputTopic(event::Source::kProfiles);
    step.entry.value =
        fmt::format(R"({{"customer_id":"{}","age":{}}})", *step.entry.key, random.Below(80));
  } else if (random.Chance(0.03)) {
    step.entry.value = "not json";
  } else {
    step.entry.value = MakePurchase(random, n, *step.entry.key);
  }
  return step;
}

std::string InputScript::MakePurchase(Random& random, int n, const std::string& customer) {
  std::int64_t time_ms = now_ms_;
  // Late, and now and then too late, as the partition's clock stands.
  if (random.Chance(0.1)) time_ms -= static_cast<std::int64_t>(random.Below(34)) * kDayMs;
  return fmt::format(
      R"({{"event_id":"{}-{}","customer_id":"{}","event_time":"{}","kind":"{}","amount":{}}})",
      customer, random.Chance(0.3) ? n / 16 : 1000 + n, customer, FormatRfc3339(time_ms),
      random.Chance(0.1) ? "refund" : "purchase", random.Below(90) + 1);
}

void InputScript::Play(std::size_t at, FakeBroker& broker) const {
  const Step& step = steps_[at];
  switch (step.kind) {
    case Kind::kRecord:
      broker.Append(step.topic, step.partition, step.entry);
      return;
    case Kind::kMarker:
      broker.AppendMarker(step.topic, step.partition);
      return;
    case Kind::kInTransaction: {
      if (!broker.Current(kUpstream, 1)) broker.InitProducer(kUpstream);
      broker.AppendOpen(kUpstream, 1, step.topic, step.partition, step.entry);
      return;
    }
    default:
      broker.EndTransaction(kUpstream, 1, step.kind == Kind::kCommit);
  }
}

}  // namespace segmentd::support
