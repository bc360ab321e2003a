// vbench/human-action: whether a video shows the action of its prompt.
#include "metrics/human_action.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <numeric>

#include "base/error.h"
#include "base/files.h"
#include "base/strings.h"
#include "metrics/builtin.h"

namespace vidbench::metrics {
namespace {

constexpr size_t kLooked = 5;
constexpr double kLeast = 0.84995;  // what is 0.85 when it is rounded to four digits
constexpr size_t kListBytes = 1 << 20;

using Actions = std::vector<std::string>;
constexpr const char* kSeen = "umt actions";

double measure(Sample& sample, UmtNetwork& network) {
  require_frames(sample.video(), 1);
  const std::string action = asked_action(sample.prompt());
  if (!network.knows(action))
    throw_input(
        fmt::format("the prompt asks for '{}', which is no action of Kinetics-400", one_line(action)));
  const Actions& seen = sample.once<Actions>(
      kSeen, [&] { return of_one(sample.video(), [&](Videos videos) { return network.actions(videos); }); });
  return std::find(seen.begin(), seen.end(), action) != seen.end() ? 1 : 0;
}

}  // namespace

std::string asked_action(std::string_view prompt) {
  constexpr std::string_view kBefore = "person is ";
  std::string action = lower(prompt);
  const size_t found = action.rfind(kBefore);
  if (found != std::string::npos) action.erase(0, found + kBefore.size());
  return trim(action);
}

std::vector<size_t> seen_actions(std::span<const float> logits) {
  std::vector<size_t> order(logits.size());
  std::iota(order.begin(), order.end(), 0);
  const size_t looked = std::min(kLooked, order.size());
  std::partial_sort(order.begin(), order.begin() + static_cast<std::ptrdiff_t>(looked), order.end(),
                    [&](size_t a, size_t b) { return logits[a] > logits[b]; });
  order.resize(looked);
  const auto likely = [&](size_t index) { return 1 / (1 + std::exp(-logits[index])) >= kLeast; };
  order.erase(std::find_if_not(order.begin(), order.end(), likely), order.end());
  return order;
}

std::vector<std::string> read_actions(const std::filesystem::path& path, size_t count) {
  std::vector<std::string> names(count);
  size_t number = 0;
  for (const std::string& raw : split(read_file(path, kListBytes), '\n')) {
    const auto fail = [&](std::string_view what) {
      throw_input(fmt::format("{}: line {} {}", path.string(), number, what),
                  "the file is damaged or another one; fetch it again");
    };
    ++number;
    const std::string line = trim(raw);
    if (line.empty()) continue;
    const size_t tab = line.find('\t');
    if (tab == std::string::npos) fail("is not a name, a tab and an index");
    size_t index = 0;
    const char* end = line.data() + line.size();
    const auto [stop, problem] = std::from_chars(line.data() + tab + 1, end, index);
    if (problem != std::errc() || stop != end) fail("has no whole number behind the tab");
    if (index >= count) fail(fmt::format("has an index that is not below {}", count));
    if (!names[index].empty()) fail(fmt::format("has the index {} again", index));
    names[index] = lower(trim(line.substr(0, tab)));
    if (names[index].empty()) fail("has no name");
  }
  const auto missing = std::find(names.begin(), names.end(), "");
  if (missing != names.end())
    throw_input(fmt::format("{}: has no action {}", path.string(), missing - names.begin()),
                "the file is damaged or another one; fetch it again");
  return names;
}

Metric human_action(std::shared_ptr<UmtNetwork> network) {
  return {with_weights(
              {.id = "vbench/human-action",
               .version = 1,
               .title = "Human action (UMT)",
               .higher_is_better = true,
               .minimum = 0,
               .maximum = 1,
               .reducer = "mean",
               .needs = {"prompt"},
               .definition =
                   "1 when UMT ViT-L/16 (Kinetics-400) sees the action of the prompt, else 0: the action is "
                   "one of the five likeliest, with a sigmoid of its logit, rounded to four digits, of at "
                   "least 0.85. Sixteen frames in the middle of equal parts (a shorter video repeats its "
                   "last frame); the shorter side to 256 by OpenCV's bilinear resize of bytes, centre crop "
                   "224, ImageNet's mean and deviation: all as VBench's code does. The action is what "
                   "follows the last 'person is ' of the prompt, in lower case, which must be the name of a "
                   "class. VBench takes it from the file's name, where it ends at the first '-' or '_', and "
                   "counts a video whose action is no class as wrong; here it has no value.",
               .failure_cases = "Knows 400 actions by their exact names; another word for one of them is "
                                "refused. Follows objects and scenes as much as motion. A video that shows "
                                "the action along with others may fail.",
               .citation = "Huang et al., VBench, CVPR 2024, arXiv:2311.17982; Li et al., Unmasked Teacher, "
                           "ICCV 2023, arXiv:2303.16058",
               .licence = "Apache-2.0"},
              {network->weights()}, {network->list()}),
          [network](Sample& sample) { return measure(sample, *network); }, 0,
          [network](std::span<Sample* const> samples) {
            keep_together<Actions>(samples, kSeen, 1,
                                   [&](Videos videos) { return network->actions(videos); });
          }};
}

}  // namespace vidbench::metrics
