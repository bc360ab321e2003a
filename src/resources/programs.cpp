#include "resources/programs.h"

#include <fmt/format.h>

#include <map>
#include <sstream>

#include "base/files.h"
#include "base/strings.h"
#include "registry/program.h"
#include "workers/ask.h"

namespace vidbench::resources {
namespace {

constexpr double kTimeout_s = 30;
constexpr double kImport_s = 120;  // of torch from a cold disk

constexpr const char* kPackagesProbe = R"(
import importlib.metadata as metadata, platform
print("python", platform.python_version())
for name in ("torch", "diffusers", "transformers", "numpy"):
    try:
        print(name, metadata.version(name))
    except metadata.PackageNotFoundError:
        pass
try:
    import torch
    if torch.cuda.is_available():
        print("cuda", torch.version.hip or torch.version.cuda, torch.cuda.device_count())
    else:
        print("no-cuda", "this torch is built for the CPU" if not (torch.version.cuda or torch.version.hip)
              else "torch sees no GPU")
except Exception as fault:
    print("no-import", type(fault).__name__, str(fault).replace("\n", " "))
)";

// The first word with a dot and a digit: "git version 2.39.5" → "2.39.5".
std::string version_in(const std::string& output) {
  std::istringstream words(output.substr(0, 500));
  for (std::string word; words >> word;) {
    if (word.starts_with('v')) word.erase(0, 1);
    if (!word.empty() && word.front() >= '0' && word.front() <= '9' && word.find('.') != std::string::npos) {
      while (word.ends_with(',')) word.pop_back();
      return word;
    }
  }
  return "";
}

Finding ask_version(Finding finding, const registry::ProgramSearch& search,
                    const std::string& option = "--version") {
  if (!search.path) {
    finding.detail = fmt::format("no program {} beside vidbench or in PATH", finding.name);
    return finding;
  }
  const workers::Answer answer = workers::ask({search.path->string(), option}, kTimeout_s);
  finding.available = answer.ok;
  finding.version = answer.ok ? version_in(answer.output) : "";
  finding.detail =
      answer.ok ? search.path->string()
                : fmt::format("{} {}: {}", search.path->string(), answer.end, one_line(trim(answer.output)));
  if (finding.available) finding.remedy.clear();
  return finding;
}

Finding find(Finding finding, const std::string& program) {
  return ask_version(std::move(finding), registry::find_program(program));
}

std::vector<Finding> python_findings() {
  Finding python{"python", "the Python worker"};
  python.remedy = "apt-get install python3, or set `python` in the configuration";
  const auto search = registry::find_python();
  if (!search.path) {
    python.detail = search.complaint("python3");
    return {python};
  }
  const workers::Answer answer = workers::ask({search.path->string(), "-c", kPackagesProbe}, kImport_s);
  if (!answer.ok) {
    python.detail =
        fmt::format("{} {}: {}", search.path->string(), answer.end, one_line(trim(answer.output)));
    return {python};
  }
  auto findings = read_packages(answer.output);
  findings.front().detail = search.path->string();
  return findings;
}

}  // namespace

std::vector<Finding> read_packages(const std::string& output) {
  std::map<std::string, std::string> said;
  for (const std::string& line : split(output, '\n')) {
    const size_t space = line.find(' ');
    if (space != std::string::npos) said[line.substr(0, space)] = trim(line.substr(space + 1));
  }
  const std::string install = "pip install -r python/requirements-diffusers.txt, into that Python";
  std::vector<Finding> findings = {{"python", "the Python worker", said.contains("python"), said["python"]}};
  for (const char* name : {"numpy", "torch", "diffusers", "transformers"}) {
    Finding finding{name, "models with runner diffusers", said.contains(name), said[name]};
    if (!finding.available) {
      finding.detail = "this Python does not have it";
      finding.remedy = install;
    }
    if (finding.name == "torch" && said.contains("no-import")) {
      finding.available = false;
      finding.detail = "it cannot be imported: " + one_line(said["no-import"]);
      finding.remedy = install;
    }
    findings.push_back(std::move(finding));
  }
  Finding cuda{"torch on a GPU", "models on a GPU", said.contains("cuda")};
  if (cuda.available) {
    cuda.version = said["cuda"].substr(0, said["cuda"].find(' '));
    cuda.detail = said["cuda"].substr(said["cuda"].rfind(' ') + 1) + " devices";
  } else {
    cuda.detail = said.contains("no-cuda") ? said["no-cuda"] : "torch is not there";
    cuda.remedy = "a GPU, its driver, and a torch built for it (pytorch.org)";
  }
  findings.push_back(std::move(cuda));
  return findings;
}

std::vector<Finding> find_programs() {
  std::vector<Finding> findings = {find({.name = "vidbench-eval",
                                         .purpose = "metrics, with its FFmpeg and libtorch",
                                         .remedy = "build it: scripts/quickstart"},
                                        "vidbench-eval"),
                                   find({.name = "vidbench-shapes",
                                         .purpose = "the embedded models",
                                         .remedy = "build it: scripts/quickstart"},
                                        "vidbench-shapes")};
  for (Finding& finding : python_findings()) findings.push_back(std::move(finding));
  findings.push_back(
      find({.name = "git", .purpose = "catalogues and repositories in Git", .remedy = "apt-get install git"},
           "git"));
  return findings;
}

}  // namespace vidbench::resources
