// What each step of an integration does.
#pragma once

#include "integration/integration.h"

namespace vidbench::integration {

// What the steps share. `model` is read anew by a step that changes what it lacks.
struct Work {
  store::Store& store;
  registry::Model model;
  const Options& options;
  engine::Observer& observer;
  std::stop_token stop;
  std::function<void()> keep;  // writes the record as it is
};

// Each fills result, findings and detail, and throws an Error that says why the model is not accepted.
void register_model(Work& work, Step& step);
void prepare_environment(Work& work, Step& step);
void validate(Work& work, Step& step);
void benchmark(Work& work, Step& step);
void publish(Work& work, Step& step, const Step& benchmark);

}  // namespace vidbench::integration
