// Any text is a Python script with options, of which a command can be proposed.
#include <cstdlib>
#include <string_view>

#include "registry/script_options.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const auto options = vidbench::registry::read_script_options({reinterpret_cast<const char*>(data), size});
  const auto command = vidbench::registry::propose_command(options, true);
  if (command.takes_prompt && command.arguments.empty()) std::abort();
  return 0;
}
