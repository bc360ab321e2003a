// libcurl, started once, with handles that free themselves.
#pragma once

#include <curl/curl.h>
#include <fmt/format.h>

#include <memory>

#include "base/error.h"

namespace vidbench::net {

struct EasyDelete {
  void operator()(CURL* easy) const { curl_easy_cleanup(easy); }
};
struct ListDelete {
  void operator()(curl_slist* list) const { curl_slist_free_all(list); }
};
struct MimeDelete {
  void operator()(curl_mime* mime) const { curl_mime_free(mime); }
};
using Easy = std::unique_ptr<CURL, EasyDelete>;
using List = std::unique_ptr<curl_slist, ListDelete>;
using Mime = std::unique_ptr<curl_mime, MimeDelete>;

// A handle with our user agent, no signals, no redirects and HTTP alone. Thread-safe. Throws
// Error(kInternal).
[[nodiscard]] Easy make_easy();

// Throws Error(kInternal) when this libcurl does not know the option.
template <typename Value>
void set_option(const Easy& easy, CURLoption option, Value value) {
  if (curl_easy_setopt(easy.get(), option, value) != CURLE_OK)
    throw Error(ErrorCode::kInternal, fmt::format("libcurl refuses option {}", static_cast<int>(option)));
}

}  // namespace vidbench::net
