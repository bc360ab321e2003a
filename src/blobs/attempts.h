// Tries an address again as long as that makes sense.
#pragma once

#include <cstdint>
#include <functional>
#include <stop_token>
#include <string>

#include "blobs/http_get.h"

namespace vidbench::blobs {

// How one file comes from one address.
struct Attempts {
  std::string name;  // for the message of an interruption
  std::function<TransferResult()> transfer;
  std::function<std::string()> accept;  // of what is complete: why it is not the file, "" when it is in place
  std::function<uint64_t()> bytes;      // what there is so far
  std::function<void()> discard;        // of what there is
};

// Passing trouble is waited for, up to four times in a row that bring nothing new; what cannot be continued
// is begun anew once. Returns why the address does not give the file, "" when it did. Throws
// Error(kInterrupted) after a stop request.
[[nodiscard]] std::string persist(const Attempts& attempts, const std::stop_token& stop);

}  // namespace vidbench::blobs
