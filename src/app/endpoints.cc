#include "app/endpoints.h"

#include "app/openapi.h"
#include "app/version.h"

namespace segmentd::app {
namespace {

http::Response Json(std::string body, int status = 200) {
  return {status, "application/json", std::move(body), {}};
}

http::Response Livez(const Surfaces& on) {
  const bool alive = IsAlive(on.overview.Get(), on.board.Shards(), on.clock.WallMs());
  return alive ? Json(R"({"alive":true})") : Json(R"({"alive":false})", 503);
}

http::Response Readyz(const Surfaces& on) {
  const Overview overview = on.overview.Get();
  const auto shards = on.board.Shards();
  return Json(ReadyJson(overview, shards), ReasonsNotReady(overview, shards).empty() ? 200 : 503);
}

http::Response Startupz(const Surfaces& on) {
  return on.overview.Get().topics_verified ? Json(R"({"started":true})")
                                           : Json(R"({"started":false})", 503);
}

http::Response Statusz(const Surfaces& on) {
  return Json(StatusJson(on.overview.Get(), on.board.Shards(), on.clock.WallMs()));
}

http::Response MetricsText(const Surfaces& on) {
  on.metrics.SetPhase(Phase(on.overview.Get(), on.board.Shards()));
  return {200, std::string(telemetry::Metrics::kContentType), on.metrics.Text(), {}};
}

}  // namespace

std::vector<http::Route> Endpoints(const Surfaces& on) {
  const auto get = [](std::string path, auto answer, bool open = false) {
    return http::Route{"GET", std::move(path), [answer](const http::Request&) { return answer(); },
                       open};
  };
  return {
      get(
          "/livez", [on] { return Livez(on); }, true),
      get(
          "/readyz", [on] { return Readyz(on); }, true),
      get(
          "/startupz", [on] { return Startupz(on); }, true),
      get("/statusz", [on] { return Statusz(on); }),
      get("/metrics", [on] { return MetricsText(on); }),
      get("/version", [] { return Json(VersionJson()); }),
      get("/openapi.json", [] { return Json(std::string(OpenApiJson())); }),
  };
}

}  // namespace segmentd::app
