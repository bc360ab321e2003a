#include "nn/torchscript.h"

#include <c10/core/InferenceMode.h>
#include <torch/script.h>

#include "base/error.h"
#include "base/strings.h"

namespace vidbench::nn {

struct TorchScript::Program {
  torch::jit::Module module;
};

namespace {

[[noreturn]] void refuse(const std::filesystem::path& path, const char* what, const c10::Error& error) {
  // The first line; the others are a stack of the interpreter.
  const std::string text = error.what_without_backtrace();
  throw_input(path.string() + ": " + what + ": " + one_line(text.substr(0, text.find('\n'))),
              "the file belongs to another network");
}

}  // namespace

TorchScript::TorchScript(const std::filesystem::path& path) : path_(path) {
  const c10::InferenceMode inference;
  try {
    program_ = std::make_unique<Program>(Program{torch::jit::load(path.string(), at::kCPU)});
    program_->module.eval();
  } catch (const c10::Error& e) {
    refuse(path, "it cannot be read as a TorchScript program", e);
  }
}

TorchScript::~TorchScript() = default;
TorchScript::TorchScript(TorchScript&&) noexcept = default;

at::Tensor TorchScript::operator()(const at::Tensor& input, const std::map<std::string, bool>& switches) {
  const c10::InferenceMode inference;
  torch::jit::Kwargs named;
  for (const auto& [name, value] : switches) named.emplace(name, value);
  try {
    const c10::IValue result = program_->module.forward({input}, named);
    if (!result.isTensor()) throw_input(path_.string() + ": its result is not a tensor");
    return result.toTensor().to(at::kCPU, at::kFloat);
  } catch (const c10::Error& e) {
    refuse(path_, "the program failed", e);
  } catch (const Error&) {
    throw;
  } catch (const std::exception& e) {  // what the interpreter throws for errors of the program
    throw_input(path_.string() + ": the program failed: " + one_line(e.what()));
  }
}

}  // namespace vidbench::nn
