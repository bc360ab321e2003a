#include "providers/provider_file.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <set>

#include "base/error.h"
#include "base/files.h"
#include "base/hash.h"
#include "base/strings.h"
#include "base/url.h"
#include "base/yaml_guard.h"
#include "providers/pointer.h"
#include "providers/template.h"

namespace vidbench::providers {
namespace {

constexpr size_t kFileLimitBytes = size_t{1} << 20;

bool is_name(const std::string& text) {
  const auto allowed = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_' || c == '-';
  };
  return !text.empty() && text.size() <= 60 && std::all_of(text.begin(), text.end(), allowed);
}

bool is_variable(const std::string& text) {
  const auto allowed = [](char c) { return (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_'; };
  return !text.empty() && std::all_of(text.begin(), text.end(), allowed) &&
         !(text[0] >= '0' && text[0] <= '9');
}

bool is_header(const std::string& text) {
  const auto allowed = [](unsigned char c) { return std::isalnum(c) != 0 || c == '-' || c == '_'; };
  return !text.empty() && std::all_of(text.begin(), text.end(), allowed);
}

void check_pointer(const YamlMap& map, const std::string& key, const std::string& pointer) {
  if (!is_pointer(pointer))
    map.fail(key, fmt::format("'{}' is not a JSON pointer", pointer),
             "write /key/0/key, or \"\" for the whole body");
}

// A pointer or a list of them.
Texts pointers(YamlMap& map, const std::string& key) {
  const Json value = map.json(key);
  Texts list;
  if (value.is_null()) return list;
  for (const Json& item : value.is_array() ? value : Json::array({value})) {
    if (!item.is_string()) map.fail(key, fmt::format("'{}' must be a JSON pointer or a list of them", key));
    list.push_back(item.get<std::string>());
    check_pointer(map, key, list.back());
  }
  return list;
}

std::string pointer(YamlMap& map, const std::string& key) {
  std::string value = map.text(key);
  check_pointer(map, key, value);
  return value;
}

// Scalars; a single one stands for a list of one.
std::vector<Json> values(YamlMap& map, const std::string& key) {
  const Json value = map.json(key);
  if (value.is_null()) return {};
  if (value.is_object()) map.fail(key, fmt::format("'{}' must be a value or a list of values", key));
  if (!value.is_array()) return {value};
  for (const Json& item : value)
    if (item.is_structured()) map.fail(key, fmt::format("'{}' must be a list of plain values", key));
  return {value.begin(), value.end()};
}

double positive(YamlMap& map, const std::string& key, double fallback) {
  const double number = map.number(key, fallback);
  if (!std::isfinite(number) || number <= 0) map.fail(key, fmt::format("'{}' must be above 0", key));
  return number;
}

void check_template(const YamlMap& map, const std::string& key, const std::string& text) {
  try {
    (void)template_names(text);
  } catch (const Error& e) {
    map.fail(key, e.what(), e.hint());
  }
}

Templates read_templates(YamlMap& map, const std::string& key) {
  Templates list;
  auto nested = map.optional_map(key);
  if (!nested) return list;
  for (const std::string& name : nested->keys()) {
    list.emplace_back(name, nested->text(name));
    check_template(*nested, name, list.back().second);
  }
  return list;
}

Templates read_headers(YamlMap& map) {
  Templates list = read_templates(map, "headers");
  for (const auto& [name, value] : list)
    if (!is_header(name)) map.fail("headers", fmt::format("'{}' is not a name of a header", name));
  return list;
}

std::vector<Variable> read_variables(YamlMap& file, const std::string& key, bool secret) {
  std::vector<Variable> list;
  auto map = file.optional_map(key);
  if (!map) return list;
  for (const std::string& name : map->keys()) {
    if (!is_name(name))
      map->fail(name, fmt::format("'{}' is not a name", name), "lower-case letters, digits, '_' and '-'");
    Variable variable{name, {}, "", false};
    if (secret && !map->json(name).is_object()) {
      variable.environment = map->texts(name);
    } else {
      YamlMap entry = map->map(name);
      variable.environment = entry.texts("environment");
      if (secret)
        variable.optional = entry.boolean("optional", false);
      else
        variable.fallback = entry.text("default", "");
      entry.finish();
    }
    for (const std::string& one : variable.environment)
      if (!is_variable(one))
        map->fail(name, fmt::format("'{}' is not a name of an environment variable", one));
    if (secret && variable.environment.empty())
      map->fail(name, fmt::format("secret '{}' names no environment variable", name));
    list.push_back(std::move(variable));
  }
  return list;
}

class Reader {
 public:
  Reader(const std::string& text, const std::string& origin) : file_(parse(text, origin)) {
    provider_.origin = origin;
  }

  Provider read() {
    provider_.name = file_.text("provider");
    if (!is_name(provider_.name))
      file_.fail("provider", fmt::format("'{}' is not a name of a provider", provider_.name),
                 "lower-case letters, digits, '_' and '-'");
    provider_.title = file_.text("title", provider_.name);
    provider_.notes = file_.text("notes", "");
    provider_.sources = file_.texts("sources");
    if (provider_.sources.empty())
      file_.fail("sources", "'sources' says where this was read", "list files or pages");
    provider_.secrets = read_variables(file_, "secrets", true);
    provider_.parameters = read_variables(file_, "parameters", false);
    read_hosts();
    provider_.auth = read_auth(file_, "auth");
    provider_.headers = read_headers(file_);
    provider_.max_answer_bytes = static_cast<uint64_t>(positive(file_, "max_answer_mib", 16)) << 20;
    read_request();
    read_answers();
    file_.finish();
    check_names();
    provider_.digest = sha256_hex(request_identity().dump());
    return std::move(provider_);
  }

 private:
  static YamlMap parse(const std::string& text, const std::string& origin) {
    check_plain_yaml(text, origin);
    return YamlMap::parse(text, origin);
  }

  void read_hosts() {
    provider_.base_url = file_.text("base_url");
    check_template(file_, "base_url", provider_.base_url);
    const std::string sample =
        expand(provider_.base_url, [](const std::string&, size_t) { return std::string("x"); });
    const auto url = parse_url(sample);
    if (!url || url->scheme != "https" || !url->query.empty() || sample.ends_with('/'))
      file_.fail("base_url",
                 fmt::format("'{}' is not an https address without '/' at its end", provider_.base_url));
    provider_.hosts = file_.texts("hosts");
    for (const std::string& host : provider_.hosts) {
      const std::string plain = host.starts_with("*.") ? host.substr(2) : host;
      const auto parsed = parse_url("https://" + plain);
      if (!parsed || parsed->host != plain || plain.find('.') == std::string::npos)
        file_.fail("hosts", fmt::format("'{}' is not a host", host), "api.example.com or *.example.com");
    }
  }

  std::string secret_name(YamlMap& map, const std::string& key, bool required = true) {
    const std::string name = required ? map.text(key) : map.text(key, "");
    Texts names;
    for (const Variable& secret : provider_.secrets) names.push_back(secret.name);
    if (!name.empty() && std::find(names.begin(), names.end(), name) == names.end())
      map.fail(key, fmt::format("'{}' is not one of the secrets", name), suggestion(name, names));
    return name;
  }

  Auth read_auth(YamlMap& parent, const std::string& key) {
    Auth auth;
    auto map = parent.optional_map(key);
    if (!map) return auth;
    const std::string kind =
        map->choice("kind", {"bearer", "header", "query", "jwt-hs256", "command", "sigv4", "none"});
    auth.name = "Authorization";
    if (kind == "bearer" || kind == "jwt-hs256" || kind == "command") auth.prefix = "Bearer ";
    if (kind == "bearer" || kind == "header") {
      auth.kind = Auth::Kind::kHeader;
      auth.secret = secret_name(*map, "secret");
      if (kind == "header") {
        auth.name = map->text("header", "Authorization");
        auth.prefix = map->text("prefix", "");
        if (!is_header(auth.name))
          map->fail("header", fmt::format("'{}' is not a name of a header", auth.name));
      }
    } else if (kind == "query") {
      auth.kind = Auth::Kind::kQuery;
      auth.name = map->text("parameter");
      auth.secret = secret_name(*map, "secret");
    } else if (kind == "jwt-hs256") {
      auth.kind = Auth::Kind::kJwt;
      auth.issuer = secret_name(*map, "issuer");
      auth.secret = secret_name(*map, "secret");
      auth.expires_s = positive(*map, "expires_s", 1800);
      auth.not_before_s = map->number("not_before_s", 5);
    } else if (kind == "command") {
      auth.kind = Auth::Kind::kCommand;
      auth.command = map->texts("command");
      auth.expires_s = positive(*map, "expires_s", 1800);
      if (auth.command.empty()) map->fail("command", "'command' must be a program and its arguments");
    } else if (kind == "sigv4") {
      auth.kind = Auth::Kind::kSigV4;
      auth.issuer = secret_name(*map, "access_key");
      auth.secret = secret_name(*map, "secret_key");
      auth.session = secret_name(*map, "session_token", false);
      auth.region = map->text("region");
      auth.service = map->text("service");
      check_template(*map, "region", auth.region);
      for (const std::string& name : template_names(auth.region)) parameter(*map, "region", name);
    }
    map->finish();
    return auth;
  }

  void parameter(const YamlMap& map, const std::string& key, const std::string& name) {
    Texts names;
    for (const Variable& one : provider_.parameters) names.push_back(one.name);
    if (std::find(names.begin(), names.end(), name) == names.end())
      map.fail(key, fmt::format("{{{}}} is not one of the parameters", name), suggestion(name, names));
  }

  Call read_call(YamlMap& map, bool with_body = true) {
    Call call;
    const std::string text = map.text("call");
    const size_t space = text.find(' ');
    static const Texts kMethods = {"GET", "POST", "PUT", "PATCH", "DELETE"};
    call.method = text.substr(0, space);
    if (std::find(kMethods.begin(), kMethods.end(), call.method) == kMethods.end() ||
        space == std::string::npos)
      map.fail("call", fmt::format("'{}' is not a call", text),
               "write METHOD /path or METHOD {name of an address}");
    call.address = trim(text.substr(space));
    check_template(map, "call", call.address);
    if (call.address.empty() || (call.address[0] != '/' && call.address[0] != '{'))
      map.fail("call", fmt::format("'{}' is neither a path nor {{an address}}", call.address),
               "begin it with '/' or '{'");
    call.headers = read_headers(map);
    if (with_body) {
      call.body = map.json("body");
      if (map.has("body") && !call.body.is_object()) map.fail("body", "'body' must be a mapping");
      call.multipart = map.text("encoding", "json") == "multipart";
      if (map.has("encoding")) (void)map.choice("encoding", {"json", "multipart"});
    }
    if (auto capture = map.optional_map("capture"))
      for (const std::string& name : capture->keys()) {
        if (!is_name(name))
          capture->fail(name, fmt::format("'{}' is not a name", name),
                        "lower-case letters, digits, '_' and '-'");
        call.capture.emplace_back(name, pointers(*capture, name));
        if (call.capture.back().second.empty()) capture->fail(name, fmt::format("'{}' has no pointer", name));
      }
    call.fail = read_fail(map);
    return call;
  }

  static std::vector<FailRule> read_fail(YamlMap& map) {
    std::vector<FailRule> rules;
    for (YamlMap& entry : map.maps("fail")) {
      FailRule rule;
      rule.at = pointers(entry, "at");
      if (rule.at.empty())
        entry.fail("at", "a rule of 'fail' needs 'at'", "name where the sign of failure stands");
      const std::vector<Json> is = values(entry, "is"), is_not = values(entry, "is_not");
      if (!is.empty() && !is_not.empty()) entry.fail("is", "'is' and 'is_not' exclude each other");
      rule.test = !is.empty()       ? FailRule::Test::kIs
                  : !is_not.empty() ? FailRule::Test::kIsNot
                                    : FailRule::Test::kPresent;
      rule.values = is.empty() ? is_not : is;
      rule.message = pointers(entry, "message");
      rule.moderation = entry.text("class", "failed") == "moderation";
      if (entry.has("class")) (void)entry.choice("class", {"failed", "moderation"});
      entry.finish();
      rules.push_back(std::move(rule));
    }
    return rules;
  }

  std::optional<Rewriting> read_rewriting(YamlMap& map) {
    auto entry = map.optional_map("prompt_rewriting");
    if (!entry) return std::nullopt;
    Rewriting rewriting{pointer(*entry, "at"), entry->json("off_value")};
    if (!entry->has("off_value"))
      entry->fail("off_value", "'off_value' is the value that switches rewriting off");
    entry->finish();
    return rewriting;
  }

  void read_request() {
    YamlMap submit = file_.map("submit");
    provider_.submit = read_call(submit);
    provider_.idempotency = submit.text("idempotency", "");
    check_pointer(submit, "idempotency", provider_.idempotency);
    submit.finish();
    provider_.fields = read_fields(file_.map("fields"));
    if (!provider_.fields.contains("prompt"))
      file_.fail("fields", "'fields' has no 'prompt'", "say where the prompt goes");
    provider_.rewriting = read_rewriting(file_);
    if (auto models = file_.optional_map("models"))
      for (const std::string& name : models->keys()) {
        YamlMap entry = models->map(name);
        ModelRules rules;
        if (auto fields = entry.optional_map("fields")) rules.fields = read_fields(*fields);
        rules.body = entry.json("body");
        if (entry.has("body") && !rules.body.is_object()) entry.fail("body", "'body' must be a mapping");
        rules.rewriting = read_rewriting(entry);
        entry.finish();
        provider_.models[name] = std::move(rules);
      }
    if (auto price = file_.optional_map("price")) {
      provider_.price = Price{price->text("currency"), price->number("per_video", 0),
                              price->number("per_second", 0), pointers(*price, "at")};
      price->finish();
    }
  }

  void read_answers() {
    if (auto map = file_.optional_map("poll")) provider_.poll = read_poll(*map);
    for (YamlMap& map : file_.maps("steps")) {
      provider_.steps.push_back(read_call(map));
      map.finish();
    }
    read_result(file_.map("result"));
    if (auto map = file_.optional_map("cancel")) {
      provider_.cancel = read_call(*map);
      map->finish();
    }
    if (auto map = file_.optional_map("record"))
      for (const std::string& name : map->keys()) provider_.record.emplace_back(name, pointer(*map, name));
    const bool direct =
        provider_.result.kind == Result::Kind::kBody || provider_.result.kind == Result::Kind::kMultipart;
    if (direct && (provider_.poll || !provider_.steps.empty()))
      file_.fail("result", "a result in the submit's answer needs no 'poll' and no 'steps'");
    if (!direct && !provider_.poll)
      file_.fail("", "missing key 'poll'", "only the results 'body' and 'multipart' come without");
  }

  Poll read_poll(YamlMap& map) {
    Poll poll;
    poll.call = read_call(map);
    YamlMap status = map.map("status");
    StatusRule& rule = poll.status;
    rule.at = pointers(status, "at");
    rule.queued = values(status, "queued");
    rule.running = values(status, "running");
    rule.success = values(status, "success");
    rule.failed = values(status, "failed");
    rule.moderation = values(status, "moderation");
    for (const int64_t code : status.integers("pending_http"))
      rule.pending_http.push_back(static_cast<int>(code));
    const auto is_pending = [&status](const char* key) {
      const bool pending = status.text(key, "failed") == "pending";
      if (status.has(key)) (void)status.choice(key, {"pending", "failed"});
      return pending;
    };
    rule.other_is_pending = is_pending("other");
    rule.absent_is_pending = is_pending("absent");
    rule.absent_success = pointers(status, "absent_success");
    rule.message = pointers(status, "message");
    if (rule.at.empty() || rule.success.empty()) status.fail("", "'status' needs 'at' and 'success'");
    status.finish();
    poll.interval_s = positive(map, "interval_s", poll.interval_s);
    poll.backoff = positive(map, "backoff", poll.backoff);
    poll.longest_s = positive(map, "longest_s", poll.longest_s);
    if (poll.backoff < 1) map.fail("backoff", "'backoff' must be at least 1");
    map.finish();
    return poll;
  }

  void read_result(YamlMap map) {
    static const Texts kKinds = {"url", "content", "base64", "body", "multipart", "object"};
    Result& result = provider_.result;
    const std::string kind = map.choice("kind", kKinds);
    result.kind = static_cast<Result::Kind>(std::find(kKinds.begin(), kKinds.end(), kind) - kKinds.begin());
    using Kind = Result::Kind;
    if (result.kind == Kind::kUrl || result.kind == Kind::kBase64 || result.kind == Kind::kObject) {
      result.at = pointers(map, "at");
      if (result.at.empty()) map.fail("at", fmt::format("the result '{}' needs 'at'", kind));
    }
    if (result.kind == Kind::kContent) result.call = read_call(map, false);
    if (result.kind == Kind::kUrl || result.kind == Kind::kObject)
      result.credentials = map.boolean("credentials", false);
    if (result.kind == Kind::kContent) result.credentials = true;
    if (map.has("auth")) result.auth = read_auth(map, "auth");
    if (result.kind == Kind::kObject) {
      result.object_url = map.text("address");
      check_template(map, "address", result.object_url);
    }
    if (result.kind == Kind::kMultipart) result.media_type = map.text("part");
    map.finish();
  }

  // Every {name} must be something that exists when it is needed.
  void check_names() {
    std::set<std::string> known = {"model", "endpoint", "uuid"};
    for (const Variable& one : provider_.parameters) known.insert(one.name);
    std::set<std::string> fixed = known;
    check(provider_.base_url, {"base_url", fixed, "base_url"});
    for (const auto& [name, value] : provider_.headers) check(value, {"headers", fixed, "headers"});
    check_call(provider_.submit, known, "submit");
    if (provider_.poll) check_call(provider_.poll->call, known, "poll");
    if (!provider_.cancel.method.empty()) {
      std::set<std::string> before = known;
      check_call(provider_.cancel, before, "cancel");
    }
    for (const Call& step : provider_.steps) check_call(step, known, "steps");
    if (provider_.result.kind == Result::Kind::kContent) check_call(provider_.result.call, known, "result");
    std::set<std::string> object = known;
    object.insert({"bucket", "key"});
    check(provider_.result.object_url, {"result", object, "result"});
  }

  struct Scope {
    std::string key;
    const std::set<std::string>& known;
    std::string what;
  };
  void check(const std::string& text, const Scope& scope) {
    for (std::string name : template_names(text)) {
      for (const std::string suffix : {".path", ".segment"})
        if (name.ends_with(suffix)) name.resize(name.size() - suffix.size());
      if (scope.known.contains(name)) continue;
      const Texts names(scope.known.begin(), scope.known.end());
      file_.fail(scope.key, fmt::format("{{{}}} in '{}' is nothing that is known there", name, scope.what),
                 suggestion(name, names));
    }
  }

  void check_body(const Json& body, const Scope& scope) {
    if (body.is_string()) {
      try {
        check(body.get<std::string>(), scope);
      } catch (const Error& e) {
        file_.fail(scope.key, e.what(), e.hint());
      }
    }
    if (body.is_structured())
      for (const Json& item : body) check_body(item, scope);
  }

  void check_call(const Call& call, std::set<std::string>& known, const std::string& key) {
    check(call.address, {key, known, key});
    for (const auto& [name, value] : call.headers) check(value, {key, known, key});
    check_body(call.body, {key, known, key});
    for (const auto& [name, at] : call.capture) known.insert(name);
  }

  // What decides which video is asked for. Where it is asked for again, and how it is paid, do not.
  [[nodiscard]] Json request_identity() {
    return {{"submit", file_.json("submit")},
            {"fields", file_.json("fields")},
            {"models", file_.json("models")},
            {"prompt_rewriting", file_.json("prompt_rewriting")}};
  }

  YamlMap file_;
  Provider provider_;
};

Field read_field(YamlMap map) {
  Field field;
  field.at = pointer(map, "at");
  field.format = map.text("format", "");
  check_template(map, "format", field.format);
  for (const std::string& name : template_names(field.format))
    if (name != "value" && name != "width" && name != "height")
      map.fail("format", fmt::format("{{{}}} is not known in a format", name),
               "one of: value, width, height");
  field.as_text = map.text("type", "") == "text" || !field.format.empty();
  if (map.has("type")) (void)map.choice("type", {"text", "number"});
  field.allowed = values(map, "allowed");
  if (auto entries = map.optional_map("map"))
    for (const std::string& key : entries->keys()) field.map.emplace_back(key, entries->json(key));
  if (!field.map.empty() && (!field.allowed.empty() || !field.format.empty()))
    map.fail("map", "'map' excludes 'allowed' and 'format'",
             "its keys are what is allowed, its values what is sent");
  const auto number = [&map](const char* key, std::optional<double>& value) {
    const double read = map.number(key, 0);
    if (map.has(key)) value = read;
  };
  number("minimum", field.minimum);
  number("maximum", field.maximum);
  const auto count = [&map](const char* key) {
    const int64_t value = map.integer(key, 0);
    if (value < 0) map.fail(key, fmt::format("'{}' must not be negative", key));
    return static_cast<size_t>(value);
  };
  field.max_characters = count("max_characters");
  field.max_utf16_units = count("max_utf16_units");
  field.fallback = map.json("default");
  field.required = map.boolean("required", false);
  map.finish();
  return field;
}

}  // namespace

const Texts& field_names() {
  static const Texts names = {"model",        "prompt",    "negative_prompt", "seed",     "frames",   "width",
                              "height",       "fps",       "steps",           "guidance", "duration", "size",
                              "aspect_ratio", "resolution"};
  return names;
}

Fields read_fields(YamlMap map) {
  Fields fields;
  for (const std::string& name : map.keys()) {
    if (std::find(field_names().begin(), field_names().end(), name) == field_names().end())
      map.fail(name, fmt::format("'{}' is not a field", name), suggestion(name, field_names()));
    if (map.json(name) == "none")
      fields[name].absent = true;
    else
      fields[name] = read_field(map.map(name));
  }
  return fields;
}

Provider parse_provider(const std::string& text, const std::string& origin) {
  return Reader(text, origin).read();
}

Provider load_provider(const std::filesystem::path& file, const std::string& shown) {
  Provider provider = parse_provider(read_file(file, kFileLimitBytes), shown);
  if (provider.name != file.stem().string())
    throw_input(fmt::format("{}:1: the file of provider '{}' must be named {}.yaml", shown, provider.name,
                            provider.name));
  return provider;
}

}  // namespace vidbench::providers
