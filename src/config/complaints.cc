#include "config/complaints.h"

#include <fmt/format.h>

namespace segmentd::config {
namespace {

std::string Line(std::string_view place, std::string_view path, std::string_view message) {
  if (path.empty()) return fmt::format("{}: {}", place, message);
  return fmt::format("{}: {}: {}", place, path, message);
}

}  // namespace

void Complaints::Add(const YAML::Mark& mark, std::string_view path, std::string_view message) {
  lines_.push_back(Line(Place(mark), path, message));
}

void Complaints::Remember(std::string_view path, const YAML::Mark& mark) {
  places_[std::string(path)] = Place(mark);
}

void Complaints::AddFor(std::string_view path, std::string_view message) {
  const auto place = places_.find(path);
  lines_.push_back(Line(place == places_.end() ? file_ : place->second, path, message));
}

Status Complaints::ToStatus() const {
  if (lines_.empty()) return Ok();
  return Fail(Code::kConfig, "{}", fmt::join(lines_, "\n"));
}

std::string Complaints::Place(const YAML::Mark& mark) const {
  if (!variable_.empty()) return fmt::format("environment {}", variable_);
  if (mark.is_null()) return file_;
  return fmt::format("{}:{}:{}", file_, mark.line + 1, mark.column + 1);
}

}  // namespace segmentd::config
