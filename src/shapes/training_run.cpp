#include "shapes/training_run.h"

#include <ATen/ATen.h>
#include <c10/core/GradMode.h>

#include <condition_variable>
#include <cstdio>
#include <deque>
#include <fstream>
#include <mutex>
#include <thread>

#include "base/error.h"
#include "base/log.h"
#include "base/time.h"
#include "nn/safetensors.h"
#include "shapes/weights.h"

namespace vidbench::shapes {
namespace {

// Makes batches in a thread of its own, a few ahead.
class Prefetcher {
 public:
  Prefetcher(std::function<Batch(int64_t)> make, int64_t first, int64_t end)
      : thread_([this, make = std::move(make), first, end](const std::stop_token& stop) {
          for (int64_t step = first; step < end && !stop.stop_requested(); ++step) push(make(step), stop);
        }) {}

  Batch next() {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [&] { return !batches_.empty(); });
    Batch batch = std::move(batches_.front());
    batches_.pop_front();
    changed_.notify_all();
    return batch;
  }

 private:
  void push(Batch batch, const std::stop_token& stop) {
    std::unique_lock lock(mutex_);
    if (!changed_.wait(lock, stop, [&] { return batches_.size() < 3; })) return;
    batches_.push_back(std::move(batch));
    changed_.notify_all();
  }

  std::mutex mutex_;
  std::condition_variable_any changed_;
  std::deque<Batch> batches_;
  std::jthread thread_;  // last: it uses the members above
};

class Run {
 public:
  Run(const Recipe& recipe, const TrainOptions& options, TrainingTask& task)
      : recipe_(recipe),
        options_(options),
        task_(task),
        average_(task.parameters->copy(false)),
        optimizer_(*task.parameters, recipe.optimizer) {}

  void run() {
    std::filesystem::create_directories(options_.out);
    const int64_t first = options_.resume ? load_checkpoint() : 0;
    log_file_.open(options_.out / "log.jsonl", first > 0 ? std::ios::app : std::ios::trunc);
    Prefetcher batches(task_.make_batch, first, recipe_.steps);
    const int64_t start = monotonic_ns();
    for (int64_t step = first; step < recipe_.steps; ++step) {
      one_step(batches.next(), step);
      const int64_t done = step + 1;
      const bool last = done == recipe_.steps;
      if (done % recipe_.log_every == 0) log_step(done, seconds_since(start), done - first);
      if (last || done % recipe_.check_every == 0) measure(done);
      if (last || done % recipe_.checkpoint_every == 0) save_checkpoint(done);
    }
  }

 private:
  void one_step(const Batch& batch, int64_t step) {
    at::manual_seed(recipe_.seed * 1'000'003 + static_cast<uint64_t>(step));
    const at::Tensor loss = task_.loss(batch);
    loss.backward();
    optimizer_.step(learning_rate_factor(recipe_, step));
    const auto n = static_cast<double>(step);
    update_average(average_, *task_.parameters, std::min(recipe_.average_decay, (1 + n) / (10 + n)));
    loss_sum_ += loss.item<double>();
    ++loss_count_;
  }

  void write_log(const Json& line) {
    log_file_ << line.dump() << std::endl;
    log_info(recipe_.name + " " + line.dump());
  }

  void log_step(int64_t done, double seconds, int64_t steps) {
    write_log({{"step", done},
               {"loss", loss_sum_ / loss_count_},
               {"step_s", seconds / static_cast<double>(steps)}});
    loss_sum_ = 0;
    loss_count_ = 0;
  }

  void measure(int64_t done) {
    const at::NoGradGuard no_gradient;
    Json line = task_.measure(average_, options_.out);
    line["step"] = done;
    write_log(line);
  }

  [[nodiscard]] std::filesystem::path checkpoint_path() const {
    return options_.out / "checkpoint.safetensors";
  }

  void save_checkpoint(int64_t done) {
    nn::TensorFile file;
    for (const auto& [name, tensor] : task_.parameters->all()) file.tensors["now." + name] = tensor.detach();
    for (const auto& [name, tensor] : average_.all()) file.tensors["average." + name] = tensor;
    for (const auto& [name, tensor] : optimizer_.state()) file.tensors["optimizer." + name] = tensor;
    file.metadata["step"] = std::to_string(done);
    nn::save_safetensors(checkpoint_path(), file);
    save_weights(options_.out / "model.safetensors", average_, task_.metadata);
  }

  // The step to go on from.
  int64_t load_checkpoint() {
    const auto path = checkpoint_path();
    if (!std::filesystem::exists(path)) return 0;
    const nn::TensorFile file = nn::load_safetensors(path);
    const at::NoGradGuard no_gradient;
    Parameters loaded = task_.parameters->copy(false);
    loaded.assign(file.tensors, "now.", path);
    for (const auto& [name, tensor] : task_.parameters->all()) at::Tensor(tensor).copy_(loaded.get(name));
    average_.assign(file.tensors, "average.", path);
    std::map<std::string, at::Tensor> state;
    for (const auto& [name, tensor] : file.tensors) {
      if (name.starts_with("optimizer.")) state[name.substr(10)] = tensor;
    }
    optimizer_.restore(state);
    return std::stoll(file.metadata.at("step"));
  }

  const Recipe& recipe_;
  const TrainOptions& options_;
  TrainingTask& task_;
  Parameters average_;
  Optimizer optimizer_;
  std::ofstream log_file_;
  double loss_sum_ = 0;
  int loss_count_ = 0;
};

}  // namespace

void run_training(const Recipe& recipe, const TrainOptions& options, TrainingTask& task) {
  Run(recipe, options, task).run();
}

}  // namespace vidbench::shapes
