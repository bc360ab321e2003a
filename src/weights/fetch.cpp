#include "weights/fetch.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <fstream>

#include "base/error.h"
#include "base/log.h"
#include "base/strings.h"
#include "base/time.h"
#include "blobs/attempts.h"
#include "blobs/file_lock.h"

namespace vidbench::weights {
namespace {

std::vector<std::string> addresses(const OfficialFile& file, const std::vector<std::string>& mirrors) {
  std::vector<std::string> urls;
  for (std::string mirror : mirrors) {
    while (mirror.ends_with('/')) mirror.pop_back();
    urls.push_back(mirror + "/" + file.name);
  }
  urls.insert(urls.end(), file.urls.begin(), file.urls.end());
  return urls;
}

std::string where_to_look(const OfficialFile& file) {
  const std::string place = file.page.empty() ? "" : fmt::format("get it from {}", file.page);
  const std::string note = file.note.empty() ? "" : fmt::format(" ({})", file.note);
  return place.empty() ? "" : fmt::format("{}{}, then: vidbench weights import FOLDER", place, note);
}

// One file, from all its addresses.
class Fetch {
 public:
  Fetch(const Folder& folder, const OfficialFile& file, const FetchOptions& options,
        const std::stop_token& stop)
      : folder_(folder), file_(file), options_(options), stop_(stop), part_(folder.part(file.name)) {
    limits_.max_bytes = options.max_bytes;
    limits_.expected_bytes = file.bytes;
    limits_.content_is_known =
        folder.evidence(file) == Evidence::kManifest || folder.pin(file.name).has_value();
  }

  // Why it failed at each address, empty when the file is in place.
  std::vector<std::string> run() {
    std::vector<std::string> problems;
    for (const std::string& url : addresses(file_, options_.mirrors)) {
      const std::string problem = from(url);
      if (problem.empty()) return {};
      log_warning(fmt::format("{}: {}: {}", file_.name, url, problem));
      problems.push_back(fmt::format("{}: {}", url, problem));
    }
    return problems;
  }

 private:
  // Why `url` does not give the file, "" when it did.
  std::string from(const std::string& url) {
    const auto on_progress = [this](const auto& progress) { options_.on_progress(file_, progress); };
    return blobs::persist(
        {.name = file_.name,
         .transfer = [&] { return blobs::transfer(url, part_, limits_, on_progress, stop_); },
         .accept = [&] { return accept(url); },
         .bytes = [this] { return part_.bytes(); },
         .discard = [this] { part_.discard(); }},
        stop_);
  }

  // Puts the complete part in place; why it is not the file, and removes it, when it is not.
  std::string accept(const std::string& url) {
    const Pin pin{part_.sha256(), part_.bytes(), now_rfc3339(), url};
    std::string objection = folder_.objection(file_, pin.sha256, pin.bytes);
    if (objection.empty() && file_.sha256.empty()) {
      try {
        refuse_text(part_.path());
      } catch (const Error& e) {
        objection = e.what();
      }
    }
    if (!objection.empty()) {
      part_.discard();
      return objection;
    }
    folder_.keep_pin(file_, pin);
    put_in_place(part_.path(), folder_.file(file_.name));
    part_.forget();
    return "";
  }

  const Folder& folder_;
  const OfficialFile& file_;
  const FetchOptions& options_;
  const std::stop_token& stop_;
  blobs::TransferLimits limits_;
  blobs::Partial part_;
};

bool is_sound(const Folder& folder, const OfficialFile& file) {
  const FileStatus status = folder.status(file, false);
  if (status.state == FileState::kDamaged)
    log_warning(fmt::format("{}; it is fetched again", status.problem));
  return status.state == FileState::kPresent;
}

}  // namespace

void check_mirror(const std::string& mirror) {
  if (!mirror.starts_with("https://") && !mirror.starts_with("http://"))
    throw_input(fmt::format("the mirror '{}' is not an http or https address", one_line(mirror)));
}

void refuse_text(const std::filesystem::path& path) {
  std::array<char, 512> begin{};
  std::ifstream file(path, std::ios::binary);
  file.read(begin.data(), begin.size());
  const auto end = begin.begin() + file.gcount();
  const bool text = std::all_of(begin.begin(), end, [](char c) {
    return (c >= 0x20 && c < 0x7f) || c == '\n' || c == '\r' || c == '\t';
  });
  if (text) throw_input("what came is text, or nothing, not a weight file");
}

Fetched fetch(const Folder& folder, const OfficialFile& file, const FetchOptions& options,
              const std::stop_token& stop) {
  if (is_sound(folder, file)) return Fetched::kAlreadyThere;
  if (options.offline)
    throw_environment(fmt::format("{} is not in {}, and vidbench is offline (--offline or VIDBENCH_OFFLINE)",
                                  file.name, folder.path().string()),
                      "take it from a folder: vidbench weights import FOLDER");
  if (addresses(file, options.mirrors).empty())
    throw_environment(fmt::format("no address of {} is known", file.name), where_to_look(file));
  std::error_code ec;
  std::filesystem::create_directories(folder.path(), ec);
  const blobs::FileLock lock(folder.path() / (file.name + ".lock"), stop,
                             [](const std::filesystem::path& path) {
                               log_info("waiting for another vidbench that holds " + path.string() + " …");
                             });
  if (is_sound(folder, file)) return Fetched::kAlreadyThere;  // by that other one
  const std::vector<std::string> problems = Fetch(folder, file, options, stop).run();
  if (problems.empty()) return Fetched::kFetched;
  throw_environment(fmt::format("cannot fetch {}: {}", file.name, join(problems, "; ")), where_to_look(file));
}

}  // namespace vidbench::weights
