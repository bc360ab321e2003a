#include "net/http.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <ctime>
#include <fstream>

#include "base/strings.h"
#include "net/curl.h"

namespace vidbench::net {
namespace {

class Conversation {
 public:
  Conversation(const HttpRequest& request, const HttpLimits& limits, const std::stop_token& stop,
               const std::filesystem::path& path)
      : request_(request), limits_(limits), stop_(stop), path_(path) {}

  HttpResponse run() {
    set_options();
    const CURLcode code = curl_easy_perform(easy_.get());
    file_.close();
    long status = 0;
    curl_easy_getinfo(easy_.get(), CURLINFO_RESPONSE_CODE, &status);
    response_.status = static_cast<int>(status);
    response_.first_byte_s = seconds(CURLINFO_STARTTRANSFER_TIME_T);
    response_.total_s = seconds(CURLINFO_TOTAL_TIME_T);
    if (file_failed_) throw_environment("cannot write " + path_.string(), "is there space?");
    response_.exchange = outcome(code);
    if (response_.exchange != Exchange::kAnswered && response_.problem.empty())
      response_.problem = curl_easy_strerror(code);
    return std::move(response_);
  }

 private:
  void set_options() {
    set_option(easy_, CURLOPT_URL, request_.url.c_str());
    set_option(easy_, CURLOPT_FOLLOWLOCATION, 0L);
    set_option(easy_, CURLOPT_FRESH_CONNECT, 1L);
    set_option(easy_, CURLOPT_CONNECTTIMEOUT_MS, milliseconds(limits_.connect_s));
    set_option(easy_, CURLOPT_TIMEOUT_MS, milliseconds(limits_.total_s));
    set_option(easy_, CURLOPT_LOW_SPEED_LIMIT, 1L);
    set_option(easy_, CURLOPT_LOW_SPEED_TIME, std::max(1L, static_cast<long>(limits_.stall_s)));
    set_option(easy_, CURLOPT_HEADERDATA, this);
    set_option(easy_, CURLOPT_HEADERFUNCTION, &Conversation::on_header);
    set_option(easy_, CURLOPT_WRITEDATA, this);
    set_option(easy_, CURLOPT_WRITEFUNCTION, &Conversation::on_data);
    set_option(easy_, CURLOPT_XFERINFODATA, this);
    set_option(easy_, CURLOPT_XFERINFOFUNCTION, &Conversation::on_tick);
    set_option(easy_, CURLOPT_NOPROGRESS, 0L);
    set_headers();
    set_body();
  }

  static long milliseconds(double seconds) {
    return std::max(1L, static_cast<long>(std::min(seconds, 1e6) * 1000));
  }

  void set_headers() {
    for (const auto& [name, value] : request_.headers) append(name + ": " + value);
    append("Expect:");  // no "100-continue": what is sent is sent at once
    set_option(easy_, CURLOPT_HTTPHEADER, list_.get());
  }

  void append(const std::string& line) {
    curl_slist* longer = curl_slist_append(list_.get(), line.c_str());
    if (longer == nullptr) throw Error(ErrorCode::kInternal, "out of memory");
    (void)list_.release();
    list_.reset(longer);
  }

  void set_body() {
    if (!request_.form.empty()) {
      mime_.reset(curl_mime_init(easy_.get()));
      for (const auto& [name, value] : request_.form) {
        curl_mimepart* part = curl_mime_addpart(mime_.get());
        curl_mime_name(part, name.c_str());
        curl_mime_data(part, value.data(), value.size());
      }
      set_option(easy_, CURLOPT_MIMEPOST, mime_.get());
    } else if (!request_.body.empty() || request_.method == "POST" || request_.method == "PUT") {
      set_option(easy_, CURLOPT_POSTFIELDSIZE_LARGE, static_cast<curl_off_t>(request_.body.size()));
      set_option(easy_, CURLOPT_POSTFIELDS, request_.body.c_str());
    }
    set_option(easy_, CURLOPT_CUSTOMREQUEST, request_.method.c_str());
  }

  static size_t on_header(char* data, size_t, size_t size, void* self) {
    static_cast<Conversation*>(self)->read_header(trim(std::string_view(data, size)));
    return size;
  }

  void read_header(const std::string& line) {
    if (line.starts_with("HTTP/")) return response_.headers.clear();  // of a 1xx answer before
    const size_t colon = line.find(':');
    if (colon == std::string::npos || response_.headers.size() > 200) return;
    const std::string name = lower(line.substr(0, colon));
    response_.headers[name] = trim(std::string_view(line).substr(colon + 1));
  }

  static size_t on_data(char* data, size_t, size_t size, void* self) {
    try {
      return static_cast<Conversation*>(self)->take({data, size}) ? size : 0;
    } catch (...) {  // must not cross libcurl; only memory can be short here
      return 0;
    }
  }

  bool take(std::string_view content) {
    received_ += content.size();
    if (received_ > limits_.max_bytes) {
      too_large_ = true;
      return false;
    }
    long status = 0;
    curl_easy_getinfo(easy_.get(), CURLINFO_RESPONSE_CODE, &status);
    if (path_.empty() || status < 200 || status >= 300) {
      response_.body.append(content);
      return true;
    }
    if (!file_.is_open()) file_.open(path_, std::ios::binary | std::ios::trunc);
    file_.write(content.data(), static_cast<std::streamsize>(content.size()));
    file_failed_ = !file_;
    return !file_failed_;
  }

  static int on_tick(void* self, curl_off_t, curl_off_t, curl_off_t, curl_off_t) {
    return static_cast<Conversation*>(self)->stop_.stop_requested() ? 1 : 0;
  }

  [[nodiscard]] double seconds(CURLINFO what) const {
    curl_off_t microseconds = 0;
    curl_easy_getinfo(easy_.get(), what, &microseconds);
    return static_cast<double>(microseconds) * 1e-6;
  }

  [[nodiscard]] Exchange outcome(CURLcode code) {
    if (code == CURLE_OK) return Exchange::kAnswered;
    if (too_large_) {
      response_.problem = "the answer is larger than " + human_bytes(limits_.max_bytes);
      return Exchange::kTooLarge;
    }
    constexpr std::array kBefore = {CURLE_UNSUPPORTED_PROTOCOL,    CURLE_URL_MALFORMAT,
                                    CURLE_COULDNT_RESOLVE_PROXY,   CURLE_COULDNT_RESOLVE_HOST,
                                    CURLE_COULDNT_CONNECT,         CURLE_SSL_CONNECT_ERROR,
                                    CURLE_PEER_FAILED_VERIFICATION};
    long sent = 0;
    curl_easy_getinfo(easy_.get(), CURLINFO_REQUEST_SIZE, &sent);
    const bool before = std::find(kBefore.begin(), kBefore.end(), code) != kBefore.end();
    if (stop_.stop_requested()) return Exchange::kInterrupted;
    return sent == 0 || before ? Exchange::kNotSent : Exchange::kUnknown;
  }

  const HttpRequest& request_;
  const HttpLimits& limits_;
  const std::stop_token& stop_;
  const std::filesystem::path& path_;
  Easy easy_ = make_easy();
  List list_;
  Mime mime_;
  std::ofstream file_;
  HttpResponse response_;
  uint64_t received_ = 0;
  bool too_large_ = false, file_failed_ = false;
};

}  // namespace

std::string HttpResponse::header(const std::string& name) const {
  const auto found = headers.find(name);
  return found == headers.end() ? "" : found->second;
}

HttpResponse perform(const HttpRequest& request, const HttpLimits& limits, const std::stop_token& stop,
                     const std::filesystem::path& file) {
  return Conversation(request, limits, stop, file).run();
}

std::optional<double> retry_after_s(const HttpResponse& response) {
  const std::string text = response.header("retry-after");
  if (text.empty()) return std::nullopt;
  double seconds = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), seconds);
  if (error == std::errc() && end == text.data() + text.size()) return std::clamp(seconds, 0.0, 86400.0);
  const time_t at = curl_getdate(text.c_str(), nullptr);
  if (at < 0) return std::nullopt;
  return std::clamp(std::difftime(at, std::time(nullptr)), 0.0, 86400.0);
}

}  // namespace vidbench::net
