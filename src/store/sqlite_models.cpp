#include "store/sqlite_models.h"

#include <algorithm>
#include <cstdlib>
#include <map>

namespace vidbench::store {
namespace {

// "cuda:1" → 1
size_t device_index(const std::string& device) {
  const size_t colon = device.find(':');
  return colon == std::string::npos ? 0 : std::strtoul(device.c_str() + colon + 1, nullptr, 10);
}

// Columns first … first + 7.
PeakMemory peak_from_row(const Statement& row, int first) {
  PeakMemory peak;
  peak.run = row.text(first);
  peak.bytes = static_cast<uint64_t>(row.integer(first + 1));
  peak.frames = static_cast<int>(row.integer(first + 2));
  peak.height = static_cast<int>(row.integer(first + 3));
  peak.width = static_cast<int>(row.integer(first + 4));
  peak.device = row.text(first + 5);
  peak.dtype = row.text(first + 6);
  peak.machine = machine_name(Json::parse(row.text(first + 7), nullptr, false), peak.device);
  return peak;
}

}  // namespace

std::string machine_name(const Json& hardware, const std::string& device) {
  if (!hardware.is_object()) return "";
  const auto text = [](const Json& value) { return value.is_string() ? value.get<std::string>() : ""; };
  if (device.starts_with("cpu")) return hardware.contains("cpu") ? text(hardware["cpu"]) : "";
  if (!device.starts_with("cuda") || !hardware.contains("gpus") || !hardware["gpus"].is_array()) return "";
  const Json& gpus = hardware["gpus"];
  const size_t index = device_index(device);
  return index < gpus.size() ? text(gpus[index]) : "";
}

void insert_run_models(Database& db, const std::string& run) {
  db.prepare(
        "INSERT OR IGNORE INTO run_models (run, model, base, digest, entry, hardware) "
        "SELECT r.id, m.value ->> 'id', coalesce(m.value ->> 'base', m.value ->> 'id'), "
        "coalesce(m.value ->> 'digest', ''), coalesce(m.value ->> 'entry', ''), "
        "coalesce(r.manifest -> 'hardware', '{}') FROM runs r, json_each(r.manifest, '$.models') m "
        "WHERE r.id = ? AND m.type = 'object' AND m.value ->> 'id' IS NOT NULL")
      .bind(run)
      .execute();
}

void update_facts(Database& db, const std::string& run, const ModelFacts& facts) {
  db.prepare("UPDATE run_models SET device = ?, dtype = ?, weights_sha256 = ? WHERE run = ? AND model = ?")
      .bind(facts.device)
      .bind(facts.dtype)
      .bind(facts.weights_sha256)
      .bind(run)
      .bind(facts.model)
      .execute();
}

void raise_peaks(Database& db, const std::string& run, std::span<const SampleRecord> samples) {
  std::map<std::string, const GeneratedVideo*> largest;
  for (const SampleRecord& sample : samples) {
    if (!sample.video) continue;
    const GeneratedVideo*& known = largest[sample.model];
    if (known == nullptr || known->peak_memory_bytes < sample.video->peak_memory_bytes)
      known = &*sample.video;
  }
  Statement update = db.prepare(
      "UPDATE run_models SET peak_memory_bytes = ?1, frames = ?2, height = ?3, width = ?4 "
      "WHERE run = ?5 AND model = ?6 AND peak_memory_bytes < ?1");
  for (const auto& [model, video] : largest)
    update.bind(video->peak_memory_bytes)
        .bind(video->frames)
        .bind(video->height)
        .bind(video->width)
        .bind(run)
        .bind(model)
        .execute();
}

std::vector<MeasuredModel> read_memory_peaks(Database& db, const std::string& model) {
  std::vector<MeasuredModel> all;
  // SQLite takes the columns beside max() from the row that has it; the inner query needs the index alone.
  const std::string sql =
      "SELECT p.base, p.entry, m.run, p.peak, m.frames, m.height, m.width, p.device, p.dtype, m.hardware "
      "FROM "
      "(SELECT base, entry, device, dtype, run, model, max(peak_memory_bytes) AS peak FROM run_models "
      "WHERE peak_memory_bytes > 0 " +
      std::string(model.empty() ? "" : "AND base = ? ") +
      "GROUP BY base, entry, device, dtype) p JOIN run_models m ON m.run = p.run AND m.model = p.model "
      "ORDER BY p.base, p.entry, p.peak DESC";
  Statement query = db.prepare(sql);
  if (!model.empty()) query.bind(model);
  while (query.step()) all.push_back({query.text(0), query.text(1), peak_from_row(query, 2)});
  return all;
}

std::vector<ModelInRun> read_model_runs(Database& db, const std::string& model) {
  std::vector<ModelInRun> all;
  Statement query = db.prepare(
      "SELECT m.run, m.peak_memory_bytes, m.frames, m.height, m.width, m.device, m.dtype, m.hardware, "
      "m.model, m.digest, m.entry, m.weights_sha256, r.suite, r.suite_digest, r.state, r.created_at, "
      "r.imported_from, count(s.id), count(s.id) FILTER (WHERE s.state = 'evaluated'), "
      "count(s.id) FILTER (WHERE s.state = 'failed') "
      "FROM run_models m JOIN runs r ON r.id = m.run LEFT JOIN samples s ON s.run = m.run AND s.model = "
      "m.model "
      "WHERE m.base = ? GROUP BY m.run, m.model ORDER BY r.created_at DESC, m.run, m.model");
  query.bind(model);
  while (query.step()) {
    ModelInRun& one = all.emplace_back();
    one.peak = peak_from_row(query, 0);
    int column = 8;
    for (std::string* text : {&one.model, &one.digest, &one.entry, &one.weights_sha256, &one.suite,
                              &one.suite_digest, &one.state, &one.created_at, &one.imported_from})
      *text = query.text(column++);
    for (size_t* count : {&one.planned, &one.evaluated, &one.failed})
      *count = static_cast<size_t>(query.integer(column++));
  }
  return all;
}

}  // namespace vidbench::store
