// One file of providers/: everything that is known of a hosted text-to-video service, as data.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/json.h"

namespace vidbench::providers {

using Texts = std::vector<std::string>;
using Templates = std::vector<std::pair<std::string, std::string>>;  // name → text with {names}

// A secret or a parameter: the environment variables that may hold it, the first that is set counts.
struct Variable {
  std::string name;
  Texts environment;
  std::string fallback;   // parameters only
  bool optional = false;  // secrets only (a session token)
};

struct Auth {
  enum class Kind { kNone, kHeader, kQuery, kJwt, kCommand, kSigV4 };
  Kind kind = Kind::kNone;
  std::string name;     // of the header or of the query parameter
  std::string prefix;   // "Bearer ", "Key ", …
  std::string secret;   // name of a secret: the key, JWT's signing secret, AWS's secret key
  std::string issuer;   // JWT's "iss", AWS's access key: name of a secret
  std::string session;  // AWS's session token: name of a secret, "" = none
  double expires_s = 1800, not_before_s = 5;  // JWT; `expires_s` also of a command's token
  Texts command;                              // prints a token
  std::string region, service;                // AWS; region is a template
};

// A body in which something stands that makes the answer a failure, whatever its HTTP status.
struct FailRule {
  Texts at;
  enum class Test { kPresent, kIs, kIsNot } test = Test::kPresent;
  std::vector<Json> values;
  bool moderation = false;
  Texts message;  // pointers to the reason
};

struct Call {
  std::string method;  // "" = this provider has no such call
  // A path behind base_url, or (beginning with a brace) an address out of an answer.
  std::string address;
  Templates headers;
  Json body;  // null = none; texts in it are templates
  bool multipart = false;
  std::vector<std::pair<std::string, Texts>> capture;  // name → pointers, first hit; kept for later calls
  std::vector<FailRule> fail;
};

struct StatusRule {
  Texts at;
  std::vector<Json> queued, running, success, failed, moderation;
  std::vector<int> pending_http;   // HTTP statuses that mean "not yet"
  bool other_is_pending = false;   // a value that is not listed
  bool absent_is_pending = false;  // no value at all
  Texts absent_success;            // no value, but something stands here: success
  Texts message;                   // pointers to the reason of a failure
};

struct Poll {
  Call call;
  StatusRule status;
  double interval_s = 5, backoff = 1.25, longest_s = 30;
};

struct Result {
  enum class Kind { kUrl, kContent, kBase64, kBody, kMultipart, kObject } kind = Kind::kUrl;
  Texts at;                  // kUrl, kBase64, kObject
  Call call;                 // kContent
  bool credentials = false;  // also send credentials while the address is the provider's own
  std::optional<Auth> auth;  // instead of the provider's, for the download
  std::string object_url;    // kObject: template of {bucket} and {key}
  std::string media_type;    // kMultipart: the part's
};

// How one number or text of a request is written into the body.
struct Field {
  std::string at;
  std::string format;  // "" = as it is; "{value}s", "{width}*{height}"
  bool as_text = false;
  std::vector<Json> allowed;                      // empty = anything
  std::vector<std::pair<std::string, Json>> map;  // value → what is sent; others are refused
  std::optional<double> minimum, maximum;
  size_t max_characters = 0, max_utf16_units = 0;  // 0 = no limit known
  Json fallback;                                   // sent when the request leaves it open
  bool required = false;
  bool absent = false;  // `field: none` of a model that does not take what its provider's others do
};
using Fields = std::map<std::string, Field>;

struct Rewriting {
  std::string at;
  Json value;
};

struct Price {
  std::string currency;
  double per_video = 0, per_second = 0;
  Texts at;  // or: where an answer tells it
};

struct ModelRules {
  Fields fields;  // replace those of the same name
  Json body;      // merged into submit's body
  std::optional<Rewriting> rewriting;
};

struct Provider {
  std::string name, title, base_url, origin;
  Texts sources, hosts;
  std::string notes;
  std::vector<Variable> secrets, parameters;
  Auth auth;
  Templates headers;  // of every call to the provider itself
  Call submit;
  std::string
      idempotency;  // pointer in submit's body for a token that makes a repetition harmless, "" = none
  Fields fields;
  std::optional<Rewriting> rewriting;  // where the provider's rewriting of prompts is switched, and off
  std::optional<Poll> poll;            // none: the answer to the submit is the video
  std::vector<Call> steps;
  Result result;
  Call cancel;
  std::map<std::string, ModelRules> models;  // by id, or "prefix*"
  std::optional<Price> price;
  Templates record;  // name → pointer into the last answers, kept with the video
  uint64_t max_answer_bytes = 16 << 20;
  std::string digest;  // of what determines the request that is sent
};

// The rules of exactly that model, else of the longest "prefix*" that fits; nullptr when there are none.
[[nodiscard]] const ModelRules* rules_of(const Provider& provider, const std::string& model);

// The names that a field may have (docs/http-providers.md).
[[nodiscard]] const Texts& field_names();

}  // namespace vidbench::providers
