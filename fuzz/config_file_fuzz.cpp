// A configuration file, and a change to it: either an Error, or a file that still reads.
#include <cstdint>
#include <cstdlib>
#include <string>
#include <vector>

#include "base/error.h"
#include "config/edit.h"
#include "config/file.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string text(reinterpret_cast<const char*>(data), size);
  try {
    (void)vidbench::config::parse_file(text, "fuzz.yaml");
  } catch (const vidbench::Error&) {
  }
  const std::vector<std::string> path = {"run", "workers"};
  std::string edited;
  try {
    edited = vidbench::config::edit_yaml(text, "fuzz.yaml", path, "7");
  } catch (const vidbench::Error&) {
    return 0;
  }
  // A second change finds its own value again.
  if (vidbench::config::edit_yaml(edited, "fuzz.yaml", path, "7") != edited) std::abort();
  return 0;
}
