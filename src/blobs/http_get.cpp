#include "blobs/http_get.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <exception>

#include "base/error.h"
#include "base/strings.h"

namespace vidbench::blobs {
namespace {

using Outcome = TransferResult::Outcome;

constexpr long kConnectTimeout_s = 30;
constexpr long kMaxRedirects = 10;
constexpr long kBuffer_bytes = 512L << 10;
constexpr double kLongestWait_s = 30;
constexpr uint64_t kReadOfErrors_bytes = 64U << 10;
constexpr size_t kMostHeaders = 200;

// State of one GET, shared with libcurl's callbacks.
class Get {
 public:
  Get(const net::Easy& easy, const GetRequest& request, Receiver& receiver, const std::stop_token& stop)
      : easy_(easy), request_(request), receiver_(receiver), stop_(stop) {}

  HttpGet::Result run() {
    set_options();
    const CURLcode code = curl_easy_perform(easy_.get());
    if (failure_) std::rethrow_exception(failure_);
    read_head();
    HttpGet::Result result{head_, {}, ended_};
    result.transfer = judge(code);
    result.ended = ended_;
    return result;
  }

 private:
  template <typename Value>
  void set(CURLoption option, Value value) {
    net::set_option(easy_, option, value);
  }

  void set_options() {
    set(CURLOPT_URL, request_.url.c_str());
    set(CURLOPT_FOLLOWLOCATION, 1L);
    set(CURLOPT_MAXREDIRS, kMaxRedirects);
    set(CURLOPT_REDIR_PROTOCOLS_STR, request_.url.starts_with("https:") ? "https" : "http,https");
    set(CURLOPT_CONNECTTIMEOUT, kConnectTimeout_s);
    set(CURLOPT_LOW_SPEED_LIMIT, 1L);
    set(CURLOPT_LOW_SPEED_TIME, std::max(1L, static_cast<long>(request_.stall_s)));
    set(CURLOPT_BUFFERSIZE, kBuffer_bytes);
    set(CURLOPT_HEADERDATA, this);
    set(CURLOPT_HEADERFUNCTION, &Get::on_header);
    set(CURLOPT_WRITEDATA, this);
    set(CURLOPT_WRITEFUNCTION, &Get::on_data);
    set(CURLOPT_XFERINFODATA, this);
    set(CURLOPT_XFERINFOFUNCTION, &Get::on_tick);
    set(CURLOPT_NOPROGRESS, 0L);
    set(CURLOPT_RANGE, request_.range.empty() ? nullptr : request_.range.c_str());
    if (!request_.if_range.empty()) add_header("If-Range: " + request_.if_range);
    if (!request_.token.empty()) add_header("Authorization: Bearer " + request_.token);
    set(CURLOPT_HTTPHEADER, headers_.get());
  }

  void add_header(const std::string& line) {
    curl_slist* longer = curl_slist_append(headers_.get(), line.c_str());
    if (longer == nullptr) throw Error(ErrorCode::kInternal, "out of memory");
    (void)headers_.release();
    headers_.reset(longer);
  }

  static size_t on_header(char* data, size_t, size_t size, void* self) {
    static_cast<Get*>(self)->read_header(trim(std::string_view(data, size)));
    return size;
  }

  void read_header(const std::string& line) {
    if (line.starts_with("HTTP/")) return head_.headers.clear();  // a redirect's headers are not the file's
    const size_t colon = line.find(':');
    if (colon == std::string::npos || head_.headers.size() > kMostHeaders) return;
    const std::string name = lower(line.substr(0, colon));
    head_.headers[name] = trim(std::string_view(line).substr(colon + 1));
  }

  static size_t on_data(char* data, size_t, size_t size, void* self) {
    auto& get = *static_cast<Get*>(self);
    try {
      return get.take({data, size}) ? size : 0;
    } catch (...) {  // must not cross libcurl
      get.failure_ = std::current_exception();
      return 0;
    }
  }

  static int on_tick(void* self, curl_off_t, curl_off_t, curl_off_t, curl_off_t) {
    auto& get = *static_cast<Get*>(self);
    if (get.begun_) get.receiver_.tick();
    return get.stop_.stop_requested() ? 1 : 0;
  }

  void read_head() {
    curl_easy_getinfo(easy_.get(), CURLINFO_RESPONSE_CODE, &head_.status);
    curl_off_t length = -1;
    curl_easy_getinfo(easy_.get(), CURLINFO_CONTENT_LENGTH_DOWNLOAD_T, &length);
    if (length >= 0) head_.length = static_cast<uint64_t>(length);
  }

  [[nodiscard]] bool is_content() const { return head_.status == 200 || head_.status == 206; }

  bool begin() {
    begun_ = true;
    ended_ = !receiver_.begin(head_);
    return !ended_;
  }

  bool take(std::span<const char> content) {
    if (!begun_) read_head();
    if (!is_content()) {  // an error's text: read a little, for the connection's sake
      ignored_ += content.size();
      return ignored_ < kReadOfErrors_bytes;
    }
    if (!begun_ && !begin()) return false;
    ended_ = !receiver_.take(content);
    return !ended_;
  }

  TransferResult judge(CURLcode code) {
    if (stop_.stop_requested()) return {Outcome::kInterrupted, "interrupted"};
    if (ended_) return {Outcome::kGiveUp, "refused"};
    if (code == CURLE_WRITE_ERROR || code == CURLE_OK) {  // the former: of an error's long text
      if (!is_content()) return unwanted_answer();
      if (!begun_ && !begin()) return {Outcome::kGiveUp, "refused"};
      return {Outcome::kComplete, ""};
    }
    return explain(code);
  }

  [[nodiscard]] TransferResult unwanted_answer() const {
    const long code = head_.status;
    TransferResult result{Outcome::kGiveUp, fmt::format("the server answers {}", code)};
    if (code == 408 || code == 429 || code >= 500) {
      result.outcome = Outcome::kTryAgain;
      result.wait_s =
          std::min(kLongestWait_s, static_cast<double>(parse_whole(head_.header("retry-after")).value_or(0)));
    }
    return result;
  }

  static TransferResult explain(CURLcode code) {
    constexpr std::array kPassing = {CURLE_COULDNT_RESOLVE_HOST, CURLE_COULDNT_RESOLVE_PROXY,
                                     CURLE_COULDNT_CONNECT,      CURLE_PARTIAL_FILE,
                                     CURLE_OPERATION_TIMEDOUT,   CURLE_SSL_CONNECT_ERROR,
                                     CURLE_GOT_NOTHING,          CURLE_SEND_ERROR,
                                     CURLE_RECV_ERROR,           CURLE_HTTP2,
                                     CURLE_HTTP2_STREAM,         CURLE_WEIRD_SERVER_REPLY};
    const bool passing = std::find(kPassing.begin(), kPassing.end(), code) != kPassing.end();
    return {passing ? Outcome::kTryAgain : Outcome::kGiveUp, curl_easy_strerror(code)};
  }

  const net::Easy& easy_;
  const GetRequest& request_;
  Receiver& receiver_;
  const std::stop_token& stop_;
  net::List headers_;
  AnswerHead head_;
  bool begun_ = false, ended_ = false;
  uint64_t ignored_ = 0;
  std::exception_ptr failure_;
};

}  // namespace

ContentRange read_content_range(std::string_view text) {
  ContentRange range;
  if (!text.starts_with("bytes ")) return range;
  text.remove_prefix(6);
  const size_t slash = text.find('/');
  if (slash == std::string_view::npos) return range;
  range.total = parse_whole(text.substr(slash + 1));
  range.start = parse_whole(text.substr(0, std::min(text.find('-'), slash)));
  return range;
}

std::string AnswerHead::header(const std::string& name) const {
  const auto found = headers.find(name);
  return found == headers.end() ? "" : found->second;
}

HttpGet::Result HttpGet::get(const GetRequest& request, Receiver& receiver, const std::stop_token& stop) {
  return Get(easy_, request, receiver, stop).run();
}

}  // namespace vidbench::blobs
