#include "segmentd/http/server.h"

#include <fmt/format.h>
#include <httplib.h>

#include <cerrno>
#include <chrono>
#include <cstring>
#include <thread>

#include "http/router.h"
#include "http/task_queue.h"
#include "segmentd/base/json_writer.h"

namespace segmentd::http {
namespace {

// An idle client holds a thread for so long.
constexpr int kKeepAliveS = 2;
constexpr int kRequestsPerConnectionMax = 1000;

std::string_view Title(int status) {
  switch (status) {
    case 400:
      return "Bad Request";
    case 401:
      return "Unauthorized";
    case 404:
      return "Not Found";
    case 405:
      return "Method Not Allowed";
    case 413:
      return "Content Too Large";
    case 414:
      return "URI Too Long";
    case 503:
      return "Service Unavailable";
    default:
      return status < 500 ? "Request Refused" : "Internal Server Error";
  }
}

// Takes the same time wherever the two differ; only the length of what was offered shows.
bool SameSecret(std::string_view offered, std::string_view secret) {
  unsigned difference = offered.size() == secret.size() ? 0 : 1;
  for (std::size_t i = 0; i < offered.size(); ++i) {
    difference |= static_cast<unsigned>(offered[i] ^ secret[i % secret.size()]);
  }
  return difference == 0;
}

class HttplibServer final : public Server {
 public:
  HttplibServer(const Options& options, std::vector<Route> routes, Observer observer)
      : options_(options), router_(std::move(routes)), observer_(std::move(observer)) {
    SetLimits();
    // Before the body is read for those that have none; the others below, with their body.
    server_.set_pre_routing_handler(
        [this](const httplib::Request& request, httplib::Response& out) {
          if (HasBody(request.method)) return httplib::Server::HandlerResponse::Unhandled;
          Answer(request, out);
          return httplib::Server::HandlerResponse::Handled;
        });
    const auto answer = [this](const httplib::Request& request, httplib::Response& out) {
      Answer(request, out);
    };
    server_.Post(".*", answer).Put(".*", answer).Patch(".*", answer).Delete(".*", answer);
    // What the library refuses by itself: a body too large, a request line that is none.
    server_.set_error_handler([](const httplib::Request&, httplib::Response& out) {
      if (out.body.empty()) Write(Problem(out.status, "the request was refused"), out);
    });
  }

  ~HttplibServer() override {
    server_.stop();
    if (thread_.joinable()) thread_.join();
  }

  Status Listen() {
    errno = 0;
    port_ = options_.port == 0 ? server_.bind_to_any_port(options_.host)
            : server_.bind_to_port(options_.host, options_.port) ? options_.port
                                                                 : -1;
    if (port_ < 0) {
      return Fail(
          Code::kFatal,
          "{}:{} cannot be listened on ({}); choose another http.listen, or stop what uses it",
          options_.host, options_.port,
          errno == 0 ? "is it an address of this host?" : std::strerror(errno));
    }
    thread_ = std::thread([this] { server_.listen_after_bind(); });
    // The library forgets a stop that comes before it runs.
    while (!server_.is_running()) std::this_thread::yield();
    return Ok();
  }

  int port() const override { return port_; }

 private:
  static bool HasBody(std::string_view method) {
    return method == "POST" || method == "PUT" || method == "PATCH" || method == "DELETE";
  }

  void SetLimits() {
    server_.set_payload_max_length(options_.body_bytes_max);
    server_.set_read_timeout(options_.timeout_s);
    server_.set_write_timeout(options_.timeout_s);
    server_.set_keep_alive_timeout(kKeepAliveS);
    server_.set_keep_alive_max_count(kRequestsPerConnectionMax);
    server_.set_tcp_nodelay(true);
    // Not the library's SO_REUSEPORT, with which two daemons would share a port unnoticed.
    server_.set_socket_options([](socket_t socket) {
      const int yes = 1;
      ::setsockopt(socket, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes);
    });
    server_.new_task_queue = [this] {
      return new BoundedTaskQueue(options_.threads, options_.waiting_max);
    };
  }

  void Answer(const httplib::Request& in, httplib::Response& out) const {
    const auto start = std::chrono::steady_clock::now();
    const Router::Match match = router_.Find(in.method, in.path);
    Write(Respond(in, match), out);
    const std::chrono::duration<double> took = std::chrono::steady_clock::now() - start;
    if (observer_)
      observer_(match.path.empty() ? "other" : match.path, in.method, out.status, took.count());
  }

  Response Respond(const httplib::Request& in, const Router::Match& match) const {
    const bool open = match.route != nullptr && match.route->open;
    if (!open && !Authorized(in)) {
      Response refused = Problem(401, "send the header `Authorization: Bearer TOKEN`");
      refused.headers.emplace_back("WWW-Authenticate", "Bearer");
      return refused;
    }
    if (match.path.empty()) return Problem(404, "nothing is here; /openapi.json lists what is");
    if (match.route == nullptr) {
      Response refused = Problem(405, fmt::format("this path takes {}", match.allow));
      refused.headers.emplace_back("Allow", match.allow);
      return refused;
    }
    Request request{in.method, in.path, {}, match.segments, in.body};
    for (const auto& [name, value] : in.params) request.query.try_emplace(name, value);
    try {
      return match.route->handler(request);
    } catch (const std::exception&) {
      return Problem(500, "this is a defect of segmentd; its log may tell more");
    }
  }

  bool Authorized(const httplib::Request& in) const {
    constexpr std::string_view kScheme = "Bearer ";
    if (options_.token.empty()) return true;
    const std::string offered = in.get_header_value("Authorization");
    return offered.starts_with(kScheme) &&
           SameSecret(std::string_view(offered).substr(kScheme.size()), options_.token);
  }

  static void Write(const Response& response, httplib::Response& out) {
    out.status = response.status;
    out.set_content(response.body, response.content_type);
    for (const auto& [name, value] : response.headers) out.set_header(name, value);
    out.set_header("X-Content-Type-Options", "nosniff");
    if (!out.has_header("Cache-Control")) out.set_header("Cache-Control", "no-store");
  }

  const Options options_;
  const Router router_;
  const Observer observer_;
  httplib::Server server_;
  int port_ = -1;
  std::thread thread_;
};

}  // namespace

Response Problem(int status, std::string_view detail) {
  Response response{status, "application/problem+json", "", {}};
  JsonWriter(response.body)
      .BeginObject()
      .Key("type")
      .String("about:blank")
      .Key("title")
      .String(Title(status))
      .Key("status")
      .Int(status)
      .Key("detail")
      .String(detail)
      .EndObject();
  return response;
}

Result<std::unique_ptr<Server>> Server::Start(const Options& options, std::vector<Route> routes,
                                              Observer observer) {
  auto server = std::make_unique<HttplibServer>(options, std::move(routes), std::move(observer));
  SEGMENTD_RETURN_IF_ERROR(server->Listen());
  return server;
}

}  // namespace segmentd::http
