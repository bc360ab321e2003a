// One HTTP exchange: no redirects, limits on time and size, and a plain answer to "was it sent?".
#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <optional>
#include <stop_token>
#include <string>
#include <utility>
#include <vector>

namespace vidbench::net {

using Headers = std::vector<std::pair<std::string, std::string>>;

struct HttpRequest {
  std::string method = "GET", url;
  Headers headers;
  std::string body;
  Headers form;  // not empty: the fields of a multipart/form-data body, instead of `body`
};

struct HttpLimits {
  double connect_s = 30, stall_s = 120, total_s = 600;
  uint64_t max_bytes = 16 << 20;  // of the answer
};

// How far an exchange got. Only kNotSent promises that the server never saw the request.
enum class Exchange { kAnswered, kNotSent, kUnknown, kTooLarge, kInterrupted };

struct HttpResponse {
  Exchange exchange = Exchange::kUnknown;
  std::string problem;  // one line, when there is no answer
  int status = 0;
  std::map<std::string, std::string> headers;  // names in lower case
  std::string body;                            // empty when it went to a file
  double first_byte_s = 0, total_s = 0;        // since the exchange began

  [[nodiscard]] bool ok() const { return exchange == Exchange::kAnswered && status >= 200 && status < 300; }
  [[nodiscard]] std::string header(const std::string& name) const;
};

// Performs the request on a connection of its own: libcurl repeats a request by itself only on one that it
// reuses. The body of a 2xx answer goes to `file` when one is named. Thread-safe. Throws Error(kEnvironment)
// when the file cannot be written.
[[nodiscard]] HttpResponse perform(const HttpRequest& request, const HttpLimits& limits,
                                   const std::stop_token& stop, const std::filesystem::path& file = {});

// Seconds that "Retry-After" asks for (a number or an HTTP date); nothing when it does not say.
[[nodiscard]] std::optional<double> retry_after_s(const HttpResponse& response);

}  // namespace vidbench::net
