// Devices as JSON: what `vidbench doctor` prints, and what a test or a colleague's machine is judged by.
#include <fmt/format.h>

#include <algorithm>

#include "base/error.h"
#include "base/strings.h"
#include "resources/hardware.h"

namespace vidbench::resources {
namespace {

Json known(const std::string& text) { return text.empty() ? Json() : Json(text); }
Json known(uint64_t number) { return number == 0 ? Json() : Json(number); }

// Members of one JSON object; null counts as not known.
class Members {
 public:
  Members(const Json& json, const std::string& origin, std::string place)
      : json_(json), origin_(origin), place_(std::move(place)) {
    if (!json.is_object()) throw_input(fmt::format("{}: {} must be an object", origin_, place_));
  }
  [[nodiscard]] std::string text(const char* name) const {
    const Json* value = find(name);
    if (value == nullptr) return "";
    if (!value->is_string()) refuse(name, "a text", *value);
    return *value;
  }
  [[nodiscard]] uint64_t bytes(const char* name) const {
    const Json* value = find(name);
    if (value == nullptr) return 0;
    if (!value->is_number_integer() || *value < 0) refuse(name, "a whole number of at least 0", *value);
    return *value;
  }
  // An absent list is empty.
  [[nodiscard]] Json list(const char* name) const {
    const Json* value = find(name);
    if (value == nullptr) return Json::array();
    if (!value->is_array()) refuse(name, "a list", *value);
    return *value;
  }

 private:
  [[nodiscard]] const Json* find(const char* name) const {
    const auto found = json_.find(name);
    return found == json_.end() || found->is_null() ? nullptr : &*found;
  }
  [[noreturn]] void refuse(const char* name, const char* type, const Json& value) const {
    throw_input(fmt::format("{}: {}.{} must be {}, not {}", origin_, place_, name, type,
                            one_line(document(value, -1))));
  }

  const Json& json_;
  const std::string& origin_;
  std::string place_;
};

}  // namespace

Json to_json(const Hardware& hardware) {
  Json gpus = Json::array(), disks = Json::array();
  for (const Gpu& gpu : hardware.gpus)
    gpus.push_back({{"vendor", gpu.vendor},
                    {"name", gpu.name},
                    {"memory_bytes", known(gpu.memory_bytes)},
                    {"driver", known(gpu.driver)},
                    {"compute_capability", known(gpu.compute_capability)}});
  for (const Disk& disk : hardware.disks)
    disks.push_back({{"use", disk.use},
                     {"path", disk.path.string()},
                     {"free_bytes", disk.free_bytes},
                     {"total_bytes", disk.total_bytes}});
  return {{"cpu", known(hardware.cpu)},
          {"cores", hardware.cores},
          {"kernel", known(hardware.kernel)},
          {"memory_bytes", known(hardware.memory_bytes)},
          {"memory_limit_bytes", hardware.memory_limit_bytes ? Json(*hardware.memory_limit_bytes) : Json()},
          {"gpus", gpus},
          {"disks", disks},
          {"notes", hardware.notes}};
}

Hardware hardware_from_json(const Json& document, const std::string& origin) {
  if (!document.is_object() || document.value("schema", Json()) != "vidbench.doctor/1" ||
      !document.contains("hardware"))
    throw_input(fmt::format("{}: not a document vidbench.doctor/1", origin),
                "vidbench doctor --format json > FILE makes one");
  const Members members(document["hardware"], origin, "hardware");
  Hardware hardware;
  hardware.cpu = members.text("cpu");
  hardware.kernel = members.text("kernel");
  hardware.cores = static_cast<int>(std::min<uint64_t>(members.bytes("cores"), 1'000'000));
  hardware.memory_bytes = members.bytes("memory_bytes");
  if (const uint64_t limit = members.bytes("memory_limit_bytes"); limit > 0)
    hardware.memory_limit_bytes = limit;
  for (const Json& entry : members.list("gpus")) {
    const Members gpu(entry, origin, fmt::format("hardware.gpus[{}]", hardware.gpus.size()));
    hardware.gpus.push_back({gpu.text("vendor"), gpu.text("name"), gpu.bytes("memory_bytes"),
                             gpu.text("driver"), gpu.text("compute_capability")});
  }
  return hardware;
}

}  // namespace vidbench::resources
