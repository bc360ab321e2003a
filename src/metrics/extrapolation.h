// What the definitions of FID∞ and FVD∞ share.
#pragma once

namespace vidbench::metrics {

// Ends before the name of the distance that is extrapolated.
inline constexpr const char* kExtrapolated =
    "Where the least-squares line of the distance over 1 / size meets 0, over 15 subsets from min(256, half) "
    "to "
    "all of the videos, each drawn once with a fixed seed: free of the bias that makes distances of small "
    "sets "
    "larger. The distance is that of ";
inline constexpr const char* kExtrapolationFailures =
    "The line is one only where the subsets have more rows than a feature has numbers; below, the value is a "
    "guess, and may be negative. Wider interval than the distance itself. The reference set's own size still "
    "counts.";

}  // namespace vidbench::metrics
