#include "net/multipart.h"

#include <gtest/gtest.h>

#include "base/error.h"

namespace vidbench::net {
namespace {

TEST(Multipart, ReadsPartsWithTheirHeaders) {
  const std::string body =
      "preamble\r\n--b\r\nContent-Type: application/json\r\nX-A: "
      "1\r\n\r\n{}\r\n--b\r\n\r\nplain\r\n--b--\r\nepilogue";
  const auto parts = read_multipart("multipart/mixed; charset=x; boundary=\"b\"", body);
  ASSERT_EQ(parts.size(), 2u);
  EXPECT_EQ(parts[0].headers.at("content-type"), "application/json");
  EXPECT_EQ(parts[0].headers.at("x-a"), "1");
  EXPECT_EQ(parts[0].content, "{}");
  EXPECT_TRUE(parts[1].headers.empty());
  EXPECT_EQ(parts[1].content, "plain");
}

TEST(Multipart, RefusesWhatIsNotWhole) {
  EXPECT_THROW((void)read_multipart("application/json", "{}"), Error);
  EXPECT_THROW((void)read_multipart("multipart/mixed", "--b"), Error);
  for (const char* body : {"", "--b", "--b--", "--b\r\nA: 1", "--b\r\nA: 1\r\n\r\nx", "--b\r\nA: 1\r\n--b--"})
    EXPECT_THROW((void)read_multipart("multipart/mixed; boundary=b", body), Error) << body;
}

}  // namespace
}  // namespace vidbench::net
