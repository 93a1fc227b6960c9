#pragma once

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "segmentd/base/result.h"

namespace segmentd::http {

struct Request {
  std::string method;
  std::string path;                             // decoded
  std::map<std::string, std::string> query;     // the first of each name
  std::map<std::string, std::string> segments;  // what stood for {name} in the route's path
  std::string body;
};

struct Response {
  int status = 200;
  std::string content_type = "application/json";
  std::string body;
  std::vector<std::pair<std::string, std::string>> headers;
};

// RFC 9457: application/problem+json with type, title, status and detail.
Response Problem(int status, std::string_view detail);

struct Route {
  std::string method;  // "GET" answers HEAD too
  std::string path;    // "/livez", "/api/v1/customers/{id}"
  // Called on several threads at once; what it throws is answered with 500.
  std::function<Response(const Request&)> handler;
  bool open = false;  // answered without the token
};

struct Options {
  std::string host = "127.0.0.1";
  int port = 0;       // 0: any free one
  std::string token;  // the bearer token that all but open routes ask for; empty: none
  int threads = 8;
  int waiting_max = 64;  // accepted connections that wait for a thread; more wait in the kernel
  std::size_t body_bytes_max = 64 << 10;
  int timeout_s = 5;  // per read and write
};

// Told of each answered request: the route's path ("other" where none matched), its method, the
// status and the time it took. Called on the server's threads.
using Observer = std::function<void(std::string_view route, std::string_view method, int status,
                                    double seconds)>;

// One HTTP/1.1 port. Answers from Start on, until destroyed.
class Server {
 public:
  // kFatal when the address cannot be bound.
  static Result<std::unique_ptr<Server>> Start(const Options& options, std::vector<Route> routes,
                                               Observer observer);
  virtual ~Server() = default;
  virtual int port() const = 0;
};

}  // namespace segmentd::http
