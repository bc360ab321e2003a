// The process between vidbench and a program that knows nothing of it (ChildOptions::supervised). It is
// forked, not executed, so that only async-signal-safe calls are made here.
#pragma once

#include <sys/types.h>

#include <csignal>

namespace vidbench::workers {

// Tells the supervisor to kill the program and all its descendants; the kernel sends it, too, when vidbench
// ends.
inline constexpr int kKillAllSignal = SIGUSR1;

// Called before the program is forked. `parent`: vidbench's process id.
void prepare_supervisor(pid_t parent);

// Waits for `program`, runs `cleanup` (unless it is nullptr), kills what is left, and ends in the same way as
// the program: same exit code, same signal.
[[noreturn]] void supervise(pid_t program, char* const* cleanup, char* const* environment);

}  // namespace vidbench::workers
