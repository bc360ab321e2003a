"""A stand-in with the interface that the adapter uses of the package `vbench`: its functions read what they
would detect from a JSON file beside the video."""
