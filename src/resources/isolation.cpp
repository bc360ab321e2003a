#include "resources/isolation.h"

#include <fmt/format.h>

#include "base/strings.h"
#include "registry/program.h"
#include "workers/ask.h"

namespace vidbench::resources {
namespace {

constexpr double kTimeout_s = 20;

Finding tried(Finding finding, const std::string& program, const std::vector<std::string>& words,
              bool version) {
  const auto search = registry::find_program(program);
  if (!search.path) {
    finding.detail = fmt::format("no program {} in PATH", program);
    return finding;
  }
  std::vector<std::string> argv = {search.path->string()};
  argv.insert(argv.end(), words.begin(), words.end());
  const workers::Answer answer = workers::ask(argv, kTimeout_s);
  finding.available = answer.ok;
  if (answer.ok) {
    finding.detail = search.path->string();
    if (version) finding.version = one_line(trim(answer.output));
    finding.remedy.clear();
  } else {
    finding.detail = fmt::format("{} {}: {}", program, answer.end, one_line(trim(answer.output)));
  }
  return finding;
}

}  // namespace

std::vector<Finding> find_isolation() {
  Finding process{"process", "a process of its own, with its own group", true};
  process.detail = "always there";
  return {
      process,
      tried({.name = "bubblewrap",
             .purpose = "namespaces without a daemon",
             .remedy = "apt-get install bubblewrap; unprivileged user namespaces must be allowed"},
            "bwrap",
            {"--unshare-all", "--ro-bind", "/", "/", "--dev", "/dev", "--proc", "/proc", "/bin/true"}, false),
      tried({.name = "podman", .purpose = "containers", .remedy = "apt-get install podman"}, "podman",
            {"version", "--format", "{{.Client.Version}}"}, true),
      tried({.name = "docker", .purpose = "containers", .remedy = "a Docker engine that this user may ask"},
            "docker", {"version", "--format", "{{.Server.Version}}"}, true)};
}

}  // namespace vidbench::resources
