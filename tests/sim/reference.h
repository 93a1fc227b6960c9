#pragma once

#include "sim/simulation.h"
#include "support/observation.h"

namespace segmentd::support {

// What one process makes of the whole input that nobody disturbs.
const OutputsByKey& UndisturbedOutput(const Plan& plan, const InputScript& script);

// Where a partition's model changed, as its changelog has it.
struct SwitchPoint {
  Offset at;  // of the input: scored from here on
  std::string version;
};
std::vector<SwitchPoint> SwitchPoints(FakeBroker& broker, Partition partition);

// What one process makes of a broker's input that nobody disturbs but for the model, which changes
// in each partition where that broker's changelog says.
OutputsByKey OutputBySwitches(FakeBroker& broker, const FakeModels& models);

}  // namespace segmentd::support
