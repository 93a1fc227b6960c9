#pragma once

#include "segmentd/base/json_writer.h"
#include "segmentd/train/live_trainer.h"

namespace segmentd::app {

// What /statusz says of the trainer.
void WriteTrainer(JsonWriter& json, const train::LiveStatus& trainer);

}  // namespace segmentd::app
