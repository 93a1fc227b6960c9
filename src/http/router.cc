#include "http/router.h"

#include <algorithm>

namespace segmentd::http {
namespace {

std::string_view TakeSegment(std::string_view& path) {
  const std::size_t slash = std::min(path.find('/'), path.size());
  const std::string_view segment = path.substr(0, slash);
  path.remove_prefix(std::min(slash + 1, path.size()));
  return segment;
}

bool Matches(std::string_view pattern, std::string_view path,
             std::map<std::string, std::string>& segments) {
  if (std::ranges::count(pattern, '/') != std::ranges::count(path, '/')) return false;
  while (!pattern.empty() || !path.empty()) {
    const std::string_view expected = TakeSegment(pattern);
    const std::string_view found = TakeSegment(path);
    if (expected.starts_with('{') && !found.empty()) {
      segments[std::string(expected.substr(1, expected.size() - 2))] = std::string(found);
    } else if (expected != found) {
      return false;
    }
  }
  return true;
}

}  // namespace

Router::Match Router::Find(std::string_view method, std::string_view path) const {
  Match match;
  for (const Route& route : routes_) {
    std::map<std::string, std::string> segments;
    if (!Matches(route.path, path, segments)) continue;
    match.path = route.path;
    if (route.method == method || (route.method == "GET" && method == "HEAD")) {
      match.route = &route;
      match.segments = std::move(segments);
      return match;
    }
    if (!match.allow.empty()) match.allow += ", ";
    match.allow += route.method == "GET" ? "GET, HEAD" : route.method;
  }
  return match;
}

}  // namespace segmentd::http
