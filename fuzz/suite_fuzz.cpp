// Any text is a suite with prompts and seeds, or an Error.
#include <cstdlib>
#include <string>

#include "base/error.h"
#include "suites/suite.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  try {
    const auto suite =
        vidbench::suites::parse_suite({reinterpret_cast<const char*>(data), size}, "input.yaml");
    if (suite.id.empty() || suite.digest.size() != 64) std::abort();
  } catch (const vidbench::Error&) {
  }
  return 0;
}
