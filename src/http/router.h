#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "segmentd/http/server.h"

namespace segmentd::http {

// Finds a request's route among the table's.
class Router {
 public:
  explicit Router(std::vector<Route> routes) : routes_(std::move(routes)) {}

  struct Match {
    const Route* route = nullptr;  // nothing: no route for this path and method
    std::map<std::string, std::string> segments;
    std::string path;   // the route's path, of any method; empty: none has it
    std::string allow;  // the methods of that path, for 405
  };
  Match Find(std::string_view method, std::string_view path) const;

 private:
  std::vector<Route> routes_;
};

}  // namespace segmentd::http
