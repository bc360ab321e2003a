#include "workers/http_job.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <condition_variable>
#include <fstream>
#include <mutex>

#include "base/base64.h"
#include "base/error.h"
#include "base/files.h"
#include "base/strings.h"
#include "base/time.h"
#include "net/multipart.h"
#include "net/signing.h"
#include "providers/answer.h"
#include "providers/pointer.h"
#include "providers/template.h"
#include "workers/worker_error.h"

namespace vidbench::workers {
namespace {
namespace fs = std::filesystem;
using net::Exchange;
using net::HttpResponse;
using providers::Answer;
using providers::Call;
using providers::JobState;
using providers::Result;

constexpr int kLostPolls = 5;  // in a row, before the job is given up
constexpr int kTries = 3;      // of a download, and of a submit that may be repeated
constexpr int kMostRedirects = 5;
constexpr double kCancel_s = 10;

[[noreturn]] void fail(const std::string& kind, const std::string& message) {
  throw WorkerError({kind, one_line(message), ""});
}

// ".mp4" and so on by the first bytes; "" for what is no video.
std::string extension_of(const fs::path& file) {
  std::ifstream stream(file, std::ios::binary);
  std::string head(16, '\0');
  stream.read(head.data(), static_cast<std::streamsize>(head.size()));
  if (head.substr(4, 4) == "ftyp") return head.substr(8, 2) == "qt" ? ".mov" : ".mp4";
  if (head.starts_with("\x1a\x45\xdf\xa3")) return ".webm";
  if (head.starts_with("GIF8")) return ".gif";
  if (head.starts_with("RIFF") && head.substr(8, 4) == "AVI ") return ".avi";
  return "";
}

class HttpJob {
 public:
  HttpJob(HttpEndpoint& endpoint, const HttpJobLimits& limits, const GenerateRequest& request,
          const fs::path& output_dir, const ProgressFunction& progress, const Record& record,
          const std::stop_token& stop)
      : endpoint_(endpoint),
        provider_(endpoint.provider()),
        limits_(limits),
        request_(request),
        part_(output_dir / (request.id + ".part")),
        progress_(progress),
        record_(record),
        stop_(stop),
        values_(endpoint.values()) {}

  SampleOutcome run() {
    SampleOutcome outcome{request_.id, std::nullopt, std::nullopt};
    try {
      submit();
      if (provider_.poll) {
        await_success();
        take_steps();
        fetch();
      }
      outcome.video = keep();
      extras_["sample"] = request_.id;
      extras_["event"] = "done";
      record_(clean(extras_));
      outcome.extras = clean(extras_);
    } catch (const WorkerError& e) {
      outcome.failure = e.failure();
    } catch (const providers::Refused& e) {
      outcome.failure = store::Failure{e.kind(), e.what(), e.hint()};
    } catch (const Error& e) {
      const bool ours = e.code() == ErrorCode::kEnvironment;  // no token, no space
      outcome.failure = store::Failure{ours ? "crash" : "bad-output", e.what(), e.hint()};
    }
    if (outcome.failure) give_up(*outcome.failure);
    return outcome;
  }

 private:
  // ---- submit

  void submit() {
    const std::string token = net::random_uuid();
    const Json body = endpoint_.body(wanted_of(request_, endpoint_.model_id()), token);
    const Json sent = provider_.submit.body.is_null() && body.empty() ? Json() : body;
    HttpResponse response;
    for (int tries = 1;; ++tries) {
      // A file left by an earlier try is no answer to this one.
      response = exchange(provider_.submit, sent, is_direct() ? part_ : fs::path());
      if (const auto pause = not_accepted(response)) {
        wait(*pause, "network", "the provider takes no further jobs");
        continue;
      }
      if (!is_unknown(response)) break;
      const bool harmless = !provider_.idempotency.empty() && tries < kTries;
      if (!harmless)
        fail("unknown-outcome",
             fmt::format(
                 "the submit has no usable answer ({}): whether a job was made and is billed is not known",
                 told(response)));
      wait(tries, "unknown-outcome", "the submit has no usable answer");
    }
    accepted_ns_ = monotonic_ns();
    extras_["submit_s"] = response.total_s;
    check_taken(response);
    if (provider_.result.kind == Result::Kind::kBody || provider_.result.kind == Result::Kind::kMultipart)
      return take_direct(response);
    read_accepted(response);
  }

  [[nodiscard]] bool is_direct() const { return provider_.result.kind == Result::Kind::kBody; }

  // 429, or 503 that says when to come again: the provider tells that it did not take the job. Seconds to
  // wait.
  [[nodiscard]] std::optional<double> not_accepted(const HttpResponse& response) {
    if (response.exchange != Exchange::kAnswered) return std::nullopt;
    const auto asked = net::retry_after_s(response);
    if (response.status != 429 && !(response.status == 503 && asked)) return std::nullopt;
    const double own = std::min(60.0, pause_s_);
    pause_s_ *= 2;
    return asked.value_or(own);
  }

  [[nodiscard]] static bool is_unknown(const HttpResponse& response) {
    if (response.exchange == Exchange::kUnknown || response.exchange == Exchange::kTooLarge) return true;
    return response.exchange == Exchange::kAnswered && (response.status >= 500 || response.status == 408);
  }

  // Throws for every answer to the submit but success.
  void check_taken(const HttpResponse& response) {
    if (response.exchange == Exchange::kInterrupted) fail("interrupted", "'generate' was interrupted");
    if (response.exchange == Exchange::kNotSent)
      fail("network", fmt::format("{} cannot be reached: {}", provider_.name, response.problem));
    if (response.ok()) return;
    const Json body = Json::parse(response.body, nullptr, false);
    if (const auto failure = failure_in(provider_.submit, body)) fail_with(*failure);
    if (response.status >= 300 && response.status < 400)
      fail("invalid-request",
           fmt::format("{} answers with a redirect ({}), which is not followed with credentials",
                       provider_.name, response.status));
    if (response.status == 401 || response.status == 403)
      fail("invalid-request", fmt::format("{} refuses the credentials ({}): {}", provider_.name,
                                          response.status, reason(response)));
    fail("invalid-request",
         fmt::format("{} refuses the request ({}): {}", provider_.name, response.status, reason(response)));
  }

  void read_accepted(const HttpResponse& response) {
    body_ = Json::parse(response.body, nullptr, false);
    if (body_.is_discarded())
      fail("unknown-outcome",
           "the answer to the submit is not JSON: whether a job was made and is billed is not known");
    if (const auto failure = failure_in(provider_.submit, body_)) fail_with(*failure);
    const std::string absent = capture(provider_.submit, body_, values_);
    if (!absent.empty())
      fail("unknown-outcome",
           fmt::format("the answer to the submit has no '{}': whether a job was made is not known", absent));
    accepted_ = true;
    if (values_.contains("id")) extras_["job"] = values_["id"];
    record_(clean({{"event", "accepted"},
                   {"sample", request_.id},
                   {"job", extras_.value("job", Json())},
                   {"at", now_rfc3339()}}));
    report("accepted");
  }

  // The submit's answer is the video, or has it as a part.
  void take_direct(const HttpResponse& response) {
    if (provider_.result.kind == Result::Kind::kMultipart) {
      const auto parts = net::read_multipart(response.header("content-type"), response.body);
      const auto found = std::find_if(parts.begin(), parts.end(), [this](const net::Part& part) {
        const auto type = part.headers.find("content-type");
        return type != part.headers.end() && type->second.starts_with(provider_.result.media_type);
      });
      for (const net::Part& part : parts) {
        const auto type = part.headers.find("content-type");
        if (type != part.headers.end() && type->second.starts_with("application/json"))
          body_ = Json::parse(part.content, nullptr, false);
      }
      if (found == parts.end())
        fail("bad-output", "the answer has no part of type " + provider_.result.media_type);
      write_file_atomic(part_, found->content, Durability::kCrash);
    } else if (response.header("content-type").starts_with("application/json")) {
      const Json body = Json::parse(read_file(part_, 1 << 20), nullptr, false);
      if (const auto failure = failure_in(provider_.submit, body)) fail_with(*failure);
      fail("bad-output", "the answer is JSON where the video should be");
    }
    latency_s_ = response.first_byte_s;
    extras_["run_s"] = response.first_byte_s;
    extras_["download_s"] = response.total_s - response.first_byte_s;
    extras_.erase("submit_s");  // one exchange: not to be told apart
  }

  // ---- wait

  void await_success() {
    const auto& poll = *provider_.poll;
    double interval = limits_.poll_interval_s > 0 ? limits_.poll_interval_s : poll.interval_s;
    const double longest =
        std::max(interval, limits_.poll_interval_s > 0 ? limits_.poll_interval_s * 4 : poll.longest_s);
    extras_["poll_interval_s"] = interval;
    double pause = interval;
    for (int lost = 0;;) {
      wait(pause, "timeout", fmt::format("the job is not done (last status '{}')", last_status_));
      const HttpResponse response = exchange(poll.call, expanded(poll.call));
      const int64_t answered_ns = monotonic_ns();
      interval = std::min(interval * poll.backoff, longest);
      pause = interval;
      if (response.exchange == Exchange::kInterrupted) fail("interrupted", "'generate' was interrupted");
      if (response.exchange == Exchange::kTooLarge) fail("bad-output", response.problem);
      const bool busy = response.exchange == Exchange::kAnswered && response.status == 429;
      if (busy || is_unknown(response) || response.exchange == Exchange::kNotSent) {
        pause = std::max(interval, net::retry_after_s(response).value_or(0));
        if (!busy && ++lost > kLostPolls)
          fail("unknown-outcome",
               fmt::format("the job was accepted, but then {} polls failed: {}", lost, told(response)));
        continue;
      }
      body_ = Json::parse(response.body, nullptr, false);
      const Answer answer = read_poll(poll, response.status, body_.is_discarded() ? Json() : body_);
      if (answer.state == JobState::kUnclear) {
        if (response.status >= 300)
          fail("provider-error",
               fmt::format("the poll is answered {}: {}", response.status, reason(response)));
        if (++lost > kLostPolls)
          fail("bad-output", body_.is_discarded() ? "the answers to the polls are not JSON" : answer.message);
        continue;
      }
      lost = 0;
      if (take(answer, answered_ns)) return;
    }
  }

  // Whether the job is done; throws when it failed.
  bool take(const Answer& answer, int64_t answered_ns) {
    last_status_ = answer.status;
    report(answer.status.empty() ? "waiting" : answer.status);
    if (answer.state == JobState::kFailed || answer.state == JobState::kModerated) {
      ended_ = true;
      fail_with(answer);
    }
    if (answer.state != JobState::kQueued && running_ns_ == 0) running_ns_ = answered_ns;
    if (answer.state != JobState::kSuccess) return false;
    ended_ = true;
    latency_s_ = seconds_between(accepted_ns_, answered_ns);
    if (!provider_.poll->status.queued.empty()) {
      extras_["queue_s"] = seconds_between(accepted_ns_, running_ns_);
      extras_["run_s"] = seconds_between(running_ns_, answered_ns);
    } else {
      extras_["queue_and_run_s"] = latency_s_;
    }
    demand_captured(provider_.poll->call);
    return true;
  }

  static double seconds_between(int64_t from_ns, int64_t to_ns) {
    return static_cast<double>(to_ns - from_ns) * 1e-9;
  }

  void demand_captured(const Call& call) {
    const std::string absent = capture(call, body_, values_);
    if (!absent.empty()) fail("bad-output", fmt::format("the answer has no '{}'", absent));
  }

  // ---- fetch

  void take_steps() {
    for (const Call& step : provider_.steps) {
      const HttpResponse response = repeated([&] { return exchange(step, expanded(step)); });
      if (!response.ok()) fail("bad-output", fmt::format("the result is not given out: {}", told(response)));
      body_ = Json::parse(response.body, nullptr, false);
      if (body_.is_discarded()) fail("bad-output", "the answer that should name the video is not JSON");
      if (const auto failure = failure_in(step, body_)) fail_with(*failure);
      demand_captured(step);
    }
  }

  void fetch() {
    const int64_t start_ns = monotonic_ns();
    const Result& result = provider_.result;
    if (result.kind == Result::Kind::kBase64) {
      decode_inline();
    } else {
      HttpResponse response = download();
      if (is_gone(response)) response = download_anew();
      if (!response.ok()) fail("bad-output", fmt::format("the video cannot be fetched: {}", told(response)));
    }
    extras_["download_s"] = seconds_since(start_ns);
  }

  void decode_inline() {
    const Json* text = providers::find_first(body_, provider_.result.at);
    if (text == nullptr || !text->is_string())
      fail("bad-output", "the answer has no video at " + join(provider_.result.at, " or "));
    const auto bytes = from_base64(text->get_ref<const std::string&>());
    if (!bytes) fail("bad-output", "the video in the answer is not base64");
    write_file_atomic(part_, {reinterpret_cast<const char*>(bytes->data()), bytes->size()},
                      Durability::kCrash);
  }

  [[nodiscard]] static bool is_gone(const HttpResponse& response) {
    return response.exchange == Exchange::kAnswered &&
           (response.status == 403 || response.status == 404 || response.status == 410);
  }

  // Addresses expire: ask once for a new one.
  HttpResponse download_anew() {
    const Call& poll = provider_.poll->call;
    const HttpResponse response = exchange(poll, expanded(poll));
    if (!response.ok())
      fail("bad-output", "the address of the video is no longer valid, and a new one is not given");
    body_ = Json::parse(response.body, nullptr, false);
    if (read_poll(*provider_.poll, response.status, body_.is_discarded() ? Json() : body_).state !=
        JobState::kSuccess)
      fail("bad-output", "the address of the video is no longer valid, and a new one is not given");
    demand_captured(poll);
    take_steps();
    HttpResponse again = download();
    if (is_gone(again))
      again.problem = fmt::format("its address answers {} and may have expired", again.status);
    return again;
  }

  [[nodiscard]] std::string result_address() {
    const Result& result = provider_.result;
    if (result.kind == Result::Kind::kContent) return endpoint_.prepare(result.call, values_, Json()).url;
    const Json* found = providers::find_first(body_, result.at);
    if (found == nullptr || !found->is_string() || found->get_ref<const std::string&>().empty())
      fail("bad-output", "the answer has no address of a video at " + join(result.at, " or "));
    std::string text = *found;
    if (result.kind == Result::Kind::kUrl) return text;
    const size_t scheme = text.find("://"),
                 slash = text.find('/', scheme == std::string::npos ? 0 : scheme + 3);
    if (scheme == std::string::npos || slash == std::string::npos)
      fail("bad-output", "the result is not an object's location");
    return providers::expand(result.object_url, [&](const std::string& name, size_t) {
      if (name == "bucket") return percent_encode(text.substr(scheme + 3, slash - scheme - 3));
      if (name == "key") return percent_encode(text.substr(slash + 1), "/");
      const auto value = values_.find(name);
      return value == values_.end() ? std::string() : percent_encode(value->second.get<std::string>());
    });
  }

  HttpResponse download() {
    std::string text = result_address();
    const Result& result = provider_.result;
    if (result.kind == Result::Kind::kContent && result.call.method != "GET") {
      return repeated([&] { return perform(endpoint_.prepare(result.call, values_, Json()), part_); });
    }
    auto url = parse_url(text);
    for (int hops = 0;; ++hops) {
      if (!url || !endpoint_.may_download(*url))
        fail("bad-output",
             fmt::format("the video's address is not https: '{}'", one_line(text.substr(0, 80))));
      HttpResponse response = repeated([&] { return perform(download_request(*url), part_); });
      if (response.exchange != Exchange::kAnswered || response.status < 300 || response.status >= 400)
        return response;
      if (hops == kMostRedirects) fail("bad-output", "the video's address redirects without end");
      text = response.header("location");
      url = resolve(*url, text);
    }
  }

  [[nodiscard]] net::HttpRequest download_request(const Url& url) { return endpoint_.prepare_download(url); }

  // Reading again costs nothing: what passes is tried again.
  template <typename Exchanged>
  HttpResponse repeated(const Exchanged& exchanged) {
    for (int tries = 1;; ++tries) {
      HttpResponse response = exchanged();
      if (response.exchange == Exchange::kInterrupted) fail("interrupted", "'generate' was interrupted");
      const bool busy = response.exchange == Exchange::kAnswered && response.status == 429;
      const bool passing = busy || response.exchange == Exchange::kNotSent ||
                           (is_unknown(response) && response.exchange != Exchange::kTooLarge);
      if (!passing || tries >= kTries) return response;
      wait(std::max(0.2 * tries, net::retry_after_s(response).value_or(0)), "timeout",
           "the video is not fetched");
    }
  }

  store::GeneratedVideo keep() {
    std::error_code ec;
    if (!fs::is_regular_file(part_, ec) || fs::file_size(part_, ec) == 0)
      fail("bad-output", "the video is empty");
    const std::string extension = extension_of(part_);
    if (extension.empty()) fail("bad-output", "what was fetched is not a video");
    fs::path file = part_;
    file.replace_extension(extension);
    fs::rename(part_, file);
    store::GeneratedVideo video;
    video.path = file.string();
    video.latency_s = latency_s_;
    note_cost();
    return video;
  }

  void note_cost() {
    Json kept = Json::object();
    for (const auto& [name, at] : provider_.record)
      if (const Json* value = providers::find(body_, at); value != nullptr && !value->is_null())
        kept[name] = *value;
    if (!kept.empty()) extras_["record"] = kept;
    const auto& price = limits_.price ? limits_.price : provider_.price;
    if (!price) return;
    double amount = price->per_video;
    if (request_.frames && request_.fps) amount += price->per_second * *request_.frames / *request_.fps;
    const Json* told = providers::find_first(body_, price->at);
    if (told != nullptr && told->is_number()) amount = told->get<double>();
    extras_["cost"] = {{"amount", amount},
                       {"currency", price->currency},
                       {"told_by_provider", told != nullptr && told->is_number()}};
  }

  // ---- ends

  [[noreturn]] static void fail_with(const Answer& answer) {
    fail(answer.state == JobState::kModerated ? "moderation" : "provider-error", answer.message);
  }

  void give_up(store::Failure& failure) {
    failure.message = one_line(redact(failure.message));
    failure.log_tail = redact(failure.log_tail);
    std::error_code ec;
    fs::remove(part_, ec);
    const bool cancels = accepted_ && !ended_ && !provider_.cancel.method.empty();
    record_(clean({{"event", "failed"},
                   {"sample", request_.id},
                   {"job", extras_.value("job", Json())},
                   {"kind", failure.kind},
                   {"message", failure.message},
                   {"cancelled", cancels ? cancel() : Json(nullptr)}}));
  }

  // Best effort; whether the provider agreed.
  Json cancel() {
    try {
      net::HttpLimits limits;
      limits.connect_s = limits.total_s = kCancel_s;
      return net::perform(endpoint_.prepare(provider_.cancel, values_, expanded(provider_.cancel)), limits,
                          {})
          .ok();
    } catch (const Error&) {
      return false;
    }
  }

  // ---- tools

  [[nodiscard]] Json expanded(const Call& call) const {
    return call.body.is_null() ? Json() : expand_body(call.body, values_);
  }

  HttpResponse exchange(const Call& call, const Json& body, const fs::path& file = {}) {
    return perform(endpoint_.prepare(call, values_, body), file);
  }

  HttpResponse perform(const net::HttpRequest& request, const fs::path& file) const {
    net::HttpLimits limits;
    limits.stall_s = limits_.stall_s;
    limits.total_s = std::max(0.1, left_s());
    limits.connect_s = std::min(30.0, limits.total_s);
    limits.max_bytes = file.empty() ? provider_.max_answer_bytes : limits_.max_video_bytes;
    return net::perform(request, limits, stop_, file);
  }

  [[nodiscard]] double left_s() const { return limits_.sample_s - seconds_since(start_ns_); }

  // Sleeps, or fails with `kind` when the sample's time would be over before.
  void wait(double seconds, const std::string& kind, const std::string& why) const {
    const double left = left_s();
    if (left <= 0 || (seconds > left && kind != "timeout"))
      fail(kind, fmt::format("{} within {} s", why, limits_.sample_s));
    std::mutex mutex;
    std::condition_variable_any never;
    std::unique_lock lock(mutex);
    const auto pause = std::chrono::duration<double>(std::min(seconds, left));
    (void)never.wait_for(lock, stop_, pause, [] { return false; });
    if (stop_.stop_requested()) fail("interrupted", "'generate' was interrupted");
  }

  [[nodiscard]] std::string told(const HttpResponse& response) const {
    if (!response.problem.empty()) return response.problem;
    return fmt::format("HTTP {}{}", response.status, reason(response).empty() ? "" : ": " + reason(response));
  }

  // What the provider says about an HTTP error.
  [[nodiscard]] std::string reason(const HttpResponse& response) const {
    const Json body = Json::parse(response.body, nullptr, false);
    if (body.is_discarded()) return one_line(response.body.substr(0, 200));
    providers::Texts places = provider_.poll ? provider_.poll->status.message : providers::Texts{};
    places.insert(places.end(), {"/error/message", "/message", "/detail", "/error", "/msg"});
    const std::string text = providers::text_at(body, places);
    return text.empty() ? one_line(response.body.substr(0, 200)) : text;
  }

  // Without secrets, and without the prompt, which may be private.
  [[nodiscard]] std::string redact(std::string text) const {
    text = endpoint_.redact(std::move(text));
    const std::string& prompt = request_.prompt;
    if (prompt.size() >= 4)
      for (size_t at = text.find(prompt); at != std::string::npos; at = text.find(prompt, at + 8))
        text.replace(at, prompt.size(), "<prompt>");
    return text;
  }

  [[nodiscard]] Json clean(const Json& json) const {
    if (json.is_string()) return redact(json.get<std::string>());
    Json result = json;
    if (json.is_structured())
      for (auto& item : result) item = clean(item);
    return result;
  }

  void report(const std::string& stage) const {
    if (progress_) progress_({request_.id, one_line(stage), 0, 0, 0});
  }

  HttpEndpoint& endpoint_;
  const providers::Provider& provider_;
  const HttpJobLimits& limits_;
  const GenerateRequest& request_;
  fs::path part_;
  const ProgressFunction& progress_;
  const Record& record_;
  const std::stop_token& stop_;
  Values values_;
  Json body_, extras_ = Json::object();
  std::string last_status_;
  int64_t start_ns_ = monotonic_ns(), accepted_ns_ = 0, running_ns_ = 0;
  double latency_s_ = 0, pause_s_ = 2;
  bool accepted_ = false, ended_ = false;
};

}  // namespace

providers::Wanted wanted_of(const GenerateRequest& request, const std::string& model) {
  return {model,         request.prompt, request.negative_prompt, request.seed, request.frames,
          request.width, request.height, request.steps,           request.fps,  request.guidance};
}

SampleOutcome run_http_job(HttpEndpoint& endpoint, const HttpJobLimits& limits,
                           const GenerateRequest& request, const fs::path& output_dir,
                           const ProgressFunction& progress, const Record& record,
                           const std::stop_token& stop) {
  return HttpJob(endpoint, limits, request, output_dir, progress, record, stop).run();
}

}  // namespace vidbench::workers
