// The decision of VBench's static filter, apart from the flow that it is made on.
#pragma once

#include <array>
#include <cstddef>
#include <span>

namespace vidbench::metrics {

// `neighbours`: of each pair of consecutive frames the mean of the largest motions, in pixels; `ends`: the
// same from the first frame to the last and back; `shorter_side` of the frames. A motion counts from 3 pixels
// in 256 on. True when at most about an eighth of as many pairs as there are frames move (halves are rounded
// to even), and neither of the two moves by more than twice that many times the threshold.
[[nodiscard]] bool is_static(std::span<const double> neighbours, std::array<double, 2> ends,
                             size_t shorter_side);

}  // namespace vidbench::metrics
