#include "bundle/export.h"

#include <fmt/format.h>

#include <algorithm>
#include <fstream>
#include <functional>

#include "base/error.h"
#include "base/hash.h"
#include "base/strings.h"
#include "base/url.h"
#include "bundle/archive.h"
#include "bundle/results.h"
#include "engine/manifest.h"
#include "engine/previews.h"
#include "engine/run.h"

namespace vidbench::bundle {
namespace fs = std::filesystem;
namespace {

using Sink = std::function<void(std::string_view)>;

void require_going_on(const std::stop_token& stop) {
  if (stop.stop_requested()) throw Error(ErrorCode::kInterrupted, "interrupted: no bundle was written");
}

void read_file_to(const fs::path& path, const std::stop_token& stop, const Sink& sink) {
  std::ifstream file(path, std::ios::binary);
  if (!file) throw_input("cannot read " + path.string());
  std::string block(size_t{1} << 20, '\0');
  while (file.read(block.data(), static_cast<std::streamsize>(block.size())) || file.gcount() > 0) {
    require_going_on(stop);
    sink(std::string_view(block).substr(0, static_cast<size_t>(file.gcount())));
  }
  if (file.bad()) throw_input(fmt::format("cannot read {} to its end", path.string()));
}

// A file of the bundle and where its bytes come from; it is read twice, for its digest and for the archive.
struct Source {
  File file;
  std::function<void(const Sink&)> read;
};

void measure(Source& source) {
  Sha256 hash;
  source.read([&](std::string_view bytes) {
    hash.update(bytes);
    source.file.bytes += bytes.size();
  });
  source.file.sha256 = hash.hex();
}

class Collector {
 public:
  Collector(store::RunContent content, const ExportOptions& options, std::stop_token stop)
      : content_(std::move(content)), options_(options), stop_(std::move(stop)) {}

  void add_text(const std::string& name, const std::string& text) {
    add(name, [text](const Sink& sink) { sink(text); });
  }

  void add_records() {
    const ResultsOptions results{options_.logs, is_public(content_.run.manifest)};
    add(kResultsName, [this, results](const Sink& sink) { write_results(content_, results, sink); });
    size_t index = 0;
    for (const auto& [key, features] : content_.references)
      add(reference_name(index++), [&features = features](const Sink& sink) {
        const auto bytes = std::as_bytes(std::span(features.data));
        sink({reinterpret_cast<const char*>(bytes.data()), bytes.size()});
      });
  }

  void add_videos() {
    if (options_.videos != Videos::kAll) return;
    for (const store::SampleRecord& sample : content_.samples) {
      if (!sample.video) continue;
      const fs::path path = sample.video->path;
      std::error_code ec;
      if (!fs::is_regular_file(path, ec)) {
        left_out_.push_back(fmt::format("{}: its video is not there any more", sample.id));
        continue;
      }
      const std::string extension = path.extension().string();
      const std::string name = fmt::format("videos/{}{}", sample.id, extension);
      add_file(is_allowed_name(name) ? name : "videos/" + sample.id, path);
      if (sources_.back().file.sha256 == sample.video->sha256) continue;
      left_out_.push_back(fmt::format("{}: {} is not the video that was measured", sample.id, path.string()));
      sources_.pop_back();
    }
  }

  void add_previews(bool with_text) {
    if (options_.videos == Videos::kNone) return;
    Json list = Json::array();
    for (const engine::Preview& preview : engine::read_previews(content_.run.directory)) {
      const std::string file = preview.file.filename().string();
      if (!is_allowed_name("previews/" + file)) continue;
      list.push_back({{"model", preview.model},
                      {"prompt_ref", preview.prompt_ref},
                      {"seed", preview.seed},
                      {"file", file},
                      {"prompt_text", with_text ? preview.prompt_text : ""}});
      add_file("previews/" + file, preview.file);
    }
    if (!list.empty()) add_text("previews/index.json", list.dump(1));
  }

  void add_logs() {
    const fs::path folder = fs::path(content_.run.directory) / "logs";
    std::error_code ec;
    if (!options_.logs || !fs::is_directory(folder, ec)) return;
    std::vector<fs::path> files;
    for (const auto& entry : fs::directory_iterator(folder))
      if (entry.is_regular_file() && !entry.is_symlink()) files.push_back(entry.path());
    std::sort(files.begin(), files.end());
    for (const fs::path& file : files)
      if (const std::string name = "logs/" + percent_encode(file.filename().string(), "@+%");
          is_allowed_name(name))
        add_file(name, file);
  }

  [[nodiscard]] const store::RunContent& content() const { return content_; }
  [[nodiscard]] const std::vector<Source>& sources() const { return sources_; }
  [[nodiscard]] std::vector<std::string>& left_out() { return left_out_; }

 private:
  void add(const std::string& name, std::function<void(const Sink&)> read) {
    require_going_on(stop_);
    sources_.push_back({{name, "", 0}, std::move(read)});
    measure(sources_.back());
  }
  void add_file(const std::string& name, const fs::path& path) {
    add(name, [path, this](const Sink& sink) { read_file_to(path, stop_, sink); });
  }

  store::RunContent content_;
  ExportOptions options_;
  std::stop_token stop_;
  std::vector<Source> sources_;
  std::vector<std::string> left_out_;
};

void write_archive(const fs::path& target, const std::string& index, const std::vector<Source>& sources) {
  ArchiveWriter writer(target);
  writer.begin(kIndexName, index.size());
  writer.write(index);
  for (const Source& source : sources) {
    writer.begin(source.file.name, source.file.bytes);
    Sha256 hash;
    uint64_t left = source.file.bytes;
    source.read([&](std::string_view bytes) {
      if (bytes.size() > left) throw_input(source.file.name + " changed while it was read", "export again");
      left -= bytes.size();
      hash.update(bytes);
      writer.write(bytes);
    });
    if (left > 0 || hash.hex() != source.file.sha256)
      throw_input(source.file.name + " changed while it was read", "export again");
  }
  writer.finish();
}

Index make_index(const store::RunContent& content, const ExportOptions& options, bool prompts) {
  Index index;
  index.vidbench = engine::kVersion;
  index.run = content.run.id;
  index.suite_digest = content.run.suite_digest;
  index.videos = options.videos == Videos::kAll        ? "all"
                 : options.videos == Videos::kPreviews ? "previews"
                                                       : "none";
  index.logs = options.logs;
  index.prompts = prompts;
  index.models = Json::array();
  const auto models = content.run.manifest.find("models");
  if (models != content.run.manifest.end() && models->is_array())
    for (const Json& model : *models)
      index.models.push_back({{"id", model.value("id", "")}, {"digest", model.value("digest", "")}});
  return index;
}

}  // namespace

Export export_bundle(store::Store& store, const std::string& run, const ExportOptions& options,
                     const std::vector<std::pair<std::string, std::string>>& texts, const fs::path& target,
                     const std::stop_token& stop) {
  store::RunContent content = store.export_run(run);
  if (engine::run_is_active(content.run.directory))
    throw_input(fmt::format("run {} is in progress", run), "wait for its end, or stop it first");
  const bool with_private = options.prompts && has_private_prompts(content.run.manifest);
  const bool stripped = !with_private && has_private_prompts(content.run.manifest);
  if (stripped) content.run.manifest.erase("prompts");
  Export result;
  result.index = make_index(content, options, with_private);
  Collector collector(std::move(content), options, stop);
  collector.add_text(kManifestName, document(collector.content().run.manifest) + "\n");
  collector.add_records();
  for (const auto& [name, text] : texts) collector.add_text(name, text);
  collector.add_previews(!stripped);
  collector.add_videos();
  collector.add_logs();
  for (const Source& source : collector.sources()) result.index.files.push_back(source.file);
  write_archive(target, document(to_json(result.index)) + "\n", collector.sources());
  result.left_out = std::move(collector.left_out());
  return result;
}

}  // namespace vidbench::bundle
