#include "segmentd/http/server.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <httplib.h>

#include <mutex>
#include <stdexcept>
#include <tuple>

#include "segmentd/http/client.h"

namespace segmentd::http {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

std::vector<Route> TestRoutes() {
  return {
      {"GET", "/livez",
       [](const Request&) {
         return Response{200, "text/plain", "ok", {}};
       },
       true},
      {"GET", "/api/v1/customers/{id}",
       [](const Request& request) {
         return Response{200, "text/plain", request.segments.at("id") + request.query.at("q"), {}};
       }},
      {"DELETE", "/api/v1/customers/{id}",
       [](const Request& request) {
         return Response{202, "text/plain", request.method, {{"X-Own", "yes"}}};
       }},
      {"PUT", "/name",
       [](const Request& request) {
         return Response{200, "text/plain", request.body, {}};
       }},
      {"GET", "/broken",
       [](const Request&) -> Response { throw std::runtime_error("secret detail"); }},
  };
}

class ServerTest : public ::testing::Test {
 protected:
  httplib::Client Start(const Options& options = {}) {
    auto server = Server::Start(options, TestRoutes(), observer_);
    EXPECT_TRUE(server.ok()) << (server.ok() ? "" : server.error().message);
    server_ = *std::move(server);
    return httplib::Client("127.0.0.1", server_->port());
  }

  Observer observer_;
  std::unique_ptr<Server> server_;
};

TEST_F(ServerTest, AnswersOnAFreePortThatCanBeRead) {
  auto client = Start();
  EXPECT_GT(server_->port(), 0);
  const auto reply = client.Get("/livez");
  ASSERT_TRUE(reply);
  EXPECT_EQ(reply->status, 200);
  EXPECT_EQ(reply->body, "ok");
  EXPECT_EQ(reply->get_header_value("Content-Type"), "text/plain");
  EXPECT_EQ(reply->get_header_value("X-Content-Type-Options"), "nosniff");
}

TEST_F(ServerTest, GivesHandlersThePathsSegmentsTheQueryAndTheBody) {
  auto client = Start();
  EXPECT_EQ(client.Get("/api/v1/customers/c%2042?q=x")->body, "c 42x");
  EXPECT_EQ(client.Put("/name", "Champions", "text/plain")->body, "Champions");
  const auto deleted = client.Delete("/api/v1/customers/c42");
  EXPECT_EQ(deleted->status, 202);
  EXPECT_EQ(deleted->get_header_value("X-Own"), "yes");
}

TEST_F(ServerTest, AnswersHeadWithoutABody) {
  auto client = Start();
  const auto reply = client.Head("/livez");
  ASSERT_TRUE(reply);
  EXPECT_EQ(reply->status, 200);
  EXPECT_EQ(reply->get_header_value("Content-Length"), "2");
  EXPECT_EQ(reply->body, "");
}

TEST_F(ServerTest, SaysNotFoundAsAProblem) {
  auto client = Start();
  for (const char* path :
       {"/nowhere", "/livez/", "/", "/api/v1/customers/", "/api/v1/customers/a/b"}) {
    const auto reply = client.Get(path);
    ASSERT_TRUE(reply) << path;
    EXPECT_EQ(reply->status, 404) << path;
    EXPECT_EQ(reply->get_header_value("Content-Type"), "application/problem+json");
    EXPECT_EQ(reply->body, R"({"type":"about:blank","title":"Not Found","status":404,)"
                           R"("detail":"nothing is here; /openapi.json lists what is"})");
  }
}

TEST_F(ServerTest, NamesTheAllowedMethodsOfAPath) {
  auto client = Start();
  const auto reply = client.Post("/api/v1/customers/c42", "x", "text/plain");
  ASSERT_TRUE(reply);
  EXPECT_EQ(reply->status, 405);
  EXPECT_EQ(reply->get_header_value("Allow"), "GET, HEAD, DELETE");
  EXPECT_EQ(client.Options("/livez")->status, 405);
}

TEST_F(ServerTest, HidesWhatAHandlerThrows) {
  auto client = Start();
  const auto reply = client.Get("/broken");
  ASSERT_TRUE(reply);
  EXPECT_EQ(reply->status, 500);
  EXPECT_EQ(reply->get_header_value("Content-Type"), "application/problem+json");
  EXPECT_EQ(reply->body.find("secret"), std::string::npos);
}

TEST_F(ServerTest, RefusesABodyAboveTheLimit) {
  Options options;
  options.body_bytes_max = 10;
  auto client = Start(options);
  const auto reply = client.Put("/name", std::string(11, 'x'), "text/plain");
  ASSERT_TRUE(reply);
  EXPECT_EQ(reply->status, 413);
  EXPECT_THAT(reply->body, HasSubstr(R"("status":413)"));
}

TEST_F(ServerTest, AsksForTheTokenOnAllButOpenRoutes) {
  Options options;
  options.token = "hush";
  auto client = Start(options);
  EXPECT_EQ(client.Get("/livez")->status, 200);
  const auto refused = client.Get("/api/v1/customers/a?q=b");
  EXPECT_EQ(refused->status, 401);
  EXPECT_EQ(refused->get_header_value("WWW-Authenticate"), "Bearer");
  EXPECT_EQ(client.Get("/nowhere")->status, 401);
  for (const char* wrong : {"Bearer ", "Bearer hus", "Bearer hushh", "Bearer Hush", "hush",
                            "Basic hush", "Bearer hushhush"}) {
    EXPECT_EQ(client.Get("/api/v1/customers/a?q=b", {{"Authorization", wrong}})->status, 401)
        << wrong;
  }
  EXPECT_EQ(client.Get("/api/v1/customers/a?q=b", {{"Authorization", "Bearer hush"}})->status, 200);
}

TEST_F(ServerTest, TellsTheObserverTheRouteNotThePath) {
  std::mutex mutex;
  std::vector<std::tuple<std::string, std::string, int>> seen;
  observer_ = [&](std::string_view route, std::string_view method, int status, double seconds) {
    const std::lock_guard lock(mutex);
    EXPECT_GE(seconds, 0);
    seen.emplace_back(route, method, status);
  };
  auto client = Start();
  client.Get("/api/v1/customers/c42?q=");
  client.Get("/nowhere");
  client.Post("/livez", "", "text/plain");
  server_.reset();
  EXPECT_THAT(seen, ElementsAre(std::make_tuple("/api/v1/customers/{id}", "GET", 200),
                                std::make_tuple("other", "GET", 404),
                                std::make_tuple("/livez", "POST", 405)));
}

TEST_F(ServerTest, SharesItsPortWithNobody) {
  Start();
  Options options;
  options.port = server_->port();
  const auto second = Server::Start(options, {}, {});
  ASSERT_FALSE(second.ok());
  EXPECT_THAT(second.error().message, HasSubstr("choose another http.listen"));
}

TEST(ClientTest, SaysThatNothingAnswers) {
  int port = 0;
  {
    auto server = Server::Start({}, TestRoutes(), {});
    ASSERT_TRUE(server.ok());
    port = (*server)->port();
    EXPECT_EQ(Get("127.0.0.1", port, "/livez", 5)->body, "ok");
  }
  const auto reply = Get("127.0.0.1", port, "/livez", 5);
  ASSERT_FALSE(reply.ok());
  EXPECT_EQ(reply.error().code, Code::kRetry);
  EXPECT_THAT(reply.error().message, HasSubstr("is segmentd running?"));
}

}  // namespace
}  // namespace segmentd::http
