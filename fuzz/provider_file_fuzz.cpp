// Any text is a provider whose every name is known where it is used, or an Error.
#include <cstdlib>
#include <string>

#include "base/error.h"
#include "providers/fields.h"
#include "providers/provider_file.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  try {
    const auto provider =
        vidbench::providers::parse_provider({reinterpret_cast<const char*>(data), size}, "input");
    if (!provider.fields.contains("prompt") || provider.sources.empty()) std::abort();
    vidbench::providers::Wanted wanted;
    wanted.model = "m";
    wanted.prompt = "a cat";
    wanted.frames = 121;
    wanted.fps = 24;
    wanted.width = 1280;
    wanted.height = 720;
    vidbench::Json body = provider.submit.body;
    const auto fields = vidbench::providers::effective_fields(provider, wanted.model, {});
    vidbench::providers::write_fields(body, fields, wanted, provider.name);
  } catch (const vidbench::Error&) {
  }
  return 0;
}
