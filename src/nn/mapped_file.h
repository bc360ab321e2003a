// A file's content in memory without a copy.
#pragma once

#include <filesystem>
#include <string_view>

namespace vidbench::nn {

class MappedFile {
 public:
  // Throws Error(kInput) naming a file that cannot be read. The file must not shrink while it is mapped.
  explicit MappedFile(const std::filesystem::path& path);
  ~MappedFile();
  MappedFile(const MappedFile&) = delete;
  MappedFile& operator=(const MappedFile&) = delete;
  [[nodiscard]] std::string_view bytes() const { return {static_cast<const char*>(data_), size_}; }

 private:
  void* data_ = nullptr;
  size_t size_ = 0;
};

}  // namespace vidbench::nn
