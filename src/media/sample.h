// Which frames of a video are looked at: pure functions from a frame count to indices.
#pragma once

#include <cstddef>
#include <vector>

namespace vidbench::media {

struct SamplePolicy {
  enum class Kind {
    kAll,
    kFirst,    // the first `count`
    kUniform,  // `count` spread from the first frame to the last, both included; one frame: the middle one
    kMiddle,   // the middle frame of each of `count` equal parts (decord/VBench's "middle"); always `count`
               // long: a shorter video repeats its last frame
    kStride,   // 0, stride, 2·stride, …, at most `count` of them (0: no limit)
  };
  Kind kind = Kind::kAll;
  size_t count = 0;
  size_t stride = 1;
};

// Indices in [0, total), not descending; distinct except for kMiddle's padding. kFirst and kUniform give at
// most `total`. Throws Error(kInput) for total 0, for count 0 where a count is needed, and for stride 0.
[[nodiscard]] std::vector<size_t> sample_indices(size_t total, const SamplePolicy& policy);

}  // namespace vidbench::media
