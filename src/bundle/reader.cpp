#include "bundle/reader.h"

#include <fmt/format.h>

#include <array>
#include <set>

#include "base/error.h"
#include "base/hash.h"
#include "base/strings.h"
#include "bundle/member.h"

namespace vidbench::bundle {
namespace {

constexpr std::string_view kVideos = "videos/";
constexpr size_t kMaxTextBytes = size_t{256} << 20;  // manifest.json, leaderboard.json

void check_manifest(const store::RunRecord& run, const Index& index, const std::string& where) {
  const Json& manifest = run.manifest;
  if (const auto schema = member<std::string>(manifest, "schema", where); schema != "vidbench.manifest/1")
    throw_input(fmt::format("{}: schema '{}' is not vidbench.manifest/1", where, one_line(schema)));
  const Json suite = member<Json>(manifest, "suite", where);
  if (run.id != index.run || member<std::string>(suite, "id", where) != run.suite ||
      member<std::string>(suite, "digest", where) != run.suite_digest ||
      index.suite_digest != run.suite_digest)
    throw_input(
        fmt::format("{}: {}, {} and it speak of different runs or suites", where, kIndexName, kResultsName));
  const Json models = member<Json>(manifest, "models", where),
             metrics = member<Json>(manifest, "metrics", where);
  if (!models.is_array() || !metrics.is_array())
    throw_input(where + ": 'models' and 'metrics' are not both lists");
  for (const Json& model : models) {
    (void)member<std::string>(model, "id", where);
    (void)member<std::string>(model, "digest", where);
  }
  for (const Json& metric : metrics) {
    (void)member<std::string>(metric, "id", where);
    try {
      (void)store::metric_info_from_json(metric);
    } catch (const Error& e) {
      throw_input(fmt::format("{}: {}", where, e.what()));
    }
  }
  if (!index.prompts && has_private_prompts(manifest))
    throw_input(
        fmt::format("{}: it has prompts of a private suite, which {} does not admit", where, kIndexName));
}

class Reader {
 public:
  Reader(ArchiveReader& archive, const ReaderLimits& limits, const FileSink& sink,
         const std::stop_token& stop)
      : archive_(archive),
        limits_(limits),
        sink_(sink),
        stop_(stop),
        results_(fmt::format("{}: {}", archive.origin(), kResultsName)) {}

  Content run(const IndexCheck& check) {
    read_index();
    check(content_.index);
    for (const File& file : content_.index.files) take(file);
    if (const auto more = archive_.next())
      fail(fmt::format("entry '{}' is not listed in {}", one_line(more->name), kIndexName));
    finish();
    return std::move(content_);
  }

 private:
  [[noreturn]] void fail(const std::string& what) const {
    throw_input(fmt::format("{}: {}", archive_.origin(), what), "fetch or export the bundle again");
  }

  void read_index() {
    const auto entry = archive_.next();
    if (!entry || entry->name != kIndexName)
      throw_input(fmt::format("{}: its first file is not {}", archive_.origin(), kIndexName),
                  "vidbench export RUN --bundle FILE makes bundles");
    if (entry->bytes > kMaxIndexBytes) fail(fmt::format("{} of {} bytes", kIndexName, entry->bytes));
    content_.index_text = read_text(entry->bytes);
    content_.index = parse_index(content_.index_text, fmt::format("{}: {}", archive_.origin(), kIndexName));
    if (content_.index.total_bytes() > limits_.max_bytes)
      throw_input(fmt::format("{}: unpacked it has {}, more than {}", archive_.origin(),
                              human_bytes(content_.index.total_bytes()), human_bytes(limits_.max_bytes)),
                  "raise the limit with --max-bytes if you trust where it comes from");
  }

  std::string read_text(uint64_t bytes) {
    std::string text;
    each_piece(bytes, [&](std::string_view piece) { text += piece; });
    return text;
  }

  // Calls `take` with exactly `bytes` bytes of the entry, in pieces.
  template <typename Take>
  void each_piece(uint64_t bytes, Take take) {
    uint64_t left = bytes;
    while (const size_t count = archive_.read(block_)) {
      if (stop_.stop_requested()) throw Error(ErrorCode::kInterrupted, "interrupted: nothing was imported");
      if (count > left) fail("an entry is longer than it declares");
      left -= count;
      take(std::string_view(block_.data(), count));
    }
    if (left > 0) fail("an entry is shorter than it declares");
  }

  void take(const File& file) {
    const auto entry = archive_.next();
    if (!entry) fail(fmt::format("{} is missing", file.name));
    if (entry->name != file.name)
      fail(fmt::format("entry '{}' instead of {}", one_line(entry->name), file.name));
    if (entry->bytes != file.bytes)
      fail(fmt::format("{} has {} bytes, {} says {}", file.name, entry->bytes, kIndexName, file.bytes));
    Sha256 hash;
    std::string text;
    const auto take_piece = destination(file, text);
    each_piece(file.bytes, [&](std::string_view piece) {
      hash.update(piece);
      take_piece(piece);
    });
    if (const std::string found = hash.hex(); found != file.sha256)
      fail(fmt::format("{} has sha256 {:.12}…, {} says {:.12}…", file.name, found, kIndexName, file.sha256));
    complete(file, std::move(text));
  }

  // Where the bytes of the file go while it is not known yet whether they are the right ones.
  std::function<void(std::string_view)> destination(const File& file, std::string& text) {
    if (file.name == kResultsName) {
      keep_in_memory(file);
      return [this](std::string_view piece) { results_.feed(piece); };
    }
    if (file.name == kReportName) return [](std::string_view) {};  // made anew from the records
    if (is_kept_as_text(file)) {
      if (!file.name.starts_with("references/") && file.bytes > kMaxTextBytes)
        fail(fmt::format("{} of {}", file.name, human_bytes(file.bytes)));
      check_reference_size(file);
      keep_in_memory(file);
      return [&text](std::string_view piece) { text += piece; };
    }
    return [this, &file](std::string_view piece) {
      if (!piece.empty()) sink_(file, piece);
    };
  }

  static bool is_kept_as_text(const File& file) {
    return file.name == kManifestName || file.name == kLeaderboardName ||
           file.name.starts_with("references/");
  }

  void check_reference_size(const File& file) const {
    if (!file.name.starts_with("references/")) return;
    const auto known = results_.reference_bytes().find(file.name);
    if (known == results_.reference_bytes().end() || known->second != file.bytes)
      fail(fmt::format("{} is not what {} says of it", file.name, kResultsName));
  }

  void keep_in_memory(const File& file) {
    in_memory_ += file.bytes;
    if (in_memory_ > limits_.max_memory_bytes)
      fail(fmt::format("its records take more than {}", human_bytes(limits_.max_memory_bytes)));
  }

  void complete(const File& file, std::string text) {
    if (file.name == kManifestName)
      content_.manifest_text = std::move(text);
    else if (file.name == kLeaderboardName)
      content_.leaderboard = std::move(text);
    else if (file.name.starts_with("references/"))
      results_.take_reference(file.name, text);
    else if (file.name == kResultsName)
      results_.end();
    else if (file.name != kReportName)
      sink_(file, "");
    if (file.name.starts_with(kVideos)) digests_[file.name] = file.sha256;
  }

  void finish() {
    content_.run = results_.finish();
    const std::string where = fmt::format("{}: {}", archive_.origin(), kManifestName);
    content_.run.run.manifest = parse_foreign(content_.manifest_text, where);
    check_manifest(content_.run.run, content_.index, where);
    check_models();
    pair_videos();
  }

  void check_models() const {
    std::set<std::string> known;
    for (const Json& model : content_.run.run.manifest["models"]) known.insert(model["id"]);
    const auto require = [&](const std::string& model) {
      if (!known.contains(model))
        fail(fmt::format("{}: model '{}' is not in the manifest", kResultsName, one_line(model)));
    };
    for (const auto& sample : content_.run.samples) require(sample.model);
    for (const auto& facts : content_.run.facts) require(facts.model);
  }

  // Each video of the bundle is one that a sample was measured on.
  void pair_videos() {
    std::map<std::string, const store::SampleRecord*> samples;
    for (const auto& sample : content_.run.samples)
      if (sample.video) samples[sample.id] = &sample;
    for (const auto& [name, digest] : digests_) {
      const std::string file = name.substr(kVideos.size());
      auto sample = samples.find(file);
      if (sample == samples.end()) sample = samples.find(file.substr(0, file.rfind('.')));
      if (sample == samples.end()) fail(name + " is the video of no sample");
      if (sample->second->video->sha256 != digest) fail(name + " is not the video that was measured");
      if (!content_.videos.emplace(sample->first, name).second) fail(name + ": a second video of its sample");
    }
  }

  ArchiveReader& archive_;
  const ReaderLimits& limits_;
  const FileSink& sink_;
  const std::stop_token& stop_;
  ResultsReader results_;
  Content content_;
  std::map<std::string, std::string> digests_;  // of videos, by name
  uint64_t in_memory_ = 0;
  std::array<char, size_t{1} << 18> block_{};
};

}  // namespace

Content read_bundle(ArchiveReader& archive, const ReaderLimits& limits, const IndexCheck& check,
                    const FileSink& sink, const std::stop_token& stop) {
  // Its buffer is large for a stack.
  return std::make_unique<Reader>(archive, limits, sink, stop)->run(check);
}

}  // namespace vidbench::bundle
