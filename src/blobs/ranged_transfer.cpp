#include "blobs/ranged_transfer.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <condition_variable>
#include <mutex>
#include <optional>
#include <thread>
#include <utility>
#include <vector>

namespace vidbench::blobs {
namespace {

using Outcome = TransferResult::Outcome;

constexpr uint64_t kWorthHelp_bytes = uint64_t{1} << 20;
// One connection that is as quick is held up by the disk and the digest, not by the network.
constexpr double kQuick_bytes_per_s = 300.0 * (1 << 20);

// Whether several connections may be used, told by the first to the others.
class Invitation {
 public:
  void send() {
    const std::lock_guard lock(mutex_);
    sent_ = true;
    changed_.notify_all();
  }
  // False when it was stopped before it was invited and `seconds` had passed.
  [[nodiscard]] bool await(double seconds, const std::stop_token& stop) {
    std::unique_lock lock(mutex_);
    if (!changed_.wait(lock, stop, [this] { return sent_; })) return false;
    changed_.wait_for(lock, stop, std::chrono::duration<double>(seconds), [] { return false; });
    return !stop.stop_requested();
  }

 private:
  std::mutex mutex_;
  std::condition_variable_any changed_;
  bool sent_ = false;
};

// One answer: a range that is exactly a chunk, or all from some chunk on, as long as nobody else has what
// comes.
class ChunkReceiver final : public Receiver {
 public:
  ChunkReceiver(RangedPart& part, Chunk chunk, bool open_ended, std::function<void()> on_ranges,
                const std::function<void(const TransferProgress&)>* on_progress)
      : part_(part),
        chunk_(chunk),
        position_(chunk.begin),
        open_ended_(open_ended),
        on_ranges_(std::move(on_ranges)),
        on_progress_(on_progress) {}
  ~ChunkReceiver() override {
    if (chunk_) part_.give_back(*chunk_);
  }

  [[nodiscard]] const std::optional<TransferResult>& refusal() const { return refusal_; }
  [[nodiscard]] bool complete() const { return !chunk_; }

  bool begin(const AnswerHead& head) override {
    if (head.header("content-type").starts_with("text/html"))
      return refuse(Outcome::kGiveUp, "the server answers with a web page, not with the file");
    return head.status == 206 ? begin_range(head) : begin_whole(head);
  }

  bool take(std::span<const char> content) override {
    while (!content.empty()) {
      if (position_ >= part_.total() || (!chunk_ && !open_ended_))
        return refuse(Outcome::kGiveUp, fmt::format("the server sends more than {} bytes",
                                                    open_ended_ ? part_.total() : position_));
      if (!chunk_) chunk_ = part_.claim_at(position_);
      if (!chunk_ && !whole_) return false;  // somebody else has what comes now
      const uint64_t end = !chunk_                     ? part_.chunk_end(position_)
                           : position_ < chunk_->begin ? chunk_->begin
                                                       : chunk_->end;
      const auto piece = content.first(std::min<uint64_t>(content.size(), end - position_));
      if (chunk_ && position_ == chunk_->begin) part_.write(*chunk_, piece);
      position_ += piece.size();
      content = content.subspan(piece.size());
      if (chunk_ && chunk_->begin == chunk_->end) chunk_.reset();
    }
    return true;
  }

  void tick() override {
    if (on_progress_ != nullptr) (*on_progress_)({part_.bytes(), part_.total()});
  }

 private:
  bool refuse(Outcome outcome, const std::string& problem) {
    refusal_ = {outcome, problem};
    return false;
  }

  bool begin_range(const AnswerHead& head) {
    const ContentRange range = read_content_range(head.header("content-range"));
    if (range.start != position_)
      return refuse(Outcome::kStartOver, "the server sends another part of the file than was asked for");
    if (range.total && !fits(*range.total)) return false;
    on_ranges_();
    return true;
  }

  bool begin_whole(const AnswerHead& head) {
    if (!open_ended_) return refuse(Outcome::kTryAgain, "the server knows no ranges");
    if (head.length && !fits(*head.length)) return false;
    whole_ = position_ > 0 || head.header("accept-ranges") != "bytes";
    position_ = 0;
    if (!whole_) on_ranges_();
    return true;
  }

  bool fits(uint64_t total) {
    if (total == part_.total()) return true;
    return refuse(Outcome::kGiveUp,
                  fmt::format("the server has a file of {} bytes, not of {}", total, part_.total()));
  }

  RangedPart& part_;
  std::optional<Chunk> chunk_;
  uint64_t position_;
  const bool open_ended_;
  bool whole_ = false;  // the answer is the whole file; what is there already is skipped
  const std::function<void()> on_ranges_;
  const std::function<void(const TransferProgress&)>* on_progress_;
  std::optional<TransferResult> refusal_;
};

class RangedTransfer {
 public:
  RangedTransfer(const std::string& url, RangedPart& part, const RangedOptions& options,
                 const std::function<void(const TransferProgress&)>& on_progress)
      : url_(url), part_(part), options_(options), on_progress_(on_progress) {}

  TransferResult run(const std::stop_token& stop) {
    std::vector<std::jthread> helpers;
    const uint64_t missing = part_.total() - part_.bytes();
    for (int i = 1; i < options_.connections && missing > kWorthHelp_bytes; ++i)
      helpers.emplace_back([this](const std::stop_token& own_stop) { help(own_stop); });
    TransferResult result = lead(stop);
    for (std::jthread& helper : helpers) helper.request_stop();
    helpers.clear();
    return result;
  }

 private:
  TransferResult lead(const std::stop_token& stop) {
    HttpGet http;
    bool open_ended = true;
    while (const auto chunk = part_.claim_or_wait(stop)) {
      const TransferResult result = fetch(http, *chunk, open_ended, &on_progress_, stop);
      if (result.outcome != Outcome::kComplete) return result;
      open_ended = false;  // what follows is between chunks of others
    }
    if (stop.stop_requested()) return {Outcome::kInterrupted, "interrupted"};
    return {Outcome::kComplete, ""};
  }

  void help(const std::stop_token& stop) {
    uint64_t before = 0;
    do {
      before = part_.bytes();
      if (!invitation_.await(options_.join_after_s, stop)) return;
    } while (options_.join_after_s > 0 &&
             static_cast<double>(part_.bytes() - before) > kQuick_bytes_per_s * options_.join_after_s);
    try {
      HttpGet http;
      while (const auto chunk = part_.claim())
        if (fetch(http, *chunk, false, nullptr, stop).outcome != Outcome::kComplete) return;
    } catch (const std::exception&) {  // the first connection meets it, too
    }
  }

  // kComplete: the chunk is complete, and perhaps others behind it.
  TransferResult fetch(HttpGet& http, const Chunk& chunk, bool open_ended,
                       const std::function<void(const TransferProgress&)>* on_progress,
                       const std::stop_token& stop) {
    GetRequest request{.url = url_, .token = options_.token, .stall_s = options_.stall_s};
    if (!open_ended)
      request.range = fmt::format("{}-{}", chunk.begin, chunk.end - 1);
    else if (chunk.begin > 0)
      request.range = fmt::format("{}-", chunk.begin);
    ChunkReceiver receiver(
        part_, chunk, open_ended, [this] { invitation_.send(); }, on_progress);
    const HttpGet::Result got = http.get(request, receiver, stop);
    if (got.transfer.outcome == Outcome::kInterrupted) return got.transfer;
    if (receiver.refusal()) return *receiver.refusal();
    if (got.head.status == 416) return {Outcome::kStartOver, "the server cannot continue it"};
    if (!got.ended && got.transfer.outcome != Outcome::kComplete) return got.transfer;
    if (!receiver.complete())
      return {Outcome::kTryAgain,
              fmt::format("the connection ended after {} of {} bytes", part_.bytes(), part_.total())};
    return {Outcome::kComplete, ""};
  }

  const std::string& url_;
  RangedPart& part_;
  const RangedOptions& options_;
  const std::function<void(const TransferProgress&)>& on_progress_;
  Invitation invitation_;
};

}  // namespace

TransferResult transfer(const std::string& url, RangedPart& part, const RangedOptions& options,
                        const std::function<void(const TransferProgress&)>& on_progress,
                        const std::stop_token& stop) {
  return RangedTransfer(url, part, options, on_progress).run(stop);
}

}  // namespace vidbench::blobs
