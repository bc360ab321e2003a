// Tokens and signatures that are computed from a secret.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/json.h"
#include "net/http.h"

namespace vidbench::net {

// 32 bytes.
[[nodiscard]] std::string hmac_sha256(std::string_view key, std::string_view text);
// base64url without padding (RFC 4648 §5).
[[nodiscard]] std::string base64url(std::string_view bytes);
// A JSON Web Token (RFC 7519) signed with HMAC-SHA256. `header` and `claims` are JSON texts, signed as they
// stand.
[[nodiscard]] std::string jwt_hs256(std::string_view header, std::string_view claims,
                                    std::string_view secret);

struct AwsCredentials {
  std::string access_key, secret_key, session_token;  // the token may be empty
};

// Adds X-Amz-Date, X-Amz-Security-Token, for s3 X-Amz-Content-Sha256, and Authorization to the request: AWS
// Signature Version 4 over its method, address, body and every header it has. `time`: seconds since 1970.
// Source: https://docs.aws.amazon.com/IAM/latest/UserGuide/create-signed-request.html
void sign_aws(HttpRequest& request, const AwsCredentials& credentials, const std::string& region,
              const std::string& service, int64_t time);

// 128 random bits as text, version 4 (RFC 9562).
[[nodiscard]] std::string random_uuid();

}  // namespace vidbench::net
