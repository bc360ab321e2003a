// What `vidbench score` measured of each video, in a file: shards of a folder, measured on several machines,
// are put together to the numbers that one machine would have.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "store/records.h"

namespace vidbench::engine {

// Number `index` of `count`, from 1: every count-th video of the sorted list, beginning with the index-th.
struct Shard {
  size_t index = 1, count = 1;
};

// "2/4". Throws Error(kInput) for anything else.
[[nodiscard]] Shard parse_shard(const std::string& text);

// The videos of the shard, in order.
[[nodiscard]] std::vector<store::VideoMeasurements> take_shard(std::vector<store::VideoMeasurements> videos,
                                                               const Shard& shard);

struct ScoreState {
  Shard shard;
  std::vector<store::MetricInfo> metrics;
  std::vector<store::VideoMeasurements> videos, reference;
};

// JSON lines, vidbench.score-state/1: a head, a line a video with its values and (base64 of little-endian
// float32) features, and a last line with their number. Numbers are read as they were written, bit for bit.
void write_score_state(const std::filesystem::path& path, const ScoreState& state);

// Throws Error(kInput) naming file and line for what is malformed, and for a file that ends early.
[[nodiscard]] ScoreState read_score_state(const std::filesystem::path& path);

// The state of the whole: all shards of one division, in any order, the videos in the order of their names.
// Throws Error(kInput) naming the file for another division or other definitions of the metrics than the
// first file's, a shard that is there twice or missing, and a video that is in two.
[[nodiscard]] ScoreState merge_score_states(const std::vector<std::filesystem::path>& paths);

}  // namespace vidbench::engine
