// The base of runners that work in this process: null and replay.
#pragma once

#include <filesystem>
#include <initializer_list>
#include <string_view>
#include <vector>

#include "registry/registry.h"
#include "workers/runner.h"

namespace vidbench::workers {

class LocalRunner : public Runner {
 public:
  store::ModelFacts start() override;
  [[nodiscard]] bool alive() const override { return started_; }
  BatchOutcome generate(const std::vector<GenerateRequest>& requests, const std::filesystem::path& output_dir,
                        const ProgressFunction& progress, std::stop_token stop) override;
  void stop() noexcept override { started_ = false; }

 protected:
  // `settings`: the keys that the model's settings may have. Throws Error(kInput) for any other.
  LocalRunner(registry::Model model, std::initializer_list<std::string_view> settings);
  [[nodiscard]] const registry::Model& model() const { return model_; }

 private:
  // Completes the facts that every model has. May throw Error(kEnvironment).
  virtual void describe(store::ModelFacts& facts) const = 0;
  // One sample; `request` has the model's defaults in it, `output_dir` is absolute.
  [[nodiscard]] virtual SampleOutcome make(const GenerateRequest& request,
                                           const std::filesystem::path& output_dir) const = 0;
  // The name that progress messages give to what make() does.
  [[nodiscard]] virtual const char* stage() const = 0;
  // Whether the time that make() takes is a measurement; without it latencies stay 0, which means unknown.
  [[nodiscard]] virtual bool timed() const = 0;

  registry::Model model_;
  bool started_ = false;
};

}  // namespace vidbench::workers
