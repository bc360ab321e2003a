// The Hugging Face Hub, or what speaks its protocol.
#pragma once

#include <stop_token>
#include <string>

#include "base/json.h"
#include "blobs/hub_listing.h"
#include "blobs/reference.h"

namespace vidbench::blobs {

struct TextAnswer {
  long status = 0;
  std::string text;     // of a 200
  std::string problem;  // one line; "" of a 200
};

// GETs a small document, again after passing trouble. Throws Error(kInterrupted).
[[nodiscard]] TextAnswer get_text(const std::string& url, const std::string& token, double stall_s,
                                  const std::stop_token& stop);

class Hub {
 public:
  // $HF_ENDPOINT and $HF_TOKEN.
  Hub();

  // Throws Error(kEnvironment) when it does not answer, or refuses, with the way out; Error(kInput) for an
  // answer of another form.
  [[nodiscard]] HubListing list(const Reference& reference, double stall_s,
                                const std::stop_token& stop) const;
  // What the hub's API tells of the repository: "sha", "siblings", "tags", "cardData", … Throws as list().
  [[nodiscard]] Json describe(const Reference& reference, double stall_s, const std::stop_token& stop) const;
  // A small file's content.
  [[nodiscard]] std::string read(const Reference& reference, const std::string& commit,
                                 const std::string& path, double stall_s, const std::stop_token& stop) const;
  [[nodiscard]] std::string address(const std::string& repository, const std::string& commit,
                                    const std::string& path) const;
  // For addresses of the hub alone.
  [[nodiscard]] const std::string& token() const { return token_; }

 private:
  [[nodiscard]] std::string listing_address(const Reference& reference) const;
  [[noreturn]] void refuse(const Reference& reference, const TextAnswer& answer) const;
  std::string endpoint_, token_;
};

}  // namespace vidbench::blobs
