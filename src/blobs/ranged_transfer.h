// One file of known size from one address, over several connections where that helps.
#pragma once

#include <functional>
#include <stop_token>
#include <string>

#include "blobs/http_get.h"
#include "blobs/ranged_part.h"
#include "blobs/transfer.h"

namespace vidbench::blobs {

struct RangedOptions {
  int connections = 4;      // at most
  double join_after_s = 1;  // one connection that is quick enough stays alone
  double stall_s = 60;      // without a byte
  std::string token;        // for the address's own host
};

// Fetches the chunks that are missing of `part`. A server that knows no ranges gives the whole to one
// connection. Other connections help; when they fail the first goes on alone. `on_progress` is called by the
// calling thread. Throws Error(kEnvironment) when the disk refuses.
[[nodiscard]] TransferResult transfer(const std::string& url, RangedPart& part, const RangedOptions& options,
                                      const std::function<void(const TransferProgress&)>& on_progress,
                                      const std::stop_token& stop);

}  // namespace vidbench::blobs
