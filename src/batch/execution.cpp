#include "batch/execution.h"

#include <fmt/format.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <condition_variable>
#include <fstream>
#include <mutex>
#include <thread>

#include "base/error.h"
#include "base/strings.h"
#include "base/time.h"

namespace vidbench::batch {
namespace fs = std::filesystem;
namespace {

// What hosted models wrote down about the run's cost, beside their logs.
Costs costs_of(const fs::path& directory) {
  Costs costs;
  std::error_code ec;
  for (const auto& entry : fs::directory_iterator(directory / "logs", ec)) {
    if (!entry.path().string().ends_with(".requests.jsonl")) continue;
    std::ifstream file(entry.path());
    for (std::string line; std::getline(file, line);) {
      const Json json = Json::parse(line, nullptr, false);
      if (!json.is_object() || json.value("event", "") != "done" || !json.contains("cost")) continue;
      const Json& cost = json["cost"];
      costs[cost.value("currency", "")] += cost.value("amount", 0.0);
    }
  }
  return costs;
}

uint64_t size_of(const fs::path& file) {
  std::error_code ec;
  const auto size = fs::file_size(file, ec);
  return ec ? 0 : size;
}

// Videos that were found in the cache lie on the disk anyway.
uint64_t bytes_of(const fs::path& directory, const std::vector<store::SampleRecord>& samples) {
  uint64_t bytes = 0;
  for (const auto& sample : samples)
    if (sample.video && !sample.video->from_cache) bytes += size_of(sample.video->path);
  std::error_code ec;
  for (auto it = fs::recursive_directory_iterator(directory, ec); !ec && it != fs::end(it);
       it.increment(ec)) {
    if (it->path() == directory / "videos") it.disable_recursion_pending();
    if (it->is_regular_file(ec)) bytes += size_of(it->path());
  }
  return bytes;
}

std::optional<store::RunRecord> find_run(store::Store& store, const std::string& id) {
  if (!store.has_run(id)) return std::nullopt;
  return store.run(id);
}

Costs costs_of_run(store::Store& store, const std::string& id, const BatchOptions& options) {
  const auto run = find_run(store, id);
  return costs_of(run ? fs::path(run->directory) : options.run.runs_directory / id);
}

// What the store knows of the cell's run.
void read_state(CellResult& result, store::Store& store) {
  const auto run = find_run(store, result.run);
  if (!run) return;
  const auto samples = store.samples(run->id, false);
  result.planned = samples.size();
  result.done = result.failed = 0;
  for (const auto& sample : samples) {
    result.done += sample.state == store::SampleState::kEvaluated ? 1 : 0;
    result.failed += sample.state == store::SampleState::kFailed ? 1 : 0;
  }
  result.bytes = bytes_of(run->directory, samples);
  const bool ended = run->state == store::RunState::kDone || run->state == store::RunState::kFailed;
  result.state = !ended                          ? CellState::kInterrupted
                 : result.done == result.planned ? CellState::kDone
                                                 : CellState::kFailed;
}

// Requests a stop when the time is over.
class Deadline {
 public:
  Deadline(const std::stop_source& source, std::optional<double> seconds)
      : thread_([this, source, seconds](const std::stop_token& cancelled) mutable {
          if (!seconds) return;
          std::unique_lock lock(mutex_);
          const auto time = std::chrono::duration<double>(std::min(*seconds, 1e9));
          if (wait_.wait_for(lock, cancelled, time, [] { return false; }) || cancelled.stop_requested())
            return;
          passed_ = true;
          source.request_stop();
        }) {}
  [[nodiscard]] bool passed() const { return passed_; }

 private:
  std::mutex mutex_;
  std::condition_variable_any wait_;
  std::atomic<bool> passed_{false};
  std::jthread thread_;  // last: it uses the others
};

// Passes on what it is told, and keeps the journal's clock running.
class Beating final : public engine::Observer {
 public:
  Beating(engine::Observer& next, Journal& journal)
      : next_(next), journal_(journal), start_ns_(monotonic_ns()) {}
  void on_start(size_t samples, size_t generated, size_t evaluated) override {
    next_.on_start(samples, generated, evaluated);
    beat();
  }
  void on_stage(const std::string& text) override {
    next_.on_stage(text);
    beat();
  }
  void on_progress(const std::string& model, const workers::Progress& progress) override {
    next_.on_progress(model, progress);
    beat();
  }
  void on_samples(const std::string& model, store::SampleState state, size_t count, size_t cached) override {
    next_.on_samples(model, state, count, cached);
    beat();
  }
  void on_failure(const std::string& sample, const store::Failure& failure, bool will_retry) override {
    next_.on_failure(sample, failure, will_retry);
  }
  [[nodiscard]] double seconds() const { return seconds_since(start_ns_); }

 private:
  void beat() { journal_.beat(seconds()); }

  engine::Observer& next_;
  Journal& journal_;
  int64_t start_ns_;
};

class Execution {
 public:
  Execution(const Batch& batch, const std::vector<Cell>& cells, store::Store& store, Journal& journal,
            const BatchOptions& options, Watcher& watcher, std::stop_token stop)
      : batch_(batch),
        cells_(cells),
        store_(store),
        journal_(journal),
        options_(options),
        watcher_(watcher),
        stop_(std::move(stop)) {}

  std::vector<CellResult> run() {
    results_ = look(batch_, cells_, store_, options_);
    for (CellResult& result : results_) take_used(result);
    for (size_t i = 0; i < cells_.size() && !stop_.stop_requested(); ++i) {
      if (ended_before(results_[i])) {
        results_[i].earlier = true;
      } else if (std::string reason = why_not(cells_[i], results_[i]); !reason.empty()) {
        results_[i].reason = std::move(reason);
        // What was begun stays as it is; what cannot run here has failed, and what does not fit is left out.
        if (!cells_[i].model.runnable())
          results_[i].state = CellState::kFailed;
        else if (results_[i].state == CellState::kPending)
          results_[i].state = CellState::kSkipped;
      } else {
        run_cell(i);
      }
      watcher_.ended(i, results_);
      refresh_bytes(results_[i]);
      gave_up_ = gave_up_ || (!batch_.keep_going && results_[i].state == CellState::kFailed);
    }
    return std::move(results_);
  }

 private:
  // The watcher may have written a report beside the videos.
  void refresh_bytes(CellResult& result) const {
    if (const auto run = find_run(store_, result.run))
      result.bytes = bytes_of(run->directory, store_.samples(run->id, false));
  }

  void take_used(CellResult& result) const {
    result.seconds = journal_.seconds(result.run);
    result.cost = journal_.costs(result.run);
  }

  [[nodiscard]] bool ended_before(const CellResult& result) const {
    return result.state == CellState::kDone || (result.state == CellState::kFailed && !options_.retry_failed);
  }

  // "" when the cell may begin.
  [[nodiscard]] std::string why_not(const Cell& cell, const CellResult& result) const {
    if (!cell.model.runnable()) return "cannot run here: " + join(cell.model.missing, "; ");
    if (gave_up_) return "a run before it failed, and keep_going is false";
    if (result.estimate.paid && options_.run.offline)
      return "a hosted model: without --online nothing is sent";
    const Totals used = totals(results_, journal_);
    if (std::string reason = over_time(result, used); !reason.empty()) return reason;
    if (std::string reason = over_disk(result, used); !reason.empty()) return reason;
    return over_cost(result, used);
  }

  [[nodiscard]] std::string over_time(const CellResult& result, const Totals& used) const {
    if (!batch_.budget.seconds) return "";
    const double left = *batch_.budget.seconds - used.seconds;
    if (left <= 0) return "budget: no time is left";
    if (const auto needed = result.estimate.seconds(); needed && *needed > left)
      return fmt::format("budget: about {} needed, {} left", human_duration(*needed), human_duration(left));
    return "";
  }

  [[nodiscard]] std::string over_disk(const CellResult& result, const Totals& used) const {
    if (!batch_.budget.disk_bytes) return "";
    const uint64_t limit = *batch_.budget.disk_bytes;
    const uint64_t left = limit > used.bytes ? limit - used.bytes : 0;
    if (left == 0) return "budget: no disk space is left";
    if (const auto needed = result.estimate.bytes; needed && *needed > left)
      return fmt::format("budget: about {} of disk needed, {} left", human_bytes(*needed), human_bytes(left));
    return "";
  }

  [[nodiscard]] std::string over_cost(const CellResult& result, const Totals& used) const {
    const auto& needed = result.estimate.cost;
    const auto& limit = batch_.budget.cost;
    if (!result.estimate.paid) return "";
    if (!limit)
      return needed ? fmt::format("budget: it costs about {:.2f} {}; add 'cost: {:.2f} {}' to the budget",
                                  needed->amount, needed->currency, needed->amount, needed->currency)
                    : "";
    if (!needed) return "budget: what it costs is not known; add settings.price to its catalogue entry";
    if (needed->currency != limit->currency)
      return fmt::format("budget: it is paid in {}, the budget is in {}", needed->currency, limit->currency);
    const auto spent = used.cost.find(limit->currency);
    const double left = limit->amount - (spent == used.cost.end() ? 0 : spent->second);
    return needed->amount > left ? fmt::format("budget: about {:.2f} {} needed, {:.2f} left", needed->amount,
                                               needed->currency, std::max(0.0, left))
                                 : "";
  }

  [[nodiscard]] Costs costs(const std::string& run) const { return costs_of_run(store_, run, options_); }

  void run_cell(size_t index) {
    CellResult& result = results_[index];
    Beating observer(watcher_.begins(cells_[index], index), journal_);
    std::optional<double> left;
    if (batch_.budget.seconds) left = *batch_.budget.seconds - totals(results_, journal_).seconds;
    journal_.started(result.run, costs(result.run));
    result.reason.clear();
    std::string problem;
    bool late = false;
    {
      std::stop_source source;
      const std::stop_callback forward(stop_, [&source] { source.request_stop(); });
      const Deadline deadline(source, left);
      problem = run_or_resume(cells_[index], result.run, observer, source.get_token());
      late = deadline.passed();
    }
    read_state(result, store_);
    if (result.state == CellState::kPending)
      result.state = CellState::kInterrupted;  // stopped before it was there
    if (!problem.empty()) {
      result.state = CellState::kFailed;
      result.reason = problem;
    } else if (late && result.state == CellState::kInterrupted) {
      result.reason = "budget: the time is used up";
    }
    journal_.ended(
        result.run, observer.seconds(), costs(result.run),
        {{"state", to_string(result.state)},
         {"reason", result.reason},
         {"samples", {{"planned", result.planned}, {"done", result.done}, {"failed", result.failed}}}});
    take_used(result);
  }

  // What went wrong, "" for nothing that the store does not know.
  std::string run_or_resume(const Cell& cell, const std::string& id, engine::Observer& observer,
                            const std::stop_token& stop) {
    try {
      engine::RunOptions options = options_.run;
      options.run_id = id;
      options.suite_source = cell.suite_source;
      apply(cell.options, options);
      const engine::Plan plan = engine::make_plan(*cell.suite, {cell.model}, options.plan);
      if (const auto run = find_run(store_, id))
        (void)engine::resume_run(store_, *run, plan, options, observer, stop, options_.retry_failed);
      else
        (void)engine::start_run(store_, plan, options, observer, stop);
      return "";
    } catch (const Error& e) {
      return e.hint().empty() ? e.what() : fmt::format("{} — {}", e.what(), e.hint());
    } catch (const std::exception& e) {
      return e.what();
    }
  }

  const Batch& batch_;
  const std::vector<Cell>& cells_;
  store::Store& store_;
  Journal& journal_;
  const BatchOptions& options_;
  Watcher& watcher_;
  std::stop_token stop_;
  std::vector<CellResult> results_;
  bool gave_up_ = false;
};

}  // namespace

std::string to_string(CellState state) {
  switch (state) {
    case CellState::kPending:
      return "pending";
    case CellState::kDone:
      return "done";
    case CellState::kFailed:
      return "failed";
    case CellState::kInterrupted:
      return "interrupted";
    case CellState::kSkipped:
      return "skipped";
  }
  return "";
}

Totals totals(const std::vector<CellResult>& cells, const Journal& journal) {
  Totals sum{journal.seconds(), 0, journal.costs()};
  for (const CellResult& cell : cells) sum.bytes += cell.bytes;
  return sum;
}

std::vector<CellResult> look(const Batch& batch, const std::vector<Cell>& cells, store::Store& store,
                             const BatchOptions& options) {
  std::vector<CellResult> results;
  for (const Cell& cell : cells) {
    CellResult& result = results.emplace_back();
    engine::RunOptions own = options.run;
    apply(cell.options, own);
    const engine::Plan plan = plan_of(cell, true);
    result.estimate = engine::estimate(store, plan, own).front();
    result.planned = plan.samples.size();
    if (!cell.model.runnable()) continue;
    result.run = run_id(batch.name, cell, plan);
    read_state(result, store);
  }
  return results;
}

std::vector<CellResult> execute(const Batch& batch, const std::vector<Cell>& cells, store::Store& store,
                                Journal& journal, const BatchOptions& options, Watcher& watcher,
                                std::stop_token stop) {
  journal.close_killed([&](const std::string& run) { return costs_of_run(store, run, options); });
  return Execution(batch, cells, store, journal, options, watcher, std::move(stop)).run();
}

}  // namespace vidbench::batch
