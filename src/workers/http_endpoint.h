// A hosted model as a deployment names it: its provider file, its address, its credentials.
#pragma once

#include <map>
#include <mutex>
#include <optional>
#include <stop_token>
#include <string>
#include <vector>

#include "base/url.h"
#include "net/http.h"
#include "providers/fields.h"
#include "providers/library.h"
#include "providers/provider.h"
#include "registry/registry.h"

namespace vidbench::workers {

using Values = std::map<std::string, Json>;  // what {names} stand for

// Thread-safe once made. Credentials are added only to requests to the provider's own hosts over https; with
// $VIDBENCH_PROVIDER_URL_<NAME> set, to that host and no other.
class HttpEndpoint {
 public:
  // kShown puts "<FAL_KEY>" where a secret stands, and needs none.
  enum class Mode { kReal, kShown };
  // Throws Error(kInput) for settings that the runner does not have, and for an unknown provider.
  explicit HttpEndpoint(const registry::Model& model, Mode mode = Mode::kReal);

  [[nodiscard]] const providers::Provider& provider() const { return provider_; }
  // `text` with "<FAL_KEY>" for every secret, and every token made of one, that stands in it.
  [[nodiscard]] std::string redact(std::string text) const;
  [[nodiscard]] const providers::Fields& fields() const { return fields_; }
  [[nodiscard]] const std::string& model_id() const { return model_id_; }
  [[nodiscard]] const Values& values() const { return values_; }

  // The submit's body; throws providers::Refused for what the provider does not allow. `token`: for providers
  // that take one that makes a repetition harmless.
  [[nodiscard]] Json body(const providers::Wanted& wanted, const std::string& token) const;
  // Whether and how the provider rewrites prompts, from the body that is sent; null when nothing is known.
  [[nodiscard]] Json prompt_rewriting(const Json& body) const;

  // A request with headers and credentials. Throws Error(kInput) when an address out of an answer is not the
  // provider's own.
  [[nodiscard]] net::HttpRequest prepare(const providers::Call& call, const Values& values, const Json& body);
  // A GET for the video: credentials only where the result's rule has them and the host is the provider's
  // own.
  [[nodiscard]] net::HttpRequest prepare_download(const Url& url);
  // Whether a video may be fetched from there: https, or what the override uses.
  [[nodiscard]] bool may_download(const Url& url) const;
  [[nodiscard]] bool is_own(const Url& url) const;

 private:
  [[nodiscard]] std::string address(const std::string& text, const Values& values) const;
  void authorise(net::HttpRequest& request, const providers::Auth& auth);
  void sign(net::HttpRequest& request, const providers::Auth& auth) const;
  [[nodiscard]] std::string token(const providers::Auth& auth);
  [[nodiscard]] std::string jwt(const providers::Auth& auth) const;  // caller holds token_mutex_
  [[nodiscard]] std::string secret(const std::string& name) const;

  std::string origin_, model_id_;
  providers::Provider provider_;
  providers::Secrets secrets_;
  providers::Fields fields_;
  Json request_;  // settings.request
  Values values_;
  std::string base_url_;
  std::optional<Url> override_;
  Mode mode_;
  mutable std::mutex token_mutex_;  // of what follows, and of secrets_
  std::string token_;               // of a command or a JWT, until it is too old
  double token_made_s_ = 0;
};

// Texts in `body` with their {names} replaced; a text that is one {name} keeps the value's type.
[[nodiscard]] Json expand_body(const Json& body, const Values& values);

}  // namespace vidbench::workers
