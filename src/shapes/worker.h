// The shapes model as a worker of the protocol (docs/worker-protocol.md): `load` takes
// settings {"model": "base|small|weak", "weights": PATH, "sampler": "euler|sde", "shift": number}.
#pragma once

namespace vidbench::shapes {

// Serves stdin and stdout until stdin closes or `shutdown` comes; returns the exit code.
int run_worker();

}  // namespace vidbench::shapes
