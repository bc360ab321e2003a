// Shows a run's progress on stderr: one redrawn line on a terminal, a line now and then elsewhere.
#pragma once

#include <cstdint>
#include <map>
#include <string>

#include "cli/status_line.h"
#include "engine/observer.h"

namespace vidbench::cli {

class ProgressView : public engine::Observer {
 public:
  // `quiet`: only failures are shown.
  ProgressView(bool terminal, bool quiet);

  void on_start(size_t samples, size_t generated, size_t evaluated) override;
  void on_stage(const std::string& text) override;
  void on_progress(const std::string& model, const workers::Progress& progress) override;
  void on_samples(const std::string& model, store::SampleState state, size_t count,
                  size_t from_cache) override;
  void on_failure(const std::string& sample, const store::Failure& failure, bool will_retry) override;

 private:
  void draw(bool force);
  void line(const std::string& text);
  [[nodiscard]] std::string status() const;

  bool terminal_, quiet_;
  StatusLine status_line_;
  size_t total_ = 0, generated_ = 0, evaluated_ = 0, failed_ = 0;
  size_t new_done_ = 0;  // evaluated since the start, for the estimate
  std::string activity_;
  int64_t start_ns_;
  std::map<std::string, size_t> failures_by_kind_;
};

}  // namespace vidbench::cli
