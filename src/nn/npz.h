// NumPy's .npz files, as numpy.savez and numpy.savez_compressed write them: zip archives of .npy files.
// Without libtorch.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "media/npy.h"

namespace vidbench::nn {

struct NpzArray {
  media::NpyHeader header;
  std::vector<uint8_t> file;  // the .npy file; the elements begin at header.data_offset

  [[nodiscard]] const uint8_t* elements() const { return file.data() + header.data_offset; }
};

constexpr uint64_t kMostNpzBytes = uint64_t{4} << 30;

// Whether a zip archive begins with a .npy file.
[[nodiscard]] bool is_npz(std::string_view bytes);

// The arrays by name without ".npy" ("conv1a/W"); other files of the archive are passed over. Checksums are
// verified. Throws Error(kInput) "<origin>: …", naming the array, for an archive that is damaged, truncated,
// encrypted, ZIP64 or packed otherwise than by deflate, for arrays of other lengths than their shapes say,
// and for more than `limit_bytes` of arrays in all, before memory is taken for them.
[[nodiscard]] std::map<std::string, NpzArray> read_npz(std::string_view bytes, const std::string& origin,
                                                       uint64_t limit_bytes = kMostNpzBytes);

}  // namespace vidbench::nn
