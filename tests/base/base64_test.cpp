#include "base/base64.h"

#include <gtest/gtest.h>

#include "base/random.h"

namespace vidbench {
namespace {

std::span<const std::byte> bytes(std::string_view text) { return std::as_bytes(std::span(text)); }

TEST(Base64, EqualsTheExamplesOfTheStandard) {
  // RFC 4648, section 10.
  const std::vector<std::pair<std::string, std::string>> examples = {{"", ""},
                                                                     {"f", "Zg=="},
                                                                     {"fo", "Zm8="},
                                                                     {"foo", "Zm9v"},
                                                                     {"foob", "Zm9vYg=="},
                                                                     {"fooba", "Zm9vYmE="},
                                                                     {"foobar", "Zm9vYmFy"}};
  for (const auto& [plain, encoded] : examples) {
    EXPECT_EQ(base64(bytes(plain)), encoded);
    const auto decoded = from_base64(encoded);
    ASSERT_TRUE(decoded) << encoded;
    EXPECT_TRUE(std::ranges::equal(*decoded, bytes(plain)));
  }
}

TEST(Base64, ReturnsWhatWentIn) {
  Random random(1);
  for (size_t size = 0; size < 200; ++size) {
    std::vector<std::byte> content(size);
    for (std::byte& byte : content) byte = static_cast<std::byte>(random.next());
    EXPECT_EQ(from_base64(base64(content)), content);
  }
}

TEST(Base64, RefusesOtherText) {
  for (const char* text :
       {"Z", "Zg", "Zg=", "Zg= ", " Zg==", "Zg==\n", "Z===", "====", "Zg==Zg==", "Zm9*", "Zm9v\n\n\n\n"})
    EXPECT_FALSE(from_base64(text)) << text;
}

}  // namespace
}  // namespace vidbench
