// Writes a request's numbers and texts into the body that a provider wants, and refuses what it does not
// allow.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "base/error.h"
#include "base/json.h"
#include "providers/provider.h"

namespace vidbench::providers {

// What is asked for, in vidbench's own terms.
struct Wanted {
  std::string model, prompt, negative_prompt;
  uint64_t seed = 0;
  std::optional<int> frames, width, height, steps;
  std::optional<double> fps, guidance;
};

// Nothing was sent; `kind` is the failure class, "unsupported" or "invalid-request".
class Refused : public Error {
 public:
  Refused(std::string kind, const std::string& message, const std::string& hint = {})
      : Error(ErrorCode::kInput, message, hint), kind_(std::move(kind)) {}
  [[nodiscard]] const std::string& kind() const { return kind_; }

 private:
  std::string kind_;
};

// The provider's fields, those of `model` and then `own` in their place; fields that are `none` are gone.
[[nodiscard]] Fields effective_fields(const Provider& provider, const std::string& model, const Fields& own);

// Puts every field into `body`. A duration is frames / fps to within one frame, an aspect ratio holds to
// within 1 %. Throws Refused naming the allowed values, and for a number that no field stands for.
void write_fields(Json& body, const Fields& fields, const Wanted& wanted, const std::string& provider);

}  // namespace vidbench::providers
