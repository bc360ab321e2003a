// One transfer over HTTP, continued where an earlier one ended.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <stop_token>
#include <string>

#include "blobs/http_get.h"
#include "blobs/partial.h"

namespace vidbench::blobs {

struct TransferProgress {
  uint64_t done_bytes = 0;
  uint64_t total_bytes = 0;  // 0 when the server does not say
};

struct TransferLimits {
  uint64_t max_bytes = 0;                  // more than this is refused
  std::optional<uint64_t> expected_bytes;  // anything else is refused
  bool content_is_known = false;  // a digest will be checked: content of another address may be continued
};

// GETs `url` into `part`. Throws Error(kEnvironment) when the disk refuses.
[[nodiscard]] TransferResult transfer(const std::string& url, Partial& part, const TransferLimits& limits,
                                      const std::function<void(const TransferProgress&)>& on_progress,
                                      const std::stop_token& stop);

// Throws Error(kEnvironment) when `folder`'s file system has less than `bytes` free; `purpose` ends the line.
void require_space(const std::filesystem::path& folder, uint64_t bytes, const std::string& purpose);

}  // namespace vidbench::blobs
