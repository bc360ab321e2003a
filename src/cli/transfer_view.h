// What has arrived of the file that is being fetched, on stderr.
#pragma once

#include <cstdint>
#include <string>

#include "blobs/transfer.h"
#include "cli/status_line.h"

namespace vidbench::cli {

class TransferView {
 public:
  explicit TransferView(bool quiet);
  void show(const std::string& name, const blobs::TransferProgress& progress);
  void clear() { line_.clear(); }

 private:
  [[nodiscard]] std::string describe(const blobs::TransferProgress& progress, double seconds) const;

  StatusLine line_;
  std::string name_;
  uint64_t start_bytes_ = 0;
  int64_t start_ns_ = 0;
};

}  // namespace vidbench::cli
