#include "support/observation.h"

#include <fmt/format.h>

#include <optional>
#include <set>

#include "segmentd/pipeline/customer.h"
#include "segmentd/ports/changelog.h"
#include "support/sample_text.h"

namespace segmentd::support {
namespace {

constexpr pipeline::Topic kOutputs[] = {pipeline::Topic::kSegmentChanged, pipeline::Topic::kAtRisk,
                                        pipeline::Topic::kCustomerState, pipeline::Topic::kDlq};

std::optional<std::string> HeaderOf(const FakeBroker::Entry& entry, std::string_view name) {
  for (const pipeline::OutHeader header : entry.headers) {
    if (header.name == name) return std::string(header.value);
  }
  return std::nullopt;
}

std::string Show(const FakeBroker::Entry& entry) {
  std::string text =
      fmt::format("{} = {}", entry.key.value_or("-"), entry.value.value_or("(null)"));
  for (const pipeline::OutHeader header : entry.headers) {
    if (header.name != "ce_recordedtime") text += fmt::format(" {}={}", header.name, header.value);
  }
  return text;
}

Offset PositionOf(const MemoryStores::Disk& disk) {
  return disk.meta ? disk.meta->transactions_next : Offset{-1};
}

}  // namespace

std::vector<std::string> CommittedOutput(FakeBroker& broker, pipeline::Topic topic,
                                         Partition partition) {
  std::vector<std::string> seen;
  for (const auto& entry : broker.log(FakeBroker::OutputTopic(topic), partition)) {
    if (entry.visible()) seen.push_back(Show(entry));
  }
  return seen;
}

OutputsByKey CommittedByKey(FakeBroker& broker) {
  OutputsByKey outputs;
  for (const pipeline::Topic topic : kOutputs) {
    const std::string name = FakeBroker::OutputTopic(topic);
    for (int p = 0; p < broker.partitions(); ++p) {
      for (const auto& entry : broker.log(name, Partition{p})) {
        if (entry.visible()) outputs[{name, entry.key.value_or("-")}].push_back(Show(entry));
      }
    }
  }
  outputs.merge(CommittedSamples(broker));
  return outputs;
}

OutputsByKey CommittedSamples(FakeBroker& broker) {
  const std::string name = FakeBroker::OutputTopic(pipeline::Topic::kSamples);
  std::map<std::string, std::set<std::string>> distinct;
  std::map<std::string, std::string> last;
  for (int p = 0; p < broker.partitions(); ++p) {
    for (const auto& entry : broker.log(name, Partition{p})) {
      if (!entry.visible()) continue;
      last[*entry.key] = SampleText(entry.value);
      distinct[*entry.key].insert(last[*entry.key]);
    }
  }
  OutputsByKey outputs;
  for (const auto& [customer, samples] : distinct) {
    std::vector<std::string>& lines = outputs[{name, customer}];
    lines.assign(samples.begin(), samples.end());
    lines.push_back("last: " + last[customer]);
  }
  return outputs;
}

MemoryStores::Disk FoldChangelog(FakeBroker& broker, Partition partition, MemoryStores::Disk disk) {
  const auto from = disk.meta ? disk.meta->changelog_next : Offset{0};
  const FakeBroker::Log& log = broker.log("changelog", partition);
  for (auto at = static_cast<std::size_t>(from.value()); at < log.size(); ++at) {
    const FakeBroker::Entry& entry = log[at];
    if (!entry.visible()) continue;
    if (entry.key->front() == ports::kMetaKey) {
      disk.meta = ports::DecodeMeta(*entry.value).value();
    } else if (entry.value) {
      disk.images[entry.key->substr(1)] = *entry.value;
    } else {
      disk.images.erase(entry.key->substr(1));
    }
  }
  return disk;
}

std::string ChangeFaults(FakeBroker& broker) {
  std::string found;
  for (int p = 0; p < broker.partitions(); ++p) {
    std::map<std::string, int> ordinals;
    std::set<std::string> ids;
    for (const auto& entry : broker.log("changed", Partition{p})) {
      if (!entry.visible()) continue;
      if (!ids.insert(HeaderOf(entry, "ce_id").value_or("")).second) {
        found += fmt::format("id {} twice\n", HeaderOf(entry, "ce_id").value_or("?"));
      }
      const int expected = ++ordinals[*entry.key];
      const std::string ordinal = HeaderOf(entry, "ce_sequence").value_or("0");
      if (std::stoi(ordinal) != expected) {
        found += fmt::format("{}: ordinal {} where {} was due\n", *entry.key, ordinal, expected);
      }
    }
  }
  return found;
}

std::string StoreFaults(FakeBroker& broker, MemoryStores& stores) {
  std::string found;
  for (int p = 0; p < broker.partitions(); ++p) {
    const Partition partition{p};
    const MemoryStores::Disk whole = FoldChangelog(broker, partition, {});
    const MemoryStores::Disk repaired = FoldChangelog(broker, partition, stores.disk(partition));
    if (whole.images != repaired.images) found += fmt::format("store {} is not its changelog\n", p);
    if (PositionOf(whole) != PositionOf(repaired)) {
      found += fmt::format("store {} stands elsewhere than its changelog\n", p);
    }
  }
  return found;
}

std::string PositionFaults(FakeBroker& broker) {
  std::string found;
  for (int p = 0; p < broker.partitions(); ++p) {
    const auto meta = FoldChangelog(broker, Partition{p}, {}).meta.value_or(ports::TaskMeta{});
    const auto group = broker.Committed({event::Source::kTransactions, Partition{p}});
    if (group.value_or(Offset{0}) != meta.transactions_next) {
      found += fmt::format("partition {}: the group stands at {}, the changelog at {}\n", p,
                           group.value_or(Offset{0}).value(), meta.transactions_next.value());
    }
  }
  return found;
}

std::string MemberFaults(FakeBroker& broker) {
  std::string found;
  for (int p = 0; p < broker.partitions(); ++p) {
    const MemoryStores::Disk whole = FoldChangelog(broker, Partition{p}, {});
    if (!whole.meta) continue;
    ports::Members members;
    for (const auto& [id, image] : whole.images) {
      pipeline::Customer customer;
      const Status decoded = pipeline::DecodeCustomer(image, customer);
      if (!decoded.ok()) return fmt::format("{}: {}\n", id, decoded.error().message);
      if (customer.segment.current != SegmentId{}) ++members[customer.segment.current];
    }
    if (whole.meta->members != members) {
      found += fmt::format("partition {} counts other members than it has\n", p);
    }
  }
  return found;
}

}  // namespace segmentd::support
