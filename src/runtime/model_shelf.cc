#include "segmentd/runtime/model_shelf.h"

#include <algorithm>

namespace segmentd::runtime {

void ModelShelf::Set(std::vector<Model> models, Model active) {
  const MutexLock lock(mutex_);
  models_ = std::move(models);
  active_ = std::move(active);
  if (active_ != nullptr && std::ranges::find(models_, active_) == models_.end()) {
    models_.push_back(active_);
  }
}

ModelShelf::Model ModelShelf::Active() {
  const MutexLock lock(mutex_);
  return active_;
}

ModelShelf::Model ModelShelf::Find(std::string_view version) {
  const MutexLock lock(mutex_);
  const auto at = std::ranges::find(
      models_, version, [](const Model& model) { return std::string_view(model->version); });
  return at == models_.end() ? nullptr : *at;
}

std::vector<ModelShelf::Model> ModelShelf::All() {
  const MutexLock lock(mutex_);
  return models_;
}

}  // namespace segmentd::runtime
