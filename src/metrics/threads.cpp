#include "metrics/threads.h"

#include <ATen/Parallel.h>

namespace vidbench::metrics {

void set_threads(int threads) {
  if (threads > 0) at::set_num_threads(threads);
}

}  // namespace vidbench::metrics
