// How many CPU threads the tensor runtime uses.
#pragma once

namespace vidbench::metrics {

// 0 leaves the runtime's own choice. Call before the first network runs.
void set_threads(int threads);

}  // namespace vidbench::metrics
