#include "blobs/blob_fetch.h"

#include <fmt/format.h>
#include <openssl/evp.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <memory>

#include "base/error.h"
#include "base/files.h"
#include "base/hash.h"
#include "base/log.h"
#include "base/strings.h"
#include "blobs/attempts.h"
#include "blobs/file_lock.h"

namespace vidbench::blobs {
namespace fs = std::filesystem;
namespace {

constexpr size_t kLargestGitFile = size_t{256} << 20;

// Why content of this digest is not the file, "" when it is.
std::string objection(const ManifestFile& file, const std::string& sha256, const fs::path& content) {
  if (!file.sha256.empty())
    return sha256 == file.sha256
               ? ""
               : fmt::format("{} has sha256 {}, expected {}", file.path, sha256, file.sha256);
  const std::string found = git_sha1(content);
  return found == file.git_sha1
             ? ""
             : fmt::format("{} has git sha1 {}, expected {}", file.path, found, file.git_sha1);
}

}  // namespace

std::string git_sha1(const fs::path& file) {
  const std::string content = read_file(file, kLargestGitFile);
  const std::string head = fmt::format("blob {}", content.size());
  const std::unique_ptr<EVP_MD_CTX, decltype(&EVP_MD_CTX_free)> md(EVP_MD_CTX_new(), &EVP_MD_CTX_free);
  std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
  unsigned int size = 0;
  if (!md || EVP_DigestInit_ex(md.get(), EVP_sha1(), nullptr) != 1 ||
      EVP_DigestUpdate(md.get(), head.c_str(), head.size() + 1) != 1 ||  // with its zero
      EVP_DigestUpdate(md.get(), content.data(), content.size()) != 1 ||
      EVP_DigestFinal_ex(md.get(), digest.data(), &size) != 1)
    throw Error(ErrorCode::kInternal, "SHA-1 is not available in this OpenSSL");
  std::string text;
  for (unsigned int i = 0; i < size; ++i) text += fmt::format("{:02x}", digest[i]);
  return text;
}

BlobFetch::BlobFetch(const Store& store, Lease& lease, const PullOptions& options,
                     const std::stop_token& stop)
    : store_(store), lease_(lease), options_(options), stop_(stop), mirrors_(store, options.mirrors) {}

uint64_t BlobFetch::bring(ManifestFile& file, const std::string& address, const std::string& token,
                          const std::optional<fs::path>& copy) {
  const auto is_there = [&] {
    if (file.sha256.empty()) return false;
    lease_.claim_blob(file.sha256);
    return store_.has_blob(file.sha256, file.bytes);
  };
  if (is_there()) return 0;
  const std::string name = file.sha256.empty() ? "git-" + file.git_sha1 : file.sha256;
  const FileLock lock(store_.parts() / (name + ".lock"), stop_, [](const fs::path& path) {
    log_info("waiting for another vidbench that holds " + path.string() + " …");
  });
  if (is_there()) return 0;  // by that other one
  if (copy && take_copy(file, *copy)) return 0;
  return fetch(file, address, token);
}

bool BlobFetch::take_copy(ManifestFile& file, const fs::path& copy) {
  std::error_code ec;
  const fs::path source = fs::canonical(copy, ec);
  if (ec || fs::file_size(source, ec) != file.bytes || ec) return false;
  const TemporaryFile temporary(store_.parts() / fmt::format("copy-{}.tmp", ::getpid()));
  if (::link(source.c_str(), temporary.path().c_str()) != 0 && !fs::copy_file(source, temporary.path(), ec))
    return false;
  const std::string sha256 = sha256_file(temporary.path());
  const std::string problem = objection(file, sha256, temporary.path());
  if (!problem.empty()) {
    log_warning(fmt::format("{}: {}; it is fetched instead", source.string(), problem));
    return false;
  }
  file.sha256 = sha256;
  keep(temporary.path(), sha256);
  return true;
}

std::vector<std::pair<std::string, std::optional<Mirror>>> BlobFetch::addresses(
    const ManifestFile& file, const std::string& address) const {
  std::vector<std::pair<std::string, std::optional<Mirror>>> first, last;
  if (!file.sha256.empty())
    for (const Mirror& mirror : mirrors_.list())
      (mirror.failed ? last : first).emplace_back(mirror.blob(file.sha256), mirror);
  if (!address.empty()) first.emplace_back(address, std::nullopt);
  first.insert(first.end(), last.begin(), last.end());
  return first;
}

uint64_t BlobFetch::fetch(ManifestFile& file, const std::string& address, const std::string& token) {
  if (file.bytes == 0) {  // nothing to ask for
    const TemporaryFile empty(store_.parts() / fmt::format("empty-{}.tmp", ::getpid()));
    write_file_atomic(empty.path(), "", Durability::kCrash);
    file.sha256 = sha256_hex("");
    keep(empty.path(), file.sha256);
    return 0;
  }
  const std::string name = file.sha256.empty() ? "git-" + file.git_sha1 : file.sha256;
  RangedPart part(store_.parts() / (name + ".ranges"), file.bytes);
  const uint64_t before = part.bytes();
  std::vector<std::string> problems;
  for (const auto& [url, mirror] : addresses(file, address)) {
    std::string sha256;
    bool failed = false;
    const std::string problem = from(url, mirror ? "" : token, file, part, sha256, failed);
    if (mirror) mirrors_.note(*mirror, failed);
    if (problem.empty()) {
      file.sha256 = sha256;
      part.forget();
      return file.bytes - std::min(before, file.bytes);
    }
    log_warning(fmt::format("{}: {}: {}", file.path, url, problem));
    problems.push_back(fmt::format("{}: {}", url, problem));
  }
  throw_environment(fmt::format("cannot fetch {}: {}", file.path, join(problems, "; ")),
                    "the same command goes on where it was; mirrors are named by VIDBENCH_MIRRORS");
}

// Why `url` does not give the file, "" when it did. `failed`: not only that it does not have it.
std::string BlobFetch::from(const std::string& url, const std::string& token, const ManifestFile& file,
                            RangedPart& part, std::string& sha256, bool& failed) {
  RangedOptions transfer_options = options_.transfer;
  transfer_options.token = token;
  const std::function<void(const TransferProgress&)> on_progress = [&](const auto& progress) {
    options_.on_progress(file.path, progress);
  };
  const auto once = [&] {
    TransferResult result = transfer(url, part, transfer_options, on_progress, stop_);
    failed = result.outcome == TransferResult::Outcome::kTryAgain;
    return result;
  };
  const auto accept = [&]() -> std::string {
    const auto digest = part.sha256(stop_);
    if (!digest) throw Error(ErrorCode::kInterrupted, file.path + ": interrupted");
    std::string problem = objection(file, *digest, part.path());
    failed = !problem.empty();
    if (failed) {
      part.discard();
      return problem;
    }
    sha256 = *digest;
    lease_.claim_blob(sha256);
    keep(part.path(), sha256);
    return "";
  };
  return persist({.name = file.path,
                  .transfer = once,
                  .accept = accept,
                  .bytes = [&] { return part.bytes(); },
                  .discard = [&] { part.discard(); }},
                 stop_);
}

// Blobs are written once: whoever changes one in place changes it for all.
void BlobFetch::keep(const fs::path& part, const std::string& sha256) {
  lease_.claim_blob(sha256);
  const fs::path blob = store_.blob(sha256);
  ::chmod(part.c_str(), 0444);
  if (::rename(part.c_str(), blob.c_str()) != 0) throw_write(blob);
}

}  // namespace vidbench::blobs
