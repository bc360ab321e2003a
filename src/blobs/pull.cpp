#include "blobs/pull.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <set>

#include "base/error.h"
#include "base/hash.h"
#include "base/log.h"
#include "base/strings.h"
#include "base/time.h"
#include "blobs/blob_fetch.h"
#include "blobs/choose_files.h"
#include "blobs/collect.h"
#include "blobs/file_lock.h"
#include "blobs/hub.h"
#include "blobs/hub_cache.h"

namespace vidbench::blobs {
namespace fs = std::filesystem;
namespace {

fs::path within(const fs::path& snapshot, const Reference& reference) {
  return reference.path.empty() ? snapshot : snapshot / reference.path;
}

class Pull {
 public:
  Pull(const Store& store, const Reference& reference, const PullOptions& options,
       const std::stop_token& stop)
      : store_(store), reference_(reference), options_(options), stop_(stop) {}

  Pulled run() {
    if (auto found = look()) return *found;
    if (options_.offline)
      throw_environment(fmt::format("{} is neither in the store {} nor in the Hugging Face cache {}, and "
                                    "vidbench is offline",
                                    reference_.text(), store_.root().string(), hub_cache().string()),
                        "without --offline and VIDBENCH_OFFLINE it is fetched");
    store_.make_folders();
    const FileLock lock(
        store_.parts() / fmt::format("pull-{}.lock", sha256_hex(reference_.key()).substr(0, 16)), stop_,
        [](const fs::path& path) {
          log_info("waiting for another vidbench that holds " + path.string() + " …");
        });
    if (auto found = look()) return *found;  // by that other one
    Manifest manifest;
    try {
      manifest = ask();
    } catch (const Error& e) {
      const bool unreachable = e.code() == ErrorCode::kEnvironment && !options_.update;
      const auto found = unreachable ? look_in_cache() : std::nullopt;
      if (!found) throw;
      log_warning(fmt::format("{}; the Hugging Face cache is taken as it is", e.what()));
      return *found;
    }
    if (is_in_place(manifest))
      return {Pulled::How::kInPlace, within(*cached_snapshot(), reference_), std::nullopt, manifest.bytes(),
              0};
    return fetch(manifest);
  }

  // The blobs alone.
  uint64_t restore(Manifest manifest) {
    if (options_.offline && !store_.is_complete(manifest))
      throw_environment(fmt::format("{} is not complete, and vidbench is offline", reference_.text()));
    store_.make_folders();
    Lease lease(store_);
    lease.claim(manifest);
    make_room(manifest);
    return bring(manifest, lease);
  }

 private:
  std::optional<Pulled> look() const {
    if (options_.update) return std::nullopt;
    const auto manifest = store_.read_manifest(reference_);
    if (manifest && store_.is_complete(*manifest)) {
      if (!store_.find(reference_)) {  // the folder is gone
        const StoreLock lock(store_, StoreLock::Kind::kClaim);
        store_.publish(*manifest);
      }
      store_.touch(reference_);
      return Pulled{Pulled::How::kAlreadyThere,
                    within(store_.snapshot(reference_, manifest->commit), reference_), manifest,
                    manifest->bytes(), 0};
    }
    return options_.offline ? look_in_cache() : std::nullopt;
  }

  // As far as the cache tells by itself.
  [[nodiscard]] std::optional<Pulled> look_in_cache() const {
    const auto snapshot = cached_snapshot();
    std::error_code ec;
    if (!snapshot || !fs::exists(within(*snapshot, reference_), ec)) return std::nullopt;
    if (!is_whole(*snapshot, reference_))
      log_warning(fmt::format("{}: whether {} is complete only the hub could tell", reference_.text(),
                              snapshot->string()));
    return Pulled{Pulled::How::kInPlace, within(*snapshot, reference_), std::nullopt, 0, 0};
  }

  [[nodiscard]] std::optional<fs::path> cached_snapshot() const {
    return hub_snapshot(hub_cache(), reference_.repository, reference_.revision);
  }

  // The list of files, from the first mirror that has it or from the hub.
  Manifest ask() {
    for (const Mirror& mirror : mirrors_.list()) {
      if (mirror.failed) continue;  // the hub knows better
      if (auto manifest = ask_mirror(mirror)) return *manifest;
    }
    return ask_hub();
  }

  std::optional<Manifest> ask_mirror(const Mirror& mirror) {
    const std::string url = mirror.manifest(reference_);
    const TextAnswer answer = get_text(url, "", options_.transfer.stall_s, stop_);
    const bool failed = !answer.problem.empty() && (answer.status < 400 || answer.status >= 500);
    mirrors_.note(mirror, failed);
    if (failed) log_warning(fmt::format("{}: {}", url, answer.problem));
    if (!answer.problem.empty()) return std::nullopt;
    try {
      Manifest manifest = parse_manifest(answer.text, url);
      if (manifest.reference.key() == reference_.key()) return manifest;
      log_warning(fmt::format("{} is a manifest of {}", url, manifest.reference.key()));
    } catch (const Error& e) {
      log_warning(e.what());
    }
    mirrors_.note(mirror, true);
    return std::nullopt;
  }

  Manifest ask_hub() {
    const double stall_s = options_.transfer.stall_s;
    // What the cache has begun is completed, wherever the branch leads by now.
    Reference asked = reference_;
    const auto begun = options_.update ? std::nullopt : cached_snapshot();
    if (begun && is_hex(begun->filename().string(), 40)) asked.revision = begun->filename().string();
    const HubListing listing = hub_.list(asked, stall_s, stop_);
    std::vector<std::string> components;
    const bool pipeline = reference_.path.empty() &&
                          std::any_of(listing.files.begin(), listing.files.end(),
                                      [](const HubFile& file) { return file.path == "model_index.json"; });
    if (pipeline)
      components = read_components(hub_.read(reference_, listing.commit, "model_index.json", stall_s, stop_),
                                   reference_.repository + "/model_index.json");
    Manifest manifest{reference_, listing.commit, now_rfc3339(), {}};
    for (const HubFile& file : choose_files(listing, reference_, components))
      manifest.files.push_back({file.path, file.sha256, file.bytes,
                                hub_.address(reference_.repository, listing.commit, file.path), file.git_sha1,
                                is_pickled(file.path)});
    if (manifest.files.empty())
      throw_environment(fmt::format("{} has no files to load", reference_.text()),
                        "is the path right? see " + hub_endpoint() + "/" + reference_.repository);
    return manifest;
  }

  [[nodiscard]] fs::path cached(const Manifest& manifest, const ManifestFile& file) const {
    const auto snapshot = hub_snapshot(hub_cache(), reference_.repository, manifest.commit);
    return snapshot ? *snapshot / file.path : fs::path();
  }

  // Whether the cache's folder that a run finds holds all the files, by their sizes.
  [[nodiscard]] bool is_in_place(const Manifest& manifest) const {
    const auto snapshot = cached_snapshot();
    if (!snapshot || snapshot->filename() != manifest.commit) return false;
    return std::all_of(manifest.files.begin(), manifest.files.end(), [&](const ManifestFile& file) {
      std::error_code ec;
      return fs::file_size(*snapshot / file.path, ec) == file.bytes && !ec;
    });
  }

  Pulled fetch(Manifest& manifest) {
    Lease lease(store_);
    know_small_files(manifest);
    for (const ManifestFile& file : manifest.files)
      if (!file.sha256.empty()) lease.claim_blob(file.sha256);
    make_room(manifest);
    const uint64_t fetched = bring(manifest, lease);
    lease.claim(manifest);
    store_.publish(manifest);
    return {Pulled::How::kFetched, within(store_.snapshot(reference_, manifest.commit), reference_), manifest,
            manifest.bytes(), fetched};
  }

  // Digests of small files that another revision of the repository has, too.
  void know_small_files(Manifest& manifest) const {
    std::map<std::string, std::string> known;
    for (const StoredManifest& stored : store_.manifests())
      if (stored.manifest.reference.repository == reference_.repository)
        for (const ManifestFile& file : stored.manifest.files)
          if (!file.git_sha1.empty()) known[file.git_sha1] = file.sha256;
    for (ManifestFile& file : manifest.files)
      if (const auto found = known.find(file.git_sha1); file.sha256.empty() && found != known.end())
        file.sha256 = found->second;
  }

  void make_room(const Manifest& manifest) const {
    uint64_t missing = 0, begun = 0;
    std::set<std::string> counted;
    std::error_code ec;
    for (const ManifestFile& file : manifest.files) {
      const std::string name = file.sha256.empty() ? "git-" + file.git_sha1 : file.sha256;
      if (store_.has_blob(file.sha256, file.bytes) || !counted.insert(name).second) continue;
      missing += file.bytes;
      if (const uint64_t there = fs::file_size(store_.parts() / (name + ".ranges"), ec); !ec)
        begun += std::min(there, file.bytes);
    }
    if (missing == 0) return;
    if (options_.max_bytes) make_room_within(*options_.max_bytes, missing);
    require_space(store_.root(), missing - begun, reference_.text());
  }

  void make_room_within(uint64_t most, uint64_t missing) const {
    const char* hint = "raise VIDBENCH_STORE_QUOTA, or forget models: vidbench models rm MODEL";
    uint64_t left = 0;
    if (missing <= most) {
      const Collected collected = collect(store_, {.max_bytes = most - missing});
      for (const auto& evicted : collected.evicted)
        log_info(fmt::format("{} ({}) made room", evicted.reference, human_bytes(evicted.bytes)));
      left = collected.left_bytes;
    }
    if (missing > most || left > most - missing)
      throw_environment(
          fmt::format("{} needs {}, but the store may hold {} and {} of it are in use", reference_.text(),
                      human_bytes(missing), human_bytes(most), human_bytes(left)),
          hint);
  }

  uint64_t bring(Manifest& manifest, Lease& lease) {
    BlobFetch blobs(store_, lease, options_, stop_);
    // Of hosts that are not asked now only mirrors can give blobs.
    const bool known_host = manifest.reference.host == hub_host();
    uint64_t fetched = 0;
    for (ManifestFile& file : manifest.files) {
      const std::string address =
          known_host ? hub_.address(manifest.reference.repository, manifest.commit, file.path) : "";
      const fs::path copy = cached(manifest, file);
      fetched += blobs.bring(file, address, hub_.token(),
                             copy.empty() ? std::nullopt : std::optional<fs::path>(copy));
      if (stop_.stop_requested())
        throw Error(ErrorCode::kInterrupted,
                    fmt::format("{}: interrupted; the same command goes on where it was", reference_.text()));
    }
    return fetched;
  }

  const Store& store_;
  const Reference& reference_;
  const PullOptions& options_;
  const std::stop_token& stop_;
  const Hub hub_;
  const Mirrors mirrors_{store_, options_.mirrors};
};

}  // namespace

Pulled pull(const Store& store, const Reference& reference, const PullOptions& options,
            const std::stop_token& stop) {
  return Pull(store, reference, options, stop).run();
}

uint64_t restore(const Store& store, const Manifest& manifest, const PullOptions& options,
                 const std::stop_token& stop) {
  return Pull(store, manifest.reference, options, stop).restore(manifest);
}

}  // namespace vidbench::blobs
