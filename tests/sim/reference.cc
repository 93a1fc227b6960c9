#include "sim/reference.h"

#include <map>

#include "segmentd/base/assert.h"
#include "segmentd/ports/changelog.h"

namespace segmentd::support {
namespace {

void Drain(ShardWorld& world) {
  const Status ended = world.RunUntilDrained();
  SEGMENTD_ASSERT(ended.has_value(), "what nobody disturbs comes to its end");
}

// What readers see of a log, each record in its place.
void Copy(FakeBroker& from, const std::string& topic, Partition partition, Offset begin, Offset end,
          FakeBroker& to) {
  const FakeBroker::Log& log = from.log(topic, partition);
  for (auto at = static_cast<std::size_t>(begin.value());
       at < static_cast<std::size_t>(end.value()); ++at) {
    if (log[at].visible()) {
      to.Append(topic, partition, log[at]);
    } else {
      to.AppendMarker(topic, partition);
    }
  }
}

}  // namespace

const OutputsByKey& UndisturbedOutput(const Plan& plan, const InputScript& script) {
  static std::map<std::uint64_t, OutputsByKey> known;
  const auto [at, fresh] = known.try_emplace(plan.input);
  if (!fresh) return at->second;
  ShardWorld world(plan.partitions, plan.profiles);
  for (std::size_t step = 0; step < script.size(); ++step) script.Play(step, world.broker);
  Drain(world);
  return at->second = CommittedByKey(world.broker);
}

// Compaction hides records from readers and leaves them in the log.
std::vector<SwitchPoint> SwitchPoints(FakeBroker& broker, Partition partition) {
  std::vector<SwitchPoint> points;
  std::uint64_t number = 0;
  for (const FakeBroker::Entry& entry : broker.log("changelog", partition)) {
    if (entry.marker || entry.fate != FakeBroker::Fate::kCommitted) continue;
    if (entry.key->front() != ports::kMetaKey) continue;
    const ports::TaskMeta meta = ports::DecodeMeta(*entry.value).value();
    if (!points.empty() && meta.model_switch.number == number) continue;
    number = meta.model_switch.number;
    points.push_back({points.empty() ? Offset{0} : meta.transactions_next, meta.model_version});
  }
  return points;
}

OutputsByKey OutputBySwitches(FakeBroker& broker, const FakeModels& models) {
  OutputsByKey outputs;
  const std::string input = FakeBroker::InputTopic(event::Source::kTransactions);
  for (int p = 0; p < broker.partitions(); ++p) {
    const Partition partition{p};
    ShardWorld world(broker.partitions(), false);
    world.models = models;
    const std::vector<SwitchPoint> points = SwitchPoints(broker, partition);
    for (std::size_t i = 0; i < points.size(); ++i) {
      world.models.Activate(world.models.Find(points[i].version));
      if (i > 0) Drain(world);
      const bool last = i + 1 == points.size();
      Copy(broker, input, partition, points[i].at,
           last ? broker.High(input, partition) : points[i + 1].at, world.broker);
      Drain(world);
    }
    outputs.merge(CommittedByKey(world.broker));
  }
  return outputs;
}

}  // namespace segmentd::support
