// The decision of VBench's dynamic degree, apart from the flow that it is made on.
#pragma once

#include <cstddef>
#include <span>

namespace vidbench::metrics {

// How many frames apart the frames are that are looked at: about an eighth of a second; halves are rounded to
// even.
[[nodiscard]] size_t dynamic_interval(double fps);

// `largest`: of each pair of neighbours the mean of the largest motions, in pixels; `shorter_side` of the
// frames. True when about a quarter of as many pairs as there are frames move by more than 6 pixels in 256;
// halves are rounded to even. That asks for none of the one pair of two frames: no fewer than `at_least` must
// move (VBench: 0).
[[nodiscard]] bool is_dynamic(std::span<const double> largest, size_t shorter_side, double at_least = 0);

}  // namespace vidbench::metrics
