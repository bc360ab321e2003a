// Any text is a list of models, each of which can be written as a catalogue file again and read back as
// itself, or an Error.
#include <cstdlib>
#include <string>

#include "base/error.h"
#include "registry/catalogue_file.h"
#include "registry/catalogue_writer.h"

using vidbench::registry::Model;

namespace {

// What the writer leaves out: an id of several deployments holds '@', the place is that of the file.
bool same(const Model& a, const Model& b) {
  return to_json(a.card) == to_json(b.card) && a.deployment.runner == b.deployment.runner &&
         a.deployment.command == b.deployment.command && a.deployment.settings == b.deployment.settings &&
         to_json(a.deployment.defaults) == to_json(b.deployment.defaults);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  std::vector<Model> models;
  try {
    models = vidbench::registry::parse_catalogue({reinterpret_cast<const char*>(data), size}, "input", "/");
  } catch (const vidbench::Error&) {
    return 0;
  }
  for (const Model& model : models) {
    if (model.id.find('@') != std::string::npos) continue;
    const std::string text = vidbench::registry::catalogue_text(model);
    const auto again = vidbench::registry::parse_catalogue(text, "written", "/");
    if (again.size() != 1 || !same(again[0], model)) std::abort();
    if (vidbench::registry::model_from_json(to_json(model)).digest != model.digest) std::abort();
  }
  return 0;
}
