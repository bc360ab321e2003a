// Runner kind "http": hosted text-to-video services, by the files of providers/ (docs/http-providers.md).
#pragma once

#include <optional>
#include <string>

#include "base/json.h"
#include "net/http.h"
#include "workers/runner.h"

namespace vidbench::workers {

// What generating this would send first. Secrets stand as "<FAL_KEY>"; nothing is sent, none is needed.
struct RequestDescription {
  std::string provider, method, url;
  net::Headers headers;
  bool multipart = false;
  Json body;  // null = none
  bool takes_seed = false;
  Json prompt_rewriting;  // {"at", "value", "off"}; null = nothing is known of it
};
[[nodiscard]] Json to_json(const RequestDescription& description);

// Throws Error(kInput) for a model of another kind, and providers::Refused for what the provider does not
// allow.
[[nodiscard]] RequestDescription describe_request(const registry::Model& model,
                                                  const GenerateRequest& request);

// What a hosted model's video costs: settings.price of its catalogue entry, else what the provider's file
// says.
struct VideoPrice {
  std::string currency;
  double per_video = 0, per_second = 0;
};
// nullopt for a model of another kind, and where no price is known. Throws Error(kInput) for a price that is
// not one.
[[nodiscard]] std::optional<VideoPrice> price_of_video(const registry::Model& model);

}  // namespace vidbench::workers
