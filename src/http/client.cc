#include "segmentd/http/client.h"

#include <httplib.h>

namespace segmentd::http {

Result<Reply> Get(const std::string& host, int port, const std::string& path, int timeout_s) {
  httplib::Client client(host, port);
  client.set_connection_timeout(timeout_s);
  client.set_read_timeout(timeout_s);
  const httplib::Result result = client.Get(path);
  if (!result) {
    return Fail(Code::kRetry, "nothing answers at {}:{} ({}); is segmentd running?", host, port,
                httplib::to_string(result.error()));
  }
  return Reply{result->status, result->body};
}

}  // namespace segmentd::http
