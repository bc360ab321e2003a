// The CPU threads of the tensor runtime.
#pragma once

#include <cstddef>
#include <functional>

namespace vidbench::metrics {

// 0 leaves the runtime's own choice. Call before the first network runs.
void set_threads(int threads);

// Calls each(i) for 0 <= i < count on those threads, in any order. The first exception is thrown on.
void in_parallel(size_t count, const std::function<void(size_t)>& each);

}  // namespace vidbench::metrics
