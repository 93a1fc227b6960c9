#pragma once

#include <yaml-cpp/yaml.h>

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "segmentd/base/result.h"

namespace segmentd::config {

// Collects every mistake with its place, so that a person mends them in one go.
class Complaints {
 public:
  explicit Complaints(std::string_view file) : file_(file) {}

  // Environment values are texts of their own: while one is read, its name is the place.
  void UseVariable(std::string_view variable) { variable_ = variable; }

  // Complains about the value of a field, or about the structure (path empty).
  void Add(const YAML::Mark& mark, std::string_view path, std::string_view message);

  // Notes where a field or an entry of a map was set, for mistakes found once all are known.
  void Remember(std::string_view path, const YAML::Mark& mark);
  void AddFor(std::string_view path, std::string_view message);

  Status ToStatus() const;

 private:
  std::string Place(const YAML::Mark& mark) const;

  std::string file_;
  std::string variable_;
  std::map<std::string, std::string, std::less<>> places_;
  std::vector<std::string> lines_;
};

}  // namespace segmentd::config
