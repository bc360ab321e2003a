// Generated videos by content address: what was generated once is never generated again.
#pragma once

#include <filesystem>
#include <optional>
#include <string>

#include "store/records.h"

namespace vidbench::engine {

// Layout: <root>/videos/<key[0:2]>/<key>.<ext> beside <key>.json (the GeneratedVideo), and
// <root>/models/<digest>.json (what the model's worker reported when it was last loaded). Safe for several
// processes: entries appear by rename and never change. Thread-safe.
class VideoCache {
 public:
  explicit VideoCache(std::filesystem::path root) : root_(std::move(root)) {}

  // The entry, with from_cache set, when its video is there with the recorded digest; a damaged entry is
  // dropped.
  [[nodiscard]] std::optional<store::GeneratedVideo> find(const std::string& key) const;
  // Whether find() would look at an entry: cheap, its content is not checked.
  [[nodiscard]] bool contains(const std::string& key) const;
  // Moves `video.path` into the cache, fills path and sha256, and returns the entry.
  [[nodiscard]] store::GeneratedVideo insert(const std::string& key, store::GeneratedVideo video) const;

  // The facts that go with cached videos of the model with this content digest; nothing when there are none
  // that can be read. Their `model` is left empty.
  [[nodiscard]] std::optional<store::ModelFacts> find_facts(const std::string& model_digest) const;
  void insert_facts(const std::string& model_digest, const store::ModelFacts& facts) const;

 private:
  [[nodiscard]] std::filesystem::path facts_path(const std::string& model_digest) const;
  [[nodiscard]] std::filesystem::path stem(const std::string& key) const;
  std::filesystem::path root_;
};

// Makes `link` name the same content as `target`: a hard link where possible, else a copy.
void link_or_copy(const std::filesystem::path& target, const std::filesystem::path& link);

}  // namespace vidbench::engine
