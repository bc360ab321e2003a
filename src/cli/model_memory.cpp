#include "cli/model_memory.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/error.h"
#include "base/log.h"
#include "cli/models_pull.h"
#include "report/format.h"

namespace vidbench::cli {
namespace {

bool is_host(const store::PeakMemory& peak) { return peak.device.starts_with("cpu"); }

double gb(uint64_t bytes) { return static_cast<double>(bytes) / 1e9; }

std::string line(const store::PeakMemory& peak) {
  return fmt::format("{}{} measured on {}{}, {}, {} × {}×{}, run {}", gigabytes(peak.bytes),
                     is_host(peak) ? " of host memory" : "", peak.machine.empty() ? "" : peak.machine + ", ",
                     peak.device, peak.dtype, peak.frames, peak.width, peak.height, peak.run);
}

Json peak_json(const store::PeakMemory& peak) {
  return {{"gb", gb(peak.bytes)},  {"bytes", peak.bytes},     {"run", peak.run},
          {"device", peak.device}, {"machine", peak.machine}, {"dtype", peak.dtype},
          {"frames", peak.frames}, {"width", peak.width},     {"height", peak.height}};
}

}  // namespace

std::string gigabytes(uint64_t bytes) {
  const double value = gb(bytes);
  return fmt::format("{} GB", value < 0.1 ? fmt::format("{:.2g}", value) : report::format_value(value, ""));
}

ModelMemory::ModelMemory(const Context& context) {
  if (!store::store_exists(context.effective_store_url())) return;
  try {
    for (auto& one : context.open_store()->memory_peaks())
      peaks_[{std::move(one.model), std::move(one.entry)}].push_back(std::move(one.peak));
  } catch (const Error& e) {
    log_warning(fmt::format("no measured memory: {}", e.what()));
  }
  for (auto& [version, peaks] : peaks_)
    std::stable_sort(peaks.begin(), peaks.end(), [](const auto& a, const auto& b) {
      return is_host(a) != is_host(b) ? is_host(b) : a.bytes > b.bytes;
    });
}

const std::vector<store::PeakMemory>& ModelMemory::measured(const registry::Model& model) const {
  static const std::vector<store::PeakMemory> kNone;
  const auto found = peaks_.find({model.id, model.digest});
  return found == peaks_.end() ? kNone : found->second;
}

std::optional<double> ModelMemory::measured_vram_gb(const registry::Model& model) const {
  const auto& peaks = measured(model);
  if (peaks.empty() || is_host(peaks.front())) return std::nullopt;
  return gb(peaks.front().bytes);
}

Json ModelMemory::to_json(const registry::Model& model) const {
  Json measured_list = Json::array();
  for (const auto& peak : measured(model)) measured_list.push_back(peak_json(peak));
  return {{"stated_gb", model.card.min_vram_gb ? Json(*model.card.min_vram_gb) : Json(nullptr)},
          {"measured", measured_list}};
}

report::Cell ModelMemory::number(const registry::Model& model) const {
  if (const auto& peaks = measured(model); !peaks.empty()) {
    const std::string text = gigabytes(peaks.front().bytes);
    return {text.substr(0, text.size() - 3), report::Emphasis::kNone, report::exact(gb(peaks.front().bytes))};
  }
  return {model.card.min_vram_gb ? report::exact(*model.card.min_vram_gb) : ""};
}

std::string ModelMemory::source(const registry::Model& model) const {
  if (const auto& peaks = measured(model); !peaks.empty())
    return fmt::format("measured, {}, {}", peaks.front().device, peaks.front().dtype);
  return model.card.min_vram_gb ? "stated" : "";
}

std::vector<std::string> ModelMemory::lines(const registry::Model& model) const {
  std::vector<std::string> all;
  for (const auto& peak : measured(model)) all.push_back(line(peak));
  if (model.card.min_vram_gb)
    all.push_back(report::exact(*model.card.min_vram_gb) + " GB of GPU memory as its makers state");
  return all;
}

Json model_json(const registry::Model& model, const ModelMemory& memory) {
  Json json = registry::to_json(model);
  json["memory"] = memory.to_json(model);
  if (const std::string cached = cached_word(model); !cached.empty()) json["cached"] = cached;
  return json;
}

}  // namespace vidbench::cli
