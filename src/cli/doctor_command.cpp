// vidbench doctor: what this machine has, and what is missing on it.
#include <fmt/format.h>

#include "base/log.h"
#include "base/strings.h"
#include "cli/context.h"
#include "cli/output.h"
#include "resources/doctor.h"

namespace vidbench::cli {
namespace {

using resources::Finding;
using resources::Gpu;
using resources::Hardware;

std::string size(uint64_t bytes) { return bytes > 0 ? human_bytes(bytes) : "not known"; }

std::string describe(const Gpu& gpu) {
  std::string text = size(gpu.memory_bytes);
  if (!gpu.driver.empty()) text += ", driver " + gpu.driver;
  if (!gpu.compute_capability.empty()) text += ", compute capability " + gpu.compute_capability;
  return text;
}

report::Table device_table(const Hardware& hardware) {
  report::Table table;
  table.columns = {{"device"}, {"what"}, {"detail"}};
  table.rows.push_back(
      {{"CPU"}, {hardware.cpu}, {fmt::format("{} cores, {}", hardware.cores, hardware.kernel)}});
  std::string limit;
  if (hardware.memory_limit_bytes) limit = human_bytes(*hardware.memory_limit_bytes) + " for this process";
  table.rows.push_back({{"memory"}, {size(hardware.memory_bytes)}, {limit}});
  for (const Gpu& gpu : hardware.gpus) table.rows.push_back({{"GPU"}, {gpu.name}, {describe(gpu)}});
  if (hardware.gpus.empty()) table.rows.push_back({{"GPU"}, {"none", report::Emphasis::kDim}, {""}});
  for (const resources::Disk& disk : hardware.disks)
    table.rows.push_back(
        {{"disk"},
         {fmt::format("{}: {}", disk.use, config::home_as_tilde(disk.path))},
         {fmt::format("{} free of {}", human_bytes(disk.free_bytes), human_bytes(disk.total_bytes))}});
  return table;
}

report::Table finding_table(const std::string& what, const std::vector<Finding>& findings) {
  report::Table table;
  table.columns = {{what}, {"there"}, {"version"}, {"for", false, 2}, {"where, or why not", false, 1}};
  for (const Finding& finding : findings)
    table.rows.push_back({{finding.name},
                          {finding.available ? "yes" : "no",
                           finding.available ? report::Emphasis::kGood : report::Emphasis::kBad},
                          {finding.version},
                          {finding.purpose},
                          {finding.available ? config::home_as_tilde(finding.detail) : finding.detail}});
  return table;
}

// All of it in one table, for files.
report::Table whole_table(const resources::Diagnosis& diagnosis) {
  report::Table table;
  table.columns = {{"kind"}, {"name"}, {"there"}, {"version"}, {"detail"}, {"remedy"}};
  for (const auto& row : device_table(diagnosis.hardware).rows)
    table.rows.push_back({row[0], row[1], {"yes"}, {""}, row[2], {""}});
  for (const auto& [kind, findings] :
       {std::pair{"program", &diagnosis.programs}, {"isolation", &diagnosis.isolation}})
    for (const Finding& finding : *findings)
      table.rows.push_back({{kind},
                            {finding.name},
                            {finding.available ? "yes" : "no"},
                            {finding.version},
                            {finding.detail},
                            {finding.remedy}});
  return table;
}

void tell_remedies(const std::vector<Finding>& findings) {
  for (const Finding& finding : findings)
    if (!finding.remedy.empty()) log_info(fmt::format("{}: {}", finding.name, finding.remedy));
}

std::string text_of(const resources::Diagnosis& diagnosis) {
  std::string text;
  for (const report::Table& table :
       {device_table(diagnosis.hardware), finding_table("program", diagnosis.programs),
        finding_table("isolation", diagnosis.isolation)})
    text += report::draw_terminal(table, stdout_style()).text;
  return text;
}

void doctor(const Output& output) {
  log_info("looking at devices and programs …");
  const resources::Diagnosis diagnosis = resources::diagnose();
  output.show({.title = "What this machine has",
               .document = [&] { return resources::to_json(diagnosis); },
               .table = [&](bool) { return whole_table(diagnosis); },
               .own = {{"table", [&] { return text_of(diagnosis); }}}});
  if (!output.is_table()) return;
  for (const std::string& note : diagnosis.hardware.notes) log_warning(note);
  log_info("The way to get what is missing:");
  tell_remedies(diagnosis.programs);
  tell_remedies(diagnosis.isolation);
}

}  // namespace

void add_doctor_command(CLI::App& app, Context&) {
  auto output = std::make_shared<Output>();
  CLI::App* command = app.add_subcommand("doctor", "what this machine has, and what is missing on it");
  add_output_options(*command, *output);
  command->callback([output] { doctor(*output); });
}

}  // namespace vidbench::cli
