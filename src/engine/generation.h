// The generation stage: for one model, load it and turn its pending batches into committed videos.
#pragma once

#include <vector>

#include "engine/context.h"

namespace vidbench::engine {

// `pending`: for each batch of the model, the samples without a video (indices into the plan). Videos that
// the cache has are taken from there; the worker is started only when something is left. Returns when all is
// done, the run stops, or the model is given up.
void generate_model(Context& context, size_t model, const std::vector<Batch>& pending);

}  // namespace vidbench::engine
