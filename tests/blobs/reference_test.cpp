#include "blobs/reference.h"

#include <gtest/gtest.h>

#include <cstdlib>

#include "base/error.h"

namespace vidbench::blobs {
namespace {

TEST(Reference, KeysTellReferencesApartAndAreFileNames) {
  Reference reference{"huggingface.co", "a/b"};
  EXPECT_EQ(reference.key(), "huggingface.co/a/b/main");
  reference.revision = "diffusers/base";
  EXPECT_EQ(reference.leaf(), "diffusers%2Fbase");
  reference.path = "x/y.pth";
  EXPECT_EQ(reference.leaf(), "diffusers%2Fbase~path-x%2Fy.pth");
  EXPECT_EQ(reference.text(), "a/b/x/y.pth@diffusers/base");
  reference = {"huggingface.co", "a/b", "main", "", "fp16"};
  EXPECT_EQ(reference.leaf(), "main~variant-fp16");
}

TEST(Reference, EndpointComesFromTheEnvironment) {
  ::unsetenv("HF_ENDPOINT");
  EXPECT_EQ(hub_endpoint(), "https://huggingface.co");
  EXPECT_EQ(hub_host(), "huggingface.co");
  ::setenv("HF_ENDPOINT", "http://127.0.0.1:8080//", 1);
  EXPECT_EQ(hub_endpoint(), "http://127.0.0.1:8080");
  EXPECT_EQ(hub_host(), "127.0.0.1_8080");
  ::setenv("HF_ENDPOINT", "ftp://x", 1);
  EXPECT_THROW((void)hub_endpoint(), Error);
  ::unsetenv("HF_ENDPOINT");
}

TEST(Reference, PathsThatLeadOutAreNone) {
  for (const char* path : {"a", "a/b.c", "a b", ".hidden/x", "a..b"}) EXPECT_TRUE(is_safe_path(path)) << path;
  for (const char* path : {"", "/a", "a/", "a//b", "..", "a/../b", "./a", "a\\b", "a\nb", "\x7f"})
    EXPECT_FALSE(is_safe_path(path)) << path;
  EXPECT_FALSE(is_safe_path(std::string("a\0b", 3)));
  for (const char* name : {"a/b", "Wan-AI/Wan2.1-T2V-1.3B"}) EXPECT_TRUE(is_repository(name)) << name;
  for (const char* name : {"", "a", "a/", "/b", "a/b/c", "../b", "a/..", "a/.b", "a b/c"})
    EXPECT_FALSE(is_repository(name)) << name;
}

}  // namespace
}  // namespace vidbench::blobs
