// The one source that CMake asks of a target whose precompiled header others use.
