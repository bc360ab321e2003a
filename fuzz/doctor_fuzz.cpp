// What VIDBENCH_HARDWARE names, and what nvidia-smi prints.
#include <cstdint>
#include <string>

#include "base/error.h"
#include "base/json.h"
#include "resources/gpus.h"
#include "resources/hardware.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string text(reinterpret_cast<const char*>(data), size);
  (void)vidbench::resources::parse_nvidia_smi(text);
  try {
    (void)vidbench::resources::to_json(
        vidbench::resources::hardware_from_json(vidbench::parse_json(text, "fuzz.json"), "fuzz.json"));
  } catch (const vidbench::Error&) {
  }
  return 0;
}
