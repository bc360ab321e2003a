#include "base/url.h"

#include <gtest/gtest.h>

namespace vidbench {
namespace {

TEST(Url, IsTakenApart) {
  const auto url = parse_url("HTTPS://Api.Example.com:8443/a/b?x=1#part");
  ASSERT_TRUE(url);
  EXPECT_EQ(url->origin(), "https://api.example.com:8443");
  EXPECT_EQ(url->path, "/a/b");
  EXPECT_EQ(url->query, "x=1");
  EXPECT_EQ(parse_url("https://example.com:443?x")->text(), "https://example.com/?x");
  EXPECT_EQ(parse_url("http://[::1]:80/")->host, "[::1]");
}

TEST(Url, OddAddressesAreRefused) {
  for (const char* text :
       {"", "example.com", "ftp://example.com/", "https://", "https:///x", "https://user@example.com/",
        "https://a b/", "https://example.com/a b", "https://example.com:0/", "https://example.com:x/",
        "https://example.com:99999/", "https://exa\nmple.com/", "https://example.com\\@evil.com/",
        "javascript:alert(1)", "https://ex%61mple.com/"})
    EXPECT_FALSE(parse_url(text)) << text;
}

TEST(Url, RedirectsAreResolved) {
  const Url base = *parse_url("https://a.com/x/y?q=1");
  EXPECT_EQ(resolve(base, "https://b.com/z")->text(), "https://b.com/z");
  EXPECT_EQ(resolve(base, "/z")->text(), "https://a.com/z");
  EXPECT_EQ(resolve(base, "z?k")->text(), "https://a.com/x/z?k");
  EXPECT_EQ(resolve(base, "//b.com/z")->text(), "https://b.com/z");
  EXPECT_FALSE(resolve(base, "file:///etc/passwd"));
}

TEST(Url, TextIsEncodedAndHostsAreCompared) {
  EXPECT_EQ(percent_encode("a/b c~\xC3\xA9"), "a%2Fb%20c~%C3%A9");
  EXPECT_EQ(percent_encode("a/b", "/"), "a/b");
  EXPECT_TRUE(host_matches("a.b.com", "*.b.com"));
  EXPECT_FALSE(host_matches("b.com", "*.b.com"));
  EXPECT_FALSE(host_matches("xb.com", "*.b.com"));
  EXPECT_TRUE(host_matches("b.com", "b.com"));
}

}  // namespace
}  // namespace vidbench
