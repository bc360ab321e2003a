// Whatever a provider answers: a state, a failure, captured values, parts, addresses; or an Error.
#include <cstdlib>
#include <string>

#include "base/error.h"
#include "base/url.h"
#include "net/multipart.h"
#include "providers/answer.h"
#include "providers/provider_file.h"

namespace {

const vidbench::providers::Provider& provider() {
  static const auto known = vidbench::providers::parse_provider(
      "provider: p\nbase_url: https://a.example.com\nsources: [x]\n"
      "submit: {call: POST /a, capture: {id: [/id, /data/0/id]}, fail: [{at: /code, is_not: [0], message: "
      "/m}]}\n"
      "fields: {prompt: {at: /p}}\n"
      "poll: {call: 'GET /a/{id}', status: {at: [/s, /t/0/s], success: [1, ok], other: pending, absent: "
      "pending}}\n"
      "result: {kind: url, at: /u}\n",
      "p.yaml");
  return known;
}

void check_url(const std::string& text) {
  const auto base = vidbench::parse_url("https://a.example.com/x/y");
  for (const auto& url : {vidbench::parse_url(text), vidbench::resolve(*base, text)}) {
    if (!url) continue;
    const auto again = vidbench::parse_url(url->text());
    if (!again || again->text() != url->text() || again->host != url->host) std::abort();
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string text(reinterpret_cast<const char*>(data), size);
  check_url(text);
  try {
    for (const auto& part : vidbench::net::read_multipart("multipart/mixed; boundary=b", text))
      if (part.content.size() > text.size()) std::abort();
  } catch (const vidbench::Error&) {
  }
  const vidbench::Json body = vidbench::Json::parse(text, nullptr, false);
  std::map<std::string, vidbench::Json> values;
  (void)vidbench::providers::failure_in(provider().submit, body);
  (void)vidbench::providers::capture(provider().submit, body, values);
  const auto answer =
      vidbench::providers::read_poll(*provider().poll, 200, body.is_discarded() ? vidbench::Json() : body);
  if (answer.message.find('\n') != std::string::npos || answer.status.find('\n') != std::string::npos)
    std::abort();
  return 0;
}
