#include "registry/catalogue_index.h"

#include <sys/stat.h>

#include "base/error.h"
#include "base/files.h"
#include "base/hash.h"

namespace vidbench::registry {
namespace fs = std::filesystem;
namespace {

constexpr int kFormat = 2;  // of the models' JSON
constexpr size_t kMostBytes = size_t{256} << 20;

int64_t nanoseconds(const timespec& time) { return int64_t{time.tv_sec} * 1'000'000'000 + time.tv_nsec; }

Json file_stamp(const fs::path& path) {
  struct stat status {};
  if (::stat(path.c_str(), &status) != 0) return {path.string()};
  return {path.string(), status.st_size, status.st_ino, nanoseconds(status.st_mtim),
          nanoseconds(status.st_ctim)};
}

}  // namespace

CatalogueIndex::CatalogueIndex(const fs::path& root, const std::vector<fs::path>& files)
    : stamp_({{"format", kFormat}, {"root", root.string()}}) {
  std::string names = root.string();
  Json& stamps = stamp_["files"] = Json::array();
  for (const fs::path& file : files) {
    names += "\n" + file.string();
    stamps.push_back(file_stamp(file));
  }
  struct stat program {};
  if (::stat("/proc/self/exe", &program) == 0)
    stamp_["program"] = {program.st_size, nanoseconds(program.st_mtim)};
  file_ = cache_home() / "catalogue" / (sha256_hex(names).substr(0, 16) + ".cbor");
}

std::optional<std::vector<Model>> CatalogueIndex::load() const {
  std::error_code ec;
  if (!fs::is_regular_file(file_, ec)) return {};
  try {
    const Json index = Json::from_cbor(read_file(file_, kMostBytes));
    if (index.at("stamp") != stamp_) return {};
    std::vector<Model> models;
    for (const Json& model : index.at("models")) models.push_back(model_from_json(model));
    return models;
  } catch (const Error&) {
    return {};
  } catch (const Json::exception&) {
    return {};
  }
}

void CatalogueIndex::save(const std::vector<Model>& models) const {
  Json index = {{"stamp", stamp_}, {"models", Json::array()}};
  for (const Model& model : models) index["models"].push_back(to_json(model));
  const std::vector<uint8_t> bytes = Json::to_cbor(index);
  try {
    write_file_atomic(file_, {reinterpret_cast<const char*>(bytes.data()), bytes.size()}, Durability::kCrash);
  } catch (const Error&) {  // made again next time
  }
}

}  // namespace vidbench::registry
