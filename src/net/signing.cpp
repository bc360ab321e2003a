#include "net/signing.h"

#include <fmt/chrono.h>
#include <fmt/format.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/rand.h>

#include <algorithm>
#include <array>
#include <map>
#include <span>

#include "base/base64.h"
#include "base/error.h"
#include "base/hash.h"
#include "base/strings.h"
#include "base/url.h"

namespace vidbench::net {
namespace {

std::string hex(std::string_view bytes) {
  std::string text;
  for (const char c : bytes) text += fmt::format("{:02x}", static_cast<unsigned char>(c));
  return text;
}

// Lower-case names, sorted, with their values; "host" is among them.
std::map<std::string, std::string> canonical_headers(const HttpRequest& request, const Url& url) {
  std::map<std::string, std::string> headers = {{"host", url.origin().substr(url.scheme.size() + 3)}};
  for (const auto& [name, value] : request.headers) {
    headers[lower(name)] = trim(value);
  }
  return headers;
}

std::string canonical_query(const std::string& query) {
  if (query.empty()) return "";
  std::vector<std::string> pairs = split(query, '&');
  for (std::string& pair : pairs)
    if (pair.find('=') == std::string::npos) pair += '=';
  std::sort(pairs.begin(), pairs.end());
  return join(pairs, "&");
}

}  // namespace

std::string hmac_sha256(std::string_view key, std::string_view text) {
  std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
  unsigned int size = 0;
  if (HMAC(EVP_sha256(), key.data(), static_cast<int>(key.size()),
           reinterpret_cast<const unsigned char*>(text.data()), text.size(), digest.data(), &size) == nullptr)
    throw Error(ErrorCode::kInternal, "HMAC-SHA256 is not available in this OpenSSL");
  return {reinterpret_cast<const char*>(digest.data()), size};
}

std::string base64url(std::string_view bytes) {
  std::string text = base64(std::as_bytes(std::span(bytes.data(), bytes.size())));
  for (char& c : text) c = c == '+' ? '-' : c == '/' ? '_' : c;
  text.resize(std::min(text.find('='), text.size()));
  return text;
}

std::string jwt_hs256(std::string_view header, std::string_view claims, std::string_view secret) {
  const std::string signed_part = base64url(header) + "." + base64url(claims);
  return signed_part + "." + base64url(hmac_sha256(secret, signed_part));
}

void sign_aws(HttpRequest& request, const AwsCredentials& credentials, const std::string& region,
              const std::string& service, int64_t time) {
  const auto url = parse_url(request.url);
  if (!url) throw_input("'" + one_line(request.url) + "' is not an address that can be signed");
  const std::string stamp = fmt::format("{:%Y%m%dT%H%M%SZ}", fmt::gmtime(static_cast<std::time_t>(time)));
  const std::string payload = sha256_hex(request.body);
  request.headers.emplace_back("X-Amz-Date", stamp);
  if (!credentials.session_token.empty())
    request.headers.emplace_back("X-Amz-Security-Token", credentials.session_token);
  if (service == "s3") request.headers.emplace_back("X-Amz-Content-Sha256", payload);

  std::string listed, names;
  for (const auto& [name, value] : canonical_headers(request, *url)) {
    listed += name + ":" + value + "\n";
    names += (names.empty() ? "" : ";") + name;
  }
  // Every service but s3 encodes the path a second time.
  const std::string path = service == "s3" ? url->path : percent_encode(url->path, "/");
  const std::string canonical = fmt::format("{}\n{}\n{}\n{}\n{}\n{}", request.method, path,
                                            canonical_query(url->query), listed, names, payload);
  const std::string scope = fmt::format("{}/{}/{}/aws4_request", stamp.substr(0, 8), region, service);
  const std::string text = fmt::format("AWS4-HMAC-SHA256\n{}\n{}\n{}", stamp, scope, sha256_hex(canonical));
  std::string key = hmac_sha256("AWS4" + credentials.secret_key, stamp.substr(0, 8));
  for (const std::string& step : {region, service, std::string("aws4_request")}) key = hmac_sha256(key, step);
  request.headers.emplace_back(
      "Authorization", fmt::format("AWS4-HMAC-SHA256 Credential={}/{}, SignedHeaders={}, Signature={}",
                                   credentials.access_key, scope, names, hex(hmac_sha256(key, text))));
}

std::string random_uuid() {
  std::array<unsigned char, 16> bytes{};
  if (RAND_bytes(bytes.data(), static_cast<int>(bytes.size())) != 1)
    throw Error(ErrorCode::kInternal, "no random bytes");
  bytes[6] = static_cast<unsigned char>((bytes[6] & 0x0f) | 0x40);
  bytes[8] = static_cast<unsigned char>((bytes[8] & 0x3f) | 0x80);
  const std::string digits = hex({reinterpret_cast<const char*>(bytes.data()), bytes.size()});
  return fmt::format("{}-{}-{}-{}-{}", digits.substr(0, 8), digits.substr(8, 4), digits.substr(12, 4),
                     digits.substr(16, 4), digits.substr(20));
}

}  // namespace vidbench::net
