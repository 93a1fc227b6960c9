#pragma once

#include "segmentd/base/result.h"
#include "segmentd/model/bundle.h"

namespace segmentd::model {

// Whether the parts of a bundle fit each other and every number is one that serving can use.
// kCorruption names the first part that does not.
Status CheckBundle(const Bundle& bundle);

// Whether the snapshots of the self-test have the codes here that they had where the model was
// made. kCorruption when not. REQUIRES: CheckBundle.
Status RunSelfTest(const Bundle& bundle);

}  // namespace segmentd::model
