#include "cli/model_text.h"

#include <map>

#include "base/strings.h"

namespace vidbench::cli {

std::string short_tasks(const std::vector<std::string>& tasks) {
  static const std::map<std::string, std::string> kShort = {
      {"text-to-video", "t2v"}, {"image-to-video", "i2v"}, {"video-to-video", "v2v"}};
  std::vector<std::string> words;
  for (const std::string& task : tasks) {
    const auto known = kShort.find(task);
    words.push_back(known == kShort.end() ? task : known->second);
  }
  return join(words, ", ");
}

std::string runs_here(const registry::Model& model) {
  if (model.runnable()) return "yes";
  return (model.deployed() ? "no: " : "unknown how: ") + join(model.missing, "; ");
}

}  // namespace vidbench::cli
