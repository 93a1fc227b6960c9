#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "segmentd/base/random.h"
#include "support/fake_broker.h"

namespace segmentd::support {

// What producers upstream do, step by step: the logs that come of it are the same whenever the
// steps are played, so that what is computed from them can be compared.
class InputScript {
 public:
  // Late, repeated and unusable records among others, some of them in transactions that are left
  // open for a while, then committed or aborted.
  InputScript(std::uint64_t seed, int partitions, bool profiles, int records);

  std::size_t size() const { return steps_.size(); }
  void Play(std::size_t step, FakeBroker& broker) const;

 private:
  enum class Kind { kRecord, kInTransaction, kCommit, kAbort, kMarker };
  struct Step {
    Kind kind = Kind::kRecord;
    std::string topic;
    Partition partition;
    FakeBroker::Entry entry;
  };

  Step MakeRecord(Random& random, int n, bool profiles);
  std::string MakePurchase(Random& random, int n, const std::string& customer);

  int partitions_;
  std::int64_t now_ms_;
  std::vector<Step> steps_;
};

}  // namespace segmentd::support
