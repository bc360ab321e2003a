#include "resources/doctor.h"

#include "resources/isolation.h"

namespace vidbench::resources {
namespace {

Json known(const std::string& text) { return text.empty() ? Json() : Json(text); }

Json to_json(const std::vector<Finding>& findings) {
  Json list = Json::array();
  for (const Finding& finding : findings)
    list.push_back({{"name", finding.name},
                    {"purpose", finding.purpose},
                    {"available", finding.available},
                    {"version", known(finding.version)},
                    {"reason", finding.available ? Json() : Json(finding.detail)},
                    {"detail", finding.available ? known(finding.detail) : Json()},
                    {"remedy", known(finding.remedy)}});
  return list;
}

}  // namespace

Diagnosis diagnose() { return {probe_hardware(), find_programs(), find_isolation()}; }

Json to_json(const Diagnosis& diagnosis) {
  return {{"schema", "vidbench.doctor/1"},
          {"hardware", to_json(diagnosis.hardware)},
          {"programs", to_json(diagnosis.programs)},
          {"isolation", to_json(diagnosis.isolation)}};
}

}  // namespace vidbench::resources
