// One GET over HTTP whose content is handed on while it arrives.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <stop_token>
#include <string>
#include <string_view>

#include "net/curl.h"

namespace vidbench::blobs {

struct TransferResult {
  enum class Outcome {
    kComplete,
    kInterrupted,  // by the stop request; what was received is kept
    kTryAgain,     // the network's or the server's trouble; what was received is kept
    kStartOver,    // what is there cannot be continued: discard it and try again
    kGiveUp,       // this address does not give the file
  };
  Outcome outcome = Outcome::kGiveUp;
  std::string problem;  // one line
  double wait_s = 0;    // the server asks to wait (Retry-After)
};

struct GetRequest {
  std::string url;
  std::string range;     // "100-", "0-99"; empty = the whole
  std::string if_range;  // the validator under which the range is wanted
  std::string token;     // for the address's own host; never sent on after a redirect to another
  double stall_s = 60;   // give up after as long with less than a byte a second
};

// "bytes 100-199/200"; `total` is empty for '*'.
struct ContentRange {
  std::optional<uint64_t> start, total;
};
[[nodiscard]] ContentRange read_content_range(std::string_view text);

// The newest answer's head; those of redirects are not kept.
struct AnswerHead {
  long status = 0;
  std::map<std::string, std::string> headers;  // names in lower case
  std::optional<uint64_t> length;              // of the content that follows, when it is told
  [[nodiscard]] std::string header(const std::string& name) const;
};

// Takes in an answer of status 200 or 206. Exceptions end the GET and come out of it.
class Receiver {
 public:
  virtual ~Receiver() = default;
  // The first content arrives, or the answer has none. False ends the GET.
  virtual bool begin(const AnswerHead& head) = 0;
  // False ends the GET.
  virtual bool take(std::span<const char> content) = 0;
  // Several times a second.
  virtual void tick() {}
};

// GETs one address after another over connections that are kept. One thread at a time.
class HttpGet {
 public:
  struct Result {
    AnswerHead head;
    TransferResult transfer;  // kComplete: the answer is 200 or 206 and came to its end
    bool ended = false;       // by the receiver
  };
  // Redirects are followed, from https to https only.
  [[nodiscard]] Result get(const GetRequest& request, Receiver& receiver, const std::stop_token& stop);

 private:
  net::Easy easy_ = net::make_easy();
};

}  // namespace vidbench::blobs
