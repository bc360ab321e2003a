#include "cli/progress.h"

#include <fmt/format.h>

#include <cmath>

#include "base/log.h"
#include "base/strings.h"
#include "base/time.h"

namespace vidbench::cli {
namespace {

constexpr size_t kFailuresShown = 5;  // of each kind; the rest is counted

std::string bar(double share) {
  constexpr int kWidth = 24;
  const int filled = static_cast<int>(std::lround(share * kWidth));
  std::string text;
  for (int i = 0; i < kWidth; ++i) text += i < filled ? "█" : "░";
  return text;
}

}  // namespace

ProgressView::ProgressView(bool terminal, bool quiet)
    : terminal_(terminal), quiet_(quiet), status_line_(terminal, quiet), start_ns_(monotonic_ns()) {}

void ProgressView::on_start(size_t samples, size_t generated, size_t evaluated) {
  total_ = samples;
  generated_ = generated;
  evaluated_ = evaluated;
  if (evaluated > 0) line(fmt::format("{} of {} samples were done before", evaluated, samples));
  draw(true);
}

void ProgressView::on_stage(const std::string& text) {
  activity_ = text;
  if (terminal_)
    draw(true);
  else
    line(text);
}

void ProgressView::on_progress(const std::string& model, const workers::Progress& progress) {
  activity_ = progress.steps > 0
                  ? fmt::format("{} · {} {}/{}", model, progress.stage, progress.step, progress.steps)
                  : fmt::format("{} · {}", model, progress.stage);
  draw(false);
}

void ProgressView::on_samples(const std::string& model, store::SampleState state, size_t count,
                              size_t from_cache) {
  switch (state) {
    case store::SampleState::kGenerated:
      generated_ += count;
      activity_ = from_cache > 0 ? model + " (cached)" : model;
      break;
    case store::SampleState::kEvaluated:
      evaluated_ += count;
      new_done_ += count;
      break;
    case store::SampleState::kFailed:
      failed_ += count;
      break;
    case store::SampleState::kPlanned:
      break;
  }
  draw(false);
}

void ProgressView::on_failure(const std::string& sample, const store::Failure& failure, bool will_retry) {
  const size_t seen = ++failures_by_kind_[failure.kind];
  if (seen <= kFailuresShown)
    line(fmt::format("{}: {}: {}{}", sample, failure.kind, failure.message,
                     will_retry ? " (trying again)" : ""));
  else if (seen == kFailuresShown + 1)
    line(fmt::format("further failures of kind {} are in the run's log only", failure.kind));
}

void ProgressView::line(const std::string& text) {
  if (quiet_) return;
  status_line_.clear();
  log_info(text);
}

std::string ProgressView::status() const {
  const size_t finished = evaluated_ + failed_;
  const double share = total_ == 0 ? 0 : static_cast<double>(finished) / static_cast<double>(total_);
  std::string text = fmt::format("{} {:3.0f} %  {}/{} scored", bar(share), 100 * share, evaluated_, total_);
  if (generated_ > evaluated_) text += fmt::format(", {} generated", generated_);
  if (failed_ > 0) text += fmt::format(", {} failed", failed_);
  const double elapsed = seconds_since(start_ns_);
  if (new_done_ > 0 && finished < total_)
    text += fmt::format("  about {} left", human_duration(elapsed / static_cast<double>(new_done_) *
                                                          static_cast<double>(total_ - finished)));
  return activity_.empty() ? text : text + "  " + activity_;
}

void ProgressView::draw(bool force) {
  if (total_ > 0) status_line_.show([this] { return status(); }, force);
}

}  // namespace vidbench::cli
