#include "base/yaml_guard.h"

#include <fmt/format.h>
#include <yaml-cpp/eventhandler.h>
#include <yaml-cpp/yaml.h>

#include <sstream>

#include "base/error.h"
#include "base/json.h"
#include "base/strings.h"

namespace vidbench {
namespace {

// Sees the parser's events without building a tree, so that an alias is refused before it costs anything.
class Guard : public YAML::EventHandler {
 public:
  explicit Guard(const std::string& origin) : origin_(origin) {}

  void OnDocumentStart(const YAML::Mark& mark) override {
    if (++documents_ > 1) refuse(mark, "a second YAML document begins here", "keep one document a file");
  }
  void OnAlias(const YAML::Mark& mark, YAML::anchor_t) override {
    refuse(mark, "YAML aliases (*name) are not allowed here", "write the value out");
  }
  void OnDocumentEnd() override {}
  void OnNull(const YAML::Mark&, YAML::anchor_t) override {}
  void OnScalar(const YAML::Mark&, const std::string&, YAML::anchor_t, const std::string&) override {}
  void OnSequenceStart(const YAML::Mark&, const std::string&, YAML::anchor_t,
                       YAML::EmitterStyle::value) override {}
  void OnSequenceEnd() override {}
  void OnMapStart(const YAML::Mark&, const std::string&, YAML::anchor_t, YAML::EmitterStyle::value) override {
  }
  void OnMapEnd() override {}

 private:
  [[noreturn]] void refuse(const YAML::Mark& mark, const char* what, const char* hint) const {
    throw_input(fmt::format("{}:{}: {}", origin_, mark.line + 1, what), hint);
  }

  const std::string& origin_;
  int documents_ = 0;
};

void check_utf8(const std::string& text, const std::string& origin) {
  int line = 0;
  for (const std::string& content : split(text, '\n')) {
    ++line;
    try {
      (void)Json(content).dump();  // refuses what is not UTF-8
    } catch (const Json::exception&) {
      throw_input(fmt::format("{}:{}: not valid UTF-8", origin, line), "save the file as UTF-8");
    }
  }
}

}  // namespace

void check_plain_yaml(const std::string& text, const std::string& origin) {
  check_utf8(text, origin);
  std::istringstream stream(text);
  Guard guard(origin);
  try {
    YAML::Parser parser(stream);
    while (parser.HandleNextDocument(guard)) {
    }
  } catch (const YAML::Exception& e) {
    throw_input(fmt::format("{}:{}: not valid YAML: {}", origin, e.mark.line + 1, e.msg));
  }
}

}  // namespace vidbench
