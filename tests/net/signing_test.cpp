// Published vectors: RFC 4231 (HMAC), RFC 7515 appendix A.1 (JWS with HS256), AWS's examples of Signature
// Version 4 (get-vanilla and its relatives of the aws-sig-v4-test-suite; the S3 example of the API
// reference).
#include "net/signing.h"

#include <gtest/gtest.h>

namespace vidbench::net {
namespace {

std::string header(const HttpRequest& request, const std::string& name) {
  for (const auto& [key, value] : request.headers)
    if (key == name) return value;
  return "";
}

const AwsCredentials kSuite = {"AKIDEXAMPLE", "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY", ""};
constexpr int64_t kSuiteTime = 1440938160;  // 20150830T123600Z

std::string signature(HttpRequest request) {
  sign_aws(request, kSuite, "us-east-1", "service", kSuiteTime);
  const std::string value = header(request, "Authorization");
  return value.substr(value.find("Signature=") + 10);
}

TEST(Hmac, Rfc4231Case2) {
  std::string hex;
  for (const unsigned char c : hmac_sha256("Jefe", "what do ya want for nothing?")) {
    constexpr const char* kDigits = "0123456789abcdef";
    hex += {kDigits[c >> 4], kDigits[c & 15]};
  }
  EXPECT_EQ(hex, "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
}

TEST(Jwt, Rfc7515AppendixA1) {
  const unsigned char key[] = {3,   35,  53, 75,  43,  15, 165, 188, 131, 126, 6,   101, 119, 123, 166, 143,
                               90,  179, 40, 230, 240, 84, 201, 40,  169, 15,  132, 178, 210, 80,  46,  191,
                               211, 251, 90, 146, 210, 6,  71,  239, 150, 138, 180, 195, 119, 98,  61,  34,
                               61,  46,  33, 114, 5,   46, 79,  8,   192, 205, 154, 245, 103, 208, 128, 163};
  EXPECT_EQ(jwt_hs256("{\"typ\":\"JWT\",\r\n \"alg\":\"HS256\"}",
                      "{\"iss\":\"joe\",\r\n \"exp\":1300819380,\r\n \"http://example.com/is_root\":true}",
                      {reinterpret_cast<const char*>(key), sizeof key}),
            "eyJ0eXAiOiJKV1QiLA0KICJhbGciOiJIUzI1NiJ9."
            "eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ."
            "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk");
}

TEST(AwsSignature, TestSuite) {
  EXPECT_EQ(signature({"GET", "https://example.amazonaws.com/", {}, "", {}}),
            "5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31");  // get-vanilla
  EXPECT_EQ(signature({"POST", "https://example.amazonaws.com/", {}, "", {}}),
            "5da7c1a2acd57cee7505fc6676e4e544621c30862966e37dddb68e92efbe5d6b");  // post-vanilla
  EXPECT_EQ(
      signature({"GET", "https://example.amazonaws.com/?Param2=value2&Param1=value1", {}, "", {}}),
      "b97d918cfa904a5beff61c982a1b6f458b799221646efd99d3219ec94cdf2500");  // get-vanilla-query-order-key-case
}

TEST(AwsSignature, S3Example) {
  HttpRequest request{
      "GET", "https://examplebucket.s3.amazonaws.com/test.txt", {{"Range", "bytes=0-9"}}, "", {}};
  sign_aws(request, {"AKIAIOSFODNN7EXAMPLE", "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY", ""}, "us-east-1",
           "s3",
           1369353600);  // 20130524T000000Z
  EXPECT_EQ(header(request, "Authorization"),
            "AWS4-HMAC-SHA256 Credential=AKIAIOSFODNN7EXAMPLE/20130524/us-east-1/s3/aws4_request, "
            "SignedHeaders=host;range;x-amz-content-sha256;x-amz-date, "
            "Signature=f0e8bdb87c964420e857bd35b5d6ed310bd44f0170aba48dd91039c6036bdb41");
}

TEST(AwsSignature, ASessionTokenIsSigned) {
  HttpRequest request{"POST", "https://example.amazonaws.com/", {}, "{}", {}};
  AwsCredentials credentials = kSuite;
  credentials.session_token = "token";
  sign_aws(request, credentials, "us-east-1", "service", kSuiteTime);
  EXPECT_NE(header(request, "Authorization").find("SignedHeaders=host;x-amz-date;x-amz-security-token"),
            std::string::npos);
}

TEST(Uuid, IsRandomAndVersion4) {
  const std::string one = random_uuid();
  EXPECT_EQ(one.size(), 36u);
  EXPECT_EQ(one[14], '4');
  EXPECT_NE(one, random_uuid());
}

}  // namespace
}  // namespace vidbench::net
