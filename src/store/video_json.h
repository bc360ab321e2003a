// A generated video's record as JSON: the form that the store, the cache and exports share.
#pragma once

#include "store/records.h"

namespace vidbench::store {

[[nodiscard]] Json to_json(const GeneratedVideo& video);
// Throws Json::exception for a missing or mistyped member; `from_cache` may be missing.
[[nodiscard]] GeneratedVideo generated_video_from_json(const Json& json);

}  // namespace vidbench::store
