// The environment variables that are no key's.
#pragma once

#include <string>
#include <vector>

namespace vidbench::config {

struct Variable {
  std::string name;  // one that ends in '_' stands for all that begin so
  std::string help;
  bool shown = true;  // false: of the project's own tests and scripts
};

[[nodiscard]] const std::vector<Variable>& other_variables();

// The name of every variable of `environment` ("NAME=value") that begins with VIDBENCH_ and that nobody
// reads.
[[nodiscard]] std::vector<std::string> unknown_variables(const std::vector<std::string>& environment);
// The variable that one of these names was probably meant to be; "" when none is near.
[[nodiscard]] std::string nearest_variable(const std::string& name);

// This process's environment as it is now.
[[nodiscard]] std::vector<std::string> current_environment();

}  // namespace vidbench::config
