#pragma once

#include <memory>
#include <utility>
#include <vector>

#include "segmentd/ports/models.h"

namespace segmentd::support {

// Models that a test hands out.
class FakeModels final : public ports::Models {
 public:
  using Model = std::shared_ptr<const pipeline::Model>;
  explicit FakeModels(std::vector<Model> all) : all_(std::move(all)), active_(all_.front()) {}

  // nullptr: state only.
  void Activate(Model model) { active_ = std::move(model); }
  // One that was not among them.
  void Use(const Model& model) {
    Add(model);
    Activate(model);
  }
  void Add(Model model) { all_.push_back(std::move(model)); }

  Model Active() override { return active_; }
  Model Find(std::string_view version) override {
    for (const Model& model : all_) {
      if (model->version == version) return model;
    }
    return nullptr;
  }
  std::vector<Model> All() override { return all_; }

 private:
  std::vector<Model> all_;
  Model active_;
};

}  // namespace segmentd::support
