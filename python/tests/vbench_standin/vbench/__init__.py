"""A stand-in with the interface that the adapter uses of the package `vbench`: its networks read what they would
say of a video's frames from a JSON file beside the video, and its functions score that as the package's do, with
their quirks. A frame is a list of objects: [caption, class, box], [class, box] or [class]."""
