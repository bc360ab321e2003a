// Which videos a user means by a path, and which prompt or other video belongs to which.
#pragma once

#include <filesystem>
#include <vector>

#include "store/records.h"

namespace vidbench::engine {

// The video files below `path`, in the order of their names: files with a video's ending (whatever they
// hold), and folders that hold numbered pictures. A file is taken whatever its ending is. Hidden names are
// left out. Throws Error(kInput) when `path` is not there or holds none.
[[nodiscard]] std::vector<store::VideoMeasurements> find_videos(const std::filesystem::path& path);

// Fills what was asked from FILE.csv (columns "file" and "prompt", quotes as RFC 4180 says), FILE.jsonl (an
// object a line with those members, and perhaps "auxiliary", an object, and "dimensions", a list) or
// FILE.json (VBench's list of prompts; the videos are named "<prompt>-<number>.<ending>"). Names are relative
// to the folder of videos. Throws Error(kInput) with file and line for what is malformed, a name that is
// there twice, a name that is not among the videos, and a list none of whose prompts has a video; videos
// without a prompt keep "".
void read_prompts(const std::filesystem::path& prompts, std::vector<store::VideoMeasurements>& videos);

// Gives each video the one of `others` that it is compared with: the one of the same relative name, else the
// one of the same name without its ending where only one video on either side is called so. A single file on
// either side is a pair whatever the names are. Fills `paired`, or `unpaired` with the reason. Throws
// Error(kInput) when no video has a partner.
void pair_videos(const std::vector<store::VideoMeasurements>& others,
                 std::vector<store::VideoMeasurements>& videos);

}  // namespace vidbench::engine
