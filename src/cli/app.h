// Entry point of the command line.
#pragma once

namespace vidbench::cli {

// Parses, runs one command, returns the exit code (docs/scripting.md). Never throws.
int run_app(int argc, char** argv);

}  // namespace vidbench::cli
