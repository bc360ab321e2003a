#include "base/file_index.h"

#include <sys/stat.h>

#include "base/error.h"
#include "base/files.h"
#include "base/hash.h"
#include "base/time.h"

namespace vidbench {
namespace fs = std::filesystem;
namespace {

constexpr size_t kMostBytes = size_t{256} << 20;

Json file_stamp(const fs::path& path) {
  struct stat status {};
  if (::stat(path.c_str(), &status) != 0) return {path.string()};
  return {path.string(), status.st_size, status.st_ino, to_ns(status.st_mtim), to_ns(status.st_ctim)};
}

}  // namespace

FileIndex::FileIndex(const std::string& name, int format, const fs::path& root,
                     const std::vector<fs::path>& files)
    : stamp_({{"format", format}, {"root", root.string()}}) {
  std::string names = root.string();
  Json& stamps = stamp_["files"] = Json::array();
  for (const fs::path& file : files) {
    names += "\n" + file.string();
    stamps.push_back(file_stamp(file));
  }
  struct stat program {};
  if (::stat("/proc/self/exe", &program) == 0) stamp_["program"] = {program.st_size, to_ns(program.st_mtim)};
  file_ = cache_home() / name / (sha256_hex(names).substr(0, 16) + ".cbor");
}

std::optional<Json> FileIndex::load() const {
  std::error_code ec;
  if (!fs::is_regular_file(file_, ec)) return {};
  try {
    Json index = Json::from_cbor(read_file(file_, kMostBytes));
    if (index.at("stamp") != stamp_) return {};
    return std::move(index.at("content"));
  } catch (const Error&) {
    return {};
  } catch (const Json::exception&) {
    return {};
  }
}

void FileIndex::save(const Json& content) const {
  const std::vector<uint8_t> bytes = Json::to_cbor({{"stamp", stamp_}, {"content", content}});
  try {
    write_file_atomic(file_, {reinterpret_cast<const char*>(bytes.data()), bytes.size()}, Durability::kCrash);
  } catch (const Error&) {  // made again next time
  }
}

}  // namespace vidbench
