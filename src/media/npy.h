// NumPy's .npy files (format versions 1-3, NEP 1): the raw video exchange format of workers, without FFmpeg.
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace vidbench::media {

struct NpyHeader {
  std::string dtype;  // NumPy's descr without byte order for single bytes: "u1", "<f4", "<i8", …
  bool fortran_order = false;
  std::vector<size_t> shape;
  size_t data_offset = 0;  // bytes before the first element

  [[nodiscard]] size_t item_bytes() const;  // of one element
  [[nodiscard]] size_t data_bytes() const;  // of all; the parser has checked that it fits
};

// Parses the start of a file (the header must be whole in `bytes`); `name` is used in messages. Throws
// Error(kInput) for anything that is not a plain array: another magic, an unknown version, a structured or
// object dtype, a shape whose size overflows.
[[nodiscard]] NpyHeader parse_npy_header(std::span<const uint8_t> bytes, std::string_view name);

// Header of a file; also checks that the file is as long as the header promises. Throws Error(kInput).
[[nodiscard]] NpyHeader read_npy_header(const std::filesystem::path& path);

struct NpyArray {
  std::string dtype;
  std::vector<size_t> shape;
  std::vector<uint8_t> bytes;  // C order
};

// The whole array; refuses Fortran order and more than `limit_bytes` of data. Throws Error(kInput).
[[nodiscard]] NpyArray read_npy(const std::filesystem::path& path, size_t limit_bytes = size_t{4} << 30);

// Version 1.0, C order, header padded to 64 bytes as NumPy does. Written beside `path` under a temporary name
// and renamed. Throws Error(kInternal) when bytes do not fit dtype and shape, Error(kEnvironment) for write
// errors.
void write_npy(const std::filesystem::path& path, std::string_view dtype, std::span<const size_t> shape,
               std::span<const uint8_t> bytes);

}  // namespace vidbench::media
