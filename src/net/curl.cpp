#include "net/curl.h"

namespace vidbench::net {

Easy make_easy() {
  static const CURLcode ready = curl_global_init(CURL_GLOBAL_DEFAULT);
  Easy easy(ready == CURLE_OK ? curl_easy_init() : nullptr);
  if (!easy) throw Error(ErrorCode::kInternal, "libcurl cannot be started");
  set_option(easy, CURLOPT_USERAGENT, "vidbench/" VIDBENCH_VERSION);
  set_option(easy, CURLOPT_NOSIGNAL, 1L);
  set_option(easy, CURLOPT_PROTOCOLS_STR, "http,https");
  return easy;
}

}  // namespace vidbench::net
