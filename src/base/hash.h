// SHA-256, for content addresses (plans, caches, weights).
#pragma once

#include <cstddef>
#include <filesystem>
#include <memory>
#include <span>
#include <string>
#include <string_view>

namespace vidbench {

// Incremental SHA-256; `hex()` ends the stream and may be called once.
class Sha256 {
 public:
  Sha256();
  ~Sha256();
  Sha256(const Sha256&) = delete;
  Sha256& operator=(const Sha256&) = delete;

  void update(std::span<const std::byte> bytes);
  void update(std::string_view text);
  [[nodiscard]] std::string hex();

 private:
  struct Context;
  std::unique_ptr<Context> context_;
};

// 64 lower-case hexadecimal digits.
[[nodiscard]] std::string sha256_hex(std::string_view text);
// Whether the text has the form of one: 64 lower-case hexadecimal digits.
[[nodiscard]] bool is_sha256(std::string_view text);
// Reads the file in blocks; throws Error(kInput) naming a file that cannot be read.
[[nodiscard]] std::string sha256_file(const std::filesystem::path& path);

}  // namespace vidbench
