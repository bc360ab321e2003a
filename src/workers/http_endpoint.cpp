#include "workers/http_endpoint.h"

#include <fmt/format.h>
#include <poll.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstdlib>
#include <ctime>
#include <utility>

#include "base/error.h"
#include "base/strings.h"
#include "base/time.h"
#include "net/signing.h"
#include "providers/pointer.h"
#include "providers/provider_file.h"
#include "providers/template.h"
#include "registry/program.h"
#include "workers/child_process.h"

namespace vidbench::workers {
namespace {

using providers::Auth;
using providers::Call;

const providers::Texts kSettings = {"provider", "model",        "endpoint",    "request",
                                    "fields",   "parameters",   "concurrency", "poll_interval_s",
                                    "price",    "max_video_mib"};
constexpr double kCommandTimeout_s = 60;
constexpr size_t kLongestToken = 16384;

std::string text_of(const Json& value) { return value.is_string() ? value.get<std::string>() : value.dump(); }

// The value behind a {name}, {name.path} or {name.segment}.
std::string looked_up(const std::string& name, const Values& values) {
  if (name == "uuid") return net::random_uuid();
  const size_t dot = name.find('.');
  const auto found = values.find(name.substr(0, dot));
  if (found == values.end()) throw_input("{" + name + "} is not known yet");
  std::string text = text_of(found->second);
  if (dot == std::string::npos || name.substr(dot) != ".path") return text;
  const auto url = parse_url(text);
  if (!url) throw_input(fmt::format("'{}' is not an address", one_line(text)));
  return url->path.substr(1);
}

void check_header(const std::string& name, const std::string& value) {
  if (std::any_of(value.begin(), value.end(), [](unsigned char c) { return c < ' ' || c == 127; }))
    throw_input(fmt::format("the value of header {} has control characters", name));
}

bool climbs(const std::string& path) {
  const auto parts = split(path, '/');
  return std::any_of(parts.begin(), parts.end(), [](const std::string& part) {
    return part == ".." || part == "." || part == "%2E%2E" || part == "%2e%2e";
  });
}

// The first line that the program prints; its errors are left where ours go.
std::string output_of(const std::vector<std::string>& command) {
  const registry::ProgramSearch program = registry::find_program(command.front());
  if (!program.path) throw_environment(program.complaint(command.front()));
  ChildOptions options;
  options.argv = command;
  options.argv[0] = program.path->string();
  options.stderr_fd = STDERR_FILENO;
  ChildProcess child(std::move(options));
  child.close_stdin();
  std::string output;
  const int64_t start_ns = monotonic_ns();
  while (output.size() < kLongestToken) {
    pollfd readable{child.stdout_fd(), POLLIN, 0};
    if (seconds_since(start_ns) > kCommandTimeout_s)
      throw_environment(command.front() + " prints no token in time");
    if (::poll(&readable, 1, 100) <= 0) continue;
    std::array<char, 4096> block{};
    const ssize_t size = ::read(child.stdout_fd(), block.data(), block.size());
    if (size == 0) break;
    if (size > 0) output.append(block.data(), static_cast<size_t>(size));
  }
  const auto status = child.wait(kCommandTimeout_s);
  if (!status || status->signalled || status->value != 0)
    throw_environment(fmt::format("{} {}", command.front(), status ? status->text() : "does not end"),
                      "run it by hand to see why");
  std::string token = trim(output.substr(0, output.find('\n')));
  if (token.empty()) throw_environment(command.front() + " prints no token");
  return token;
}

std::string required_text(const registry::Model& model, const char* key) {
  const Json value = model.deployment.settings.value(key, Json());
  if (!value.is_string() || value.get<std::string>().empty())
    throw_input(fmt::format("{}: model '{}' has no settings.{}", model.origin, model.id, key));
  return value;
}

void check_settings(const registry::Model& model) {
  for (const auto& [key, value] : model.deployment.settings.items())
    if (std::find(kSettings.begin(), kSettings.end(), key) == kSettings.end())
      throw_input(fmt::format("{}: the http runner has no setting '{}'", model.origin, key),
                  suggestion(key, kSettings));
  for (const char* key : {"request", "fields", "parameters", "price"}) {
    const Json value = model.deployment.settings.value(key, Json::object());
    if (!value.is_object()) throw_input(fmt::format("{}: settings.{} must be a mapping", model.origin, key));
  }
}

}  // namespace

Json expand_body(const Json& body, const Values& values) {
  if (body.is_string()) {
    const std::string text = body;
    const auto names = providers::template_names(text);
    if (names.size() == 1 && text == "{" + names[0] + "}" && values.contains(names[0]))
      return values.at(names[0]);
    return providers::expand(text, [&](const std::string& name, size_t) { return looked_up(name, values); });
  }
  Json result = body;
  if (body.is_structured())
    for (auto& item : result) item = expand_body(item, values);
  return result;
}

HttpEndpoint::HttpEndpoint(const registry::Model& model, Mode mode)
    : origin_(model.origin), model_id_(required_text(model, "model")), mode_(mode) {
  check_settings(model);
  const Json& settings = model.deployment.settings;
  provider_ = providers::find_provider(required_text(model, "provider"));
  secrets_ = providers::Secrets(provider_);
  providers::Fields own;
  if (settings.contains("fields"))  // JSON is YAML
    own = providers::read_fields(YamlMap::parse(settings["fields"].dump(), origin_ + ": settings.fields"));
  fields_ = providers::effective_fields(provider_, model_id_, own);
  request_ = settings.value("request", Json::object());
  for (const auto& [name, value] : providers::parameters(provider_, settings)) values_[name] = value;
  values_["model"] = model_id_;
  values_["endpoint"] = settings.value("endpoint", model_id_);
  base_url_ = providers::expand(provider_.base_url, [this](const std::string& name, size_t) {
    return percent_encode(looked_up(name, values_));
  });
  const std::string variable = providers::override_variable(provider_.name);
  if (const char* other = std::getenv(variable.c_str()); other != nullptr && *other != '\0') {
    override_ = parse_url(other);
    if (!override_) throw_input(fmt::format("{} is not an http address", variable));
    const auto own_url = parse_url(base_url_);
    base_url_ = override_->origin() + (own_url && own_url->path != "/" ? own_url->path : "");
  }
}

Json HttpEndpoint::body(const providers::Wanted& wanted, const std::string& token) const {
  Json body = expand_body(provider_.submit.body, values_);
  if (body.is_null()) body = Json::object();
  const providers::ModelRules* rules = providers::rules_of(provider_, model_id_);
  if (rules != nullptr && !rules->body.is_null()) body.merge_patch(rules->body);
  const auto& rewriting = rules != nullptr && rules->rewriting ? rules->rewriting : provider_.rewriting;
  if (rewriting) providers::place(body, rewriting->at, rewriting->value);
  providers::write_fields(body, fields_, wanted, provider_.name);
  if (!provider_.idempotency.empty()) providers::place(body, provider_.idempotency, token);
  if (!request_.empty()) body.merge_patch(request_);
  return body;
}

Json HttpEndpoint::prompt_rewriting(const Json& body) const {
  const providers::ModelRules* rules = providers::rules_of(provider_, model_id_);
  const auto& rewriting = rules != nullptr && rules->rewriting ? rules->rewriting : provider_.rewriting;
  if (!rewriting) return nullptr;
  const Json* value = providers::find(body, rewriting->at);
  return {{"at", rewriting->at},
          {"value", value == nullptr ? Json() : *value},
          {"off", value != nullptr && *value == rewriting->value}};
}

std::string HttpEndpoint::address(const std::string& text, const Values& values) const {
  if (text.front() == '{') {
    const std::string whole =
        providers::expand(text, [&](const std::string& name, size_t) { return looked_up(name, values); });
    const auto url = parse_url(whole);
    if (!url) throw_input(fmt::format("'{}' is not an address", one_line(whole)));
    if (!is_own(*url))
      throw_input(
          fmt::format("the provider's answer points to {}, which is not a host of its own", url->origin()),
          "nothing was sent there; add the host to 'hosts' if it is the provider's");
    return url->text();
  }
  const size_t question = std::min(text.find('?'), text.size());
  const std::string path = providers::expand(text, [&](const std::string& name, size_t at) {
    std::string value = looked_up(name, values);
    if (name.ends_with(".path")) return value;  // already encoded
    return percent_encode(value, at < question && !name.ends_with(".segment") ? "/:@" : "");
  });
  if (climbs(path.substr(0, path.find('?'))))
    throw_input(fmt::format("'{}' leaves its path", one_line(path)));
  return base_url_ + path;
}

bool HttpEndpoint::is_own(const Url& url) const {
  if (override_) return url.origin() == override_->origin();
  if (url.scheme != "https" || url.port != 443) return false;
  const auto base = parse_url(base_url_);
  if (base && base->host == url.host) return true;
  return std::any_of(provider_.hosts.begin(), provider_.hosts.end(),
                     [&url](const std::string& pattern) { return host_matches(url.host, pattern); });
}

bool HttpEndpoint::may_download(const Url& url) const {
  return url.scheme == "https" || override_.has_value();
}

net::HttpRequest HttpEndpoint::prepare(const Call& call, const Values& values, const Json& body) {
  net::HttpRequest request;
  request.method = call.method;
  request.url = address(call.address, values);
  for (const providers::Templates* headers : {&std::as_const(provider_.headers), &call.headers})
    for (const auto& [name, text] : *headers) {
      std::string value = providers::expand(text, [&](const std::string& key, size_t) {
        return mode_ == Mode::kShown && key == "uuid" ? "<uuid>" : looked_up(key, values);
      });
      check_header(name, value);
      request.headers.emplace_back(name, std::move(value));
    }
  if (call.multipart) {
    for (const auto& [name, value] : body.items()) request.form.emplace_back(name, text_of(value));
  } else if (!body.is_null()) {
    request.body = document(body, -1);
    request.headers.emplace_back("Content-Type", "application/json");
  }
  authorise(request, provider_.auth);
  return request;
}

net::HttpRequest HttpEndpoint::prepare_download(const Url& url) {
  net::HttpRequest request;
  request.url = url.text();
  const auto& result = provider_.result;
  if (result.credentials && is_own(url)) {
    if (!result.auth) {
      for (const auto& [name, text] : provider_.headers)
        request.headers.emplace_back(name, providers::expand(text, [this](const std::string& key, size_t) {
                                       return looked_up(key, values_);
                                     }));
    }
    authorise(request, result.auth ? *result.auth : provider_.auth);
  }
  return request;
}

std::string HttpEndpoint::secret(const std::string& name) const {
  return mode_ == Mode::kShown ? secrets_.placeholder(name) : secrets_.value(name);
}

std::string HttpEndpoint::jwt(const Auth& auth) const {
  if (mode_ == Mode::kShown)
    return fmt::format("<JWT of {} and {}>", secrets_.placeholder(auth.issuer),
                       secrets_.placeholder(auth.secret));
  const std::time_t now = std::time(nullptr);
  const std::string claims = Json{{"iss", secret(auth.issuer)},
                                  {"exp", now + static_cast<std::time_t>(auth.expires_s)},
                                  {"nbf", now - static_cast<std::time_t>(auth.not_before_s)}}
                                 .dump();
  return net::jwt_hs256(R"({"alg":"HS256","typ":"JWT"})", claims, secret(auth.secret));
}

std::string HttpEndpoint::redact(std::string text) const {
  const std::scoped_lock lock(token_mutex_);
  return secrets_.redact(std::move(text));
}

std::string HttpEndpoint::token(const Auth& auth) {
  const bool is_jwt = auth.kind == Auth::Kind::kJwt;
  if (mode_ == Mode::kShown)
    return is_jwt ? jwt(auth) : fmt::format("<output of {}>", join(auth.command, " "));
  const std::scoped_lock lock(token_mutex_);
  const double now_s = static_cast<double>(monotonic_ns()) * 1e-9;
  if (token_.empty() || now_s - token_made_s_ > auth.expires_s / 2) {
    token_ = is_jwt ? jwt(auth) : output_of(auth.command);
    token_made_s_ = now_s;
    secrets_.guard(token_, "<token>");
  }
  return token_;
}

void HttpEndpoint::sign(net::HttpRequest& request, const Auth& auth) const {
  if (mode_ == Mode::kShown) {
    request.headers.emplace_back("Authorization", fmt::format("AWS4-HMAC-SHA256 <signature with {}>",
                                                              secrets_.placeholder(auth.secret)));
    return;
  }
  net::AwsCredentials credentials{secret(auth.issuer), secret(auth.secret), ""};
  if (!auth.session.empty()) try {
      credentials.session_token = secrets_.value(auth.session);
    } catch (const Error&) {  // optional
    }
  const std::string region = providers::expand(
      auth.region, [this](const std::string& name, size_t) { return looked_up(name, values_); });
  net::sign_aws(request, credentials, region, auth.service, std::time(nullptr));
}

void HttpEndpoint::authorise(net::HttpRequest& request, const Auth& auth) {
  std::string value;
  switch (auth.kind) {
    case Auth::Kind::kNone:
      return;
    case Auth::Kind::kSigV4:
      return sign(request, auth);
    case Auth::Kind::kQuery:
      value = mode_ == Mode::kShown ? secret(auth.secret) : percent_encode(secret(auth.secret));
      request.url += (request.url.find('?') == std::string::npos ? "?" : "&") + auth.name + "=" + value;
      return;
    case Auth::Kind::kHeader:
      value = secret(auth.secret);
      break;
    case Auth::Kind::kJwt:
    case Auth::Kind::kCommand:
      value = token(auth);
      break;
  }
  check_header(auth.name, value);
  request.headers.emplace_back(auth.name, auth.prefix + value);
}

}  // namespace vidbench::workers
