#include "metrics/threads.h"

#include <ATen/Parallel.h>

namespace vidbench::metrics {

void set_threads(int threads) {
  if (threads > 0) at::set_num_threads(threads);
}

void in_parallel(size_t count, const std::function<void(size_t)>& each) {
  at::parallel_for(0, static_cast<int64_t>(count), 1, [&](int64_t begin, int64_t end) {
    for (int64_t i = begin; i < end; ++i) each(static_cast<size_t>(i));
  });
}

}  // namespace vidbench::metrics
