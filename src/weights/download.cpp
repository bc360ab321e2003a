#include "weights/download.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <exception>
#include <filesystem>
#include <map>
#include <memory>
#include <string_view>

#include "base/error.h"
#include "base/strings.h"
#include "net/curl.h"

namespace vidbench::weights {
namespace {

using Outcome = TransferResult::Outcome;

constexpr long kConnectTimeout_s = 30;
constexpr long kStall_s = 60;  // with less than a byte a second
constexpr long kMaxRedirects = 10;
constexpr double kLongestWait_s = 30;

std::optional<uint64_t> number(std::string_view text) {
  uint64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return value;
}

// "bytes 100-199/200"; `total` is empty for '*'.
struct ContentRange {
  std::optional<uint64_t> start, total;
};

ContentRange read_content_range(std::string_view text) {
  ContentRange range;
  if (!text.starts_with("bytes ")) return range;
  text.remove_prefix(6);
  const size_t slash = text.find('/');
  if (slash == std::string_view::npos) return range;
  range.total = number(text.substr(slash + 1));
  range.start = number(text.substr(0, std::min(text.find('-'), slash)));
  return range;
}

// State of one transfer, shared with libcurl's callbacks.
class Transfer {
 public:
  Transfer(const std::string& url, Partial& part, const TransferLimits& limits,
           const std::function<void(const TransferProgress&)>& on_progress, const std::stop_token& stop)
      : url_(url), part_(part), limits_(limits), on_progress_(on_progress), stop_(stop) {}

  TransferResult run() {
    set_options();
    const CURLcode code = curl_easy_perform(easy_.get());
    if (failure_) std::rethrow_exception(failure_);
    if (stop_.stop_requested()) return {Outcome::kInterrupted, "interrupted"};
    if (refusal_) return *refusal_;
    if (code != CURLE_OK) return explain(code);
    if (const auto result = answer_without_file()) return *result;
    if (!begun_ && !begin()) return *refusal_;  // an answer without content
    if (total_ > 0 && part_.bytes() < total_)
      return {Outcome::kTryAgain,
              fmt::format("the connection ended after {} of {} bytes", part_.bytes(), total_)};
    return {Outcome::kComplete, ""};
  }

 private:
  template <typename Value>
  void set(CURLoption option, Value value) {
    net::set_option(easy_, option, value);
  }

  void set_options() {
    set(CURLOPT_URL, url_.c_str());
    set(CURLOPT_FOLLOWLOCATION, 1L);
    set(CURLOPT_MAXREDIRS, kMaxRedirects);
    set(CURLOPT_REDIR_PROTOCOLS_STR, url_.starts_with("https:") ? "https" : "http,https");
    set(CURLOPT_CONNECTTIMEOUT, kConnectTimeout_s);
    set(CURLOPT_LOW_SPEED_LIMIT, 1L);
    set(CURLOPT_LOW_SPEED_TIME, kStall_s);
    set(CURLOPT_BUFFERSIZE, 512L << 10);
    set(CURLOPT_HEADERDATA, this);
    set(CURLOPT_HEADERFUNCTION, &Transfer::on_header);
    set(CURLOPT_WRITEDATA, this);
    set(CURLOPT_WRITEFUNCTION, &Transfer::on_data);
    set(CURLOPT_XFERINFODATA, this);
    set(CURLOPT_XFERINFOFUNCTION, &Transfer::on_tick);
    set(CURLOPT_NOPROGRESS, 0L);
    continue_where_it_ended();
  }

  void continue_where_it_ended() {
    const bool same = part_.url() == url_ && !part_.validator().empty();
    if (part_.bytes() == 0 || (!same && !limits_.content_is_known)) return;
    part_.catch_up(stop_);
    resumes_ = true;
    range_ = fmt::format("{}-", part_.bytes());
    set(CURLOPT_RANGE, range_.c_str());
    if (!same) return;
    headers_.reset(curl_slist_append(nullptr, ("If-Range: " + part_.validator()).c_str()));
    set(CURLOPT_HTTPHEADER, headers_.get());
  }

  static size_t on_header(char* data, size_t, size_t size, void* self) {
    static_cast<Transfer*>(self)->read_header(trim(std::string_view(data, size)));
    return size;
  }

  void read_header(const std::string& line) {
    if (line.starts_with("HTTP/")) return header_.clear();  // a redirect's headers are not the file's
    const size_t colon = line.find(':');
    if (colon == std::string::npos) return;
    std::string name = line.substr(0, colon);
    for (char& c : name)
      if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
    header_[name] = trim(std::string_view(line).substr(colon + 1));
  }

  static size_t on_data(char* data, size_t, size_t size, void* self) {
    auto& transfer = *static_cast<Transfer*>(self);
    try {
      return transfer.take({data, size}) ? size : 0;
    } catch (...) {  // must not cross libcurl
      transfer.failure_ = std::current_exception();
      return 0;
    }
  }

  static int on_tick(void* self, curl_off_t, curl_off_t, curl_off_t, curl_off_t) {
    const auto& transfer = *static_cast<Transfer*>(self);
    if (transfer.begun_) transfer.on_progress_({transfer.part_.bytes(), transfer.total_});
    return transfer.stop_.stop_requested() ? 1 : 0;
  }

  [[nodiscard]] long status() const {
    long code = 0;
    curl_easy_getinfo(easy_.get(), CURLINFO_RESPONSE_CODE, &code);
    return code;
  }

  bool refuse(Outcome outcome, const std::string& problem) {
    refusal_ = {outcome, problem};
    return false;
  }

  // The first content of the answer arrives: is it the file, and from where?
  bool begin() {
    begun_ = true;
    if (header_["content-type"].starts_with("text/html"))
      return refuse(Outcome::kGiveUp, "the server answers with a web page, not with the file");
    return status() == 206 ? begin_continued() : begin_anew();
  }

  bool begin_continued() {
    const ContentRange range = read_content_range(header_["content-range"]);
    if (!resumes_ || range.start != part_.bytes())
      return refuse(Outcome::kStartOver, "the server sends another part of the file than was asked for");
    total_ = range.total.value_or(0);
    return fits(total_);
  }

  bool begin_anew() {
    curl_off_t length = -1;
    curl_easy_getinfo(easy_.get(), CURLINFO_CONTENT_LENGTH_DOWNLOAD_T, &length);
    total_ = length > 0 ? static_cast<uint64_t>(length) : 0;
    if (!fits(total_)) return false;
    std::string validator = header_["etag"];
    if (validator.empty() || validator.starts_with("W/")) validator = header_["last-modified"];
    part_.restart(url_, validator);
    return true;
  }

  // Whether a file of `total` bytes (0: unknown) may be taken in.
  bool fits(uint64_t total) {
    if (total == 0) return true;
    if (limits_.expected_bytes && total != *limits_.expected_bytes)
      return refuse(Outcome::kGiveUp,
                    fmt::format("the server has a file of {} bytes, the official one has {}", total,
                                *limits_.expected_bytes));
    if (total > limits_.max_bytes)
      return refuse(Outcome::kGiveUp, fmt::format("the server has a file of {}, more than the limit of {}",
                                                  human_bytes(total), human_bytes(limits_.max_bytes)));
    std::error_code ec;
    const auto space = std::filesystem::space(part_.path().parent_path(), ec);
    const uint64_t there = resumes_ && status() == 206 ? part_.bytes() : 0;
    if (!ec && space.available < total - std::min(there, total))
      throw_environment(fmt::format("{} has {} free, the file needs {}", part_.path().parent_path().string(),
                                    human_bytes(space.available), human_bytes(total - there)));
    return true;
  }

  bool take(std::span<const char> content) {
    if (status() != 200 && status() != 206) {  // an error's text: read a little, for the connection's sake
      ignored_ += content.size();
      return ignored_ < (64U << 10);
    }
    if (!begun_ && !begin()) return false;
    const uint64_t most = limits_.expected_bytes.value_or(limits_.max_bytes);
    if (part_.bytes() + content.size() > most) {
      part_.discard();
      return refuse(Outcome::kGiveUp, fmt::format("the server sends more than {} bytes", most));
    }
    part_.append(content);
    return true;
  }

  // The answer's meaning when it is not the file.
  std::optional<TransferResult> answer_without_file() {
    const long code = status();
    if (code == 200 || code == 206) return std::nullopt;
    if (code == 416) {  // nothing beyond what is there: all of it, or of something else
      const ContentRange range = read_content_range(header_["content-range"]);
      if (resumes_ && range.total == part_.bytes()) return TransferResult{Outcome::kComplete, ""};
      return TransferResult{Outcome::kStartOver, "the server cannot continue it"};
    }
    TransferResult result{Outcome::kGiveUp, fmt::format("the server answers {}", code)};
    if (code == 408 || code == 429 || code >= 500) {
      result.outcome = Outcome::kTryAgain;
      result.wait_s =
          std::min(kLongestWait_s, static_cast<double>(number(header_["retry-after"]).value_or(0)));
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

  const std::string& url_;
  Partial& part_;
  const TransferLimits& limits_;
  const std::function<void(const TransferProgress&)>& on_progress_;
  const std::stop_token& stop_;
  net::Easy easy_ = net::make_easy();
  net::List headers_;
  std::string range_;
  std::map<std::string, std::string> header_;  // of the newest answer, names in lower case
  bool resumes_ = false, begun_ = false;
  uint64_t total_ = 0, ignored_ = 0;
  std::optional<TransferResult> refusal_;
  std::exception_ptr failure_;
};

}  // namespace

TransferResult transfer(const std::string& url, Partial& part, const TransferLimits& limits,
                        const std::function<void(const TransferProgress&)>& on_progress,
                        const std::stop_token& stop) {
  return Transfer(url, part, limits, on_progress, stop).run();
}

}  // namespace vidbench::weights
