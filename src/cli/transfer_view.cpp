#include "cli/transfer_view.h"

#include <fmt/format.h>

#include "base/strings.h"
#include "base/time.h"
#include "cli/context.h"

namespace vidbench::cli {

TransferView::TransferView(bool quiet) : line_(stderr_is_terminal(), quiet) {}

void TransferView::show(const std::string& name, const blobs::TransferProgress& progress) {
  if (name != name_) {
    name_ = name;
    start_ns_ = monotonic_ns();
    start_bytes_ = progress.done_bytes;
    line_.wait();
  }
  line_.show([&] { return describe(progress, seconds_since(start_ns_)); });
}

std::string TransferView::describe(const blobs::TransferProgress& progress, double seconds) const {
  std::string text = fmt::format("{}: {}", name_, human_bytes(progress.done_bytes));
  if (progress.total_bytes > 0) text += " of " + human_bytes(progress.total_bytes);
  if (progress.done_bytes <= start_bytes_ || seconds <= 0) return text;
  const double rate = static_cast<double>(progress.done_bytes - start_bytes_) / seconds;
  text += fmt::format(", {}/s", human_bytes(static_cast<uint64_t>(rate)));
  if (progress.total_bytes > progress.done_bytes)
    text +=
        fmt::format(", about {} left",
                    human_duration(static_cast<double>(progress.total_bytes - progress.done_bytes) / rate));
  return text;
}

}  // namespace vidbench::cli
