#pragma once

#include <memory>
#include <string_view>
#include <vector>

#include "segmentd/base/mutex.h"
#include "segmentd/ports/models.h"

namespace segmentd::runtime {

// The models of a process: those that came over Kafka, and the one that it was started with.
// Thread-safe.
class ModelShelf final : public ports::Models {
 public:
  using Model = std::shared_ptr<const pipeline::Model>;

  // Replaces what was there; the active model stays at hand whatever is given.
  void Set(std::vector<Model> models, Model active);

  Model Active() override;
  Model Find(std::string_view version) override;
  std::vector<Model> All() override;

 private:
  Mutex mutex_;
  std::vector<Model> models_ SEGMENTD_GUARDED_BY(mutex_);
  Model active_ SEGMENTD_GUARDED_BY(mutex_);
};

}  // namespace segmentd::runtime
