#include "blobs/transfer.h"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <utility>

#include "base/error.h"
#include "base/strings.h"

namespace vidbench::blobs {
namespace {

using Outcome = TransferResult::Outcome;

class PartReceiver final : public Receiver {
 public:
  PartReceiver(std::string url, Partial& part, const TransferLimits& limits,
               const std::function<void(const TransferProgress&)>& on_progress)
      : url_(std::move(url)), part_(part), limits_(limits), on_progress_(on_progress) {}

  TransferResult run(const std::stop_token& stop) {
    GetRequest request{.url = url_};
    continue_where_it_ended(request, stop);
    HttpGet http;
    const HttpGet::Result got = http.get(request, *this, stop);
    if (got.transfer.outcome == Outcome::kInterrupted) return got.transfer;
    if (refusal_) return *refusal_;
    if (got.head.status == 416) return nothing_beyond(got.head);
    if (got.transfer.outcome != Outcome::kComplete) return got.transfer;
    if (total_ > 0 && part_.bytes() < total_)
      return {Outcome::kTryAgain,
              fmt::format("the connection ended after {} of {} bytes", part_.bytes(), total_)};
    return got.transfer;
  }

  // Is it the file, and from where?
  bool begin(const AnswerHead& head) override {
    if (head.header("content-type").starts_with("text/html"))
      return refuse(Outcome::kGiveUp, "the server answers with a web page, not with the file");
    return head.status == 206 ? begin_continued(head) : begin_anew(head);
  }

  bool take(std::span<const char> content) override {
    const uint64_t most = limits_.expected_bytes.value_or(limits_.max_bytes);
    if (part_.bytes() + content.size() > most) {
      part_.discard();
      return refuse(Outcome::kGiveUp, fmt::format("the server sends more than {} bytes", most));
    }
    part_.append(content);
    return true;
  }

  void tick() override { on_progress_({part_.bytes(), total_}); }

 private:
  void continue_where_it_ended(GetRequest& request, const std::stop_token& stop) {
    const bool same = part_.url() == url_ && !part_.validator().empty();
    if (part_.bytes() == 0 || (!same && !limits_.content_is_known)) return;
    part_.catch_up(stop);
    resumes_ = true;
    request.range = fmt::format("{}-", part_.bytes());
    if (same) request.if_range = part_.validator();
  }

  bool refuse(Outcome outcome, const std::string& problem) {
    refusal_ = {outcome, problem};
    return false;
  }

  bool begin_continued(const AnswerHead& head) {
    const ContentRange range = read_content_range(head.header("content-range"));
    if (!resumes_ || range.start != part_.bytes())
      return refuse(Outcome::kStartOver, "the server sends another part of the file than was asked for");
    total_ = range.total.value_or(0);
    return fits(total_, part_.bytes());
  }

  bool begin_anew(const AnswerHead& head) {
    total_ = head.length.value_or(0);
    if (!fits(total_, 0)) return false;
    std::string validator = head.header("etag");
    if (validator.empty() || validator.starts_with("W/")) validator = head.header("last-modified");
    part_.restart(url_, validator);
    return true;
  }

  // Whether a file of `total` bytes (0: unknown), of which some are there, may be taken in.
  bool fits(uint64_t total, uint64_t there) {
    if (total == 0) return true;
    if (limits_.expected_bytes && total != *limits_.expected_bytes)
      return refuse(Outcome::kGiveUp,
                    fmt::format("the server has a file of {} bytes, the official one has {}", total,
                                *limits_.expected_bytes));
    if (total > limits_.max_bytes)
      return refuse(Outcome::kGiveUp, fmt::format("the server has a file of {}, more than the limit of {}",
                                                  human_bytes(total), human_bytes(limits_.max_bytes)));
    require_space(part_.path().parent_path(), total - std::min(there, total), "the file");
    return true;
  }

  // Nothing is beyond what is there: all of it, or of something else.
  [[nodiscard]] TransferResult nothing_beyond(const AnswerHead& head) const {
    const ContentRange range = read_content_range(head.header("content-range"));
    if (resumes_ && range.total == part_.bytes()) return {Outcome::kComplete, ""};
    return {Outcome::kStartOver, "the server cannot continue it"};
  }

  const std::string url_;
  Partial& part_;
  const TransferLimits& limits_;
  const std::function<void(const TransferProgress&)>& on_progress_;
  bool resumes_ = false;
  uint64_t total_ = 0;
  std::optional<TransferResult> refusal_;
};

}  // namespace

TransferResult transfer(const std::string& url, Partial& part, const TransferLimits& limits,
                        const std::function<void(const TransferProgress&)>& on_progress,
                        const std::stop_token& stop) {
  return PartReceiver(url, part, limits, on_progress).run(stop);
}

void require_space(const std::filesystem::path& folder, uint64_t bytes, const std::string& purpose) {
  std::error_code ec;
  const auto space = std::filesystem::space(folder, ec);
  if (!ec && space.available < bytes)
    throw_environment(fmt::format("{} has {} free, {} needs {}", folder.string(),
                                  human_bytes(space.available), purpose, human_bytes(bytes)),
                      "free some space");
}

}  // namespace vidbench::blobs
