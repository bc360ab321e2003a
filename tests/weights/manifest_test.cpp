#include "weights/manifest.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "base/error.h"
#include "base/licence.h"

namespace vidbench::weights {
namespace {

std::string entry(const std::string& fields) {
  return "files:\n  - {title: t, licence: MIT, page: 'https://example.org/x', " + fields + "}\n";
}

void expect_refused(const std::string& text, const std::string& message) {
  try {
    (void)parse_manifest(text, "w.yaml");
    ADD_FAILURE() << "accepted: " << text;
  } catch (const Error& e) {
    EXPECT_EQ(e.code(), ErrorCode::kInput);
    EXPECT_EQ(std::string(e.what()).rfind("w.yaml:", 0), 0U) << e.what();
    EXPECT_NE(std::string(e.what()).find(message), std::string::npos) << e.what();
  }
}

TEST(Manifest, ReadsEveryField) {
  const std::string sha(64, 'a');
  const Manifest manifest =
      parse_manifest(entry("name: a-b_1.pt.tar, urls: ['https://example.org/a?dl=1'], sha256: '" + sha +
                           "', sha256_prefix: aaaaaaaa, bytes: 17, note: n, used_by: [x/y]"),
                     "w.yaml");
  ASSERT_EQ(manifest.files.size(), 1U);
  const OfficialFile& file = *manifest.find("a-b_1.pt.tar");
  EXPECT_EQ(file.title, "t");
  EXPECT_EQ(file.urls, std::vector<std::string>{"https://example.org/a?dl=1"});
  EXPECT_EQ(file.sha256, sha);
  EXPECT_EQ(file.bytes, 17U);
  EXPECT_EQ(file.used_by, std::vector<std::string>{"x/y"});
  EXPECT_EQ(manifest.find("other"), nullptr);
}

// A name becomes a path and a part of addresses: whatever could leave the folder is refused.
TEST(Manifest, RefusesNamesThatAreNotPlainFileNames) {
  for (const char* name : {"../evil.pt", "a/b.pt", "/etc/passwd", "..", ".", ".hidden", "a..b", "-rf",
                           "a b.pt", "a\\b", "é.pt", "a%2fb", "''"})
    expect_refused(entry(std::string("name: \"") +
                         (std::string(name) == "''"     ? ""
                          : std::string(name) == "a\\b" ? "a\\\\b"
                                                        : name) +
                         "\""),
                   "is not a plain file name");
  for (const char* name : {"a.part", "a.part.json", "a.lock", "pins.json", "a.tmp"})
    expect_refused(entry(std::string("name: ") + name), "must not end in");
  expect_refused(entry("name: " + std::string(129, 'a')), "is not a plain file name");
}

TEST(Manifest, RefusesWhatItDoesNotUnderstand) {
  expect_refused(entry("name: a.pt, urls: ['ftp://example.org/a']"), "not an http or https address");
  expect_refused(entry("name: a.pt, urls: ['file:///etc/passwd']"), "not an http or https address");
  expect_refused(entry("name: a.pt, urls: ['https://example.org/a b']"), "not an http or https address");
  expect_refused(entry("name: a.pt, sha256: abc"), "64 lower-case hexadecimal digits");
  expect_refused(entry("name: a.pt, sha256: '" + std::string(64, 'A') + "'"),
                 "64 lower-case hexadecimal digits");
  expect_refused(entry("name: a.pt, sha256_prefix: abc"), "6 to 63");
  expect_refused(entry("name: a.pt, sha256: '" + std::string(64, 'a') + "', sha256_prefix: bbbbbb"),
                 "begin with");
  expect_refused(entry("name: a.pt, bytes: 0"), "must be positive");
  expect_refused(entry("name: a.pt, urll: x"), "unknown key 'urll'");
  expect_refused(entry("name: a.pt") + "  - {name: a.pt, title: t, licence: MIT, page: 'https://x.org'}\n",
                 "stands twice");
  expect_refused("files:\n  - {name: a.pt, title: t, licence: MIT}\n", "neither 'urls' nor a 'page'");
  expect_refused("files:\n  - {name: a.pt, title: t, page: 'https://x.org'}\n", "licence");
  expect_refused("files: []\n", "no files");
}

TEST(Manifest, TheShippedOneIsSound) {
  const Manifest manifest = load_manifest(VIDBENCH_SOURCE_DIR "/models/weights.yaml");
  for (const char* name :
       {"ViT-B-32.pt", "ViT-L-14.pt", "musiq_spaq_ckpt-358bb6af.pth", "raft-things.pth", "amt-s.pth"})
    EXPECT_NE(manifest.find(name), nullptr) << name;
  for (const OfficialFile& file : manifest.files) {
    for (const std::string& url : file.urls) EXPECT_TRUE(url.starts_with("https://")) << url;
    // Where the name states digits of the digest, they are the digest's.
    const size_t dash = file.name.rfind('-');
    const std::string digits = file.name.substr(dash + 1, 8);
    if (dash != std::string::npos && file.name.size() == dash + 9 + 4 &&
        digits.find_first_not_of("0123456789abcdef") == std::string::npos) {
      EXPECT_EQ(file.sha256_prefix, digits) << file.name;
    }
  }
  for (const char* name : {"musiq_spaq_ckpt-358bb6af.pth", "amt-s.pth"})
    EXPECT_TRUE(is_non_commercial(manifest.find(name)->licence)) << name;
}

}  // namespace
}  // namespace vidbench::weights
