#include "nn/safetensors.h"

#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include <string>

#include "base/error.h"
#include "base/files.h"

namespace vidbench::nn {
namespace {

class Safetensors : public ::testing::Test {
 protected:
  // A file with this header text and as many zero bytes of data.
  std::filesystem::path file(const std::string& header, size_t data_bytes) {
    const uint64_t length = header.size();
    std::string content(reinterpret_cast<const char*>(&length), sizeof length);
    content += header + std::string(data_bytes, '\0');
    return raw(content);
  }
  std::filesystem::path raw(const std::string& content) {
    const auto path = folder_.path() / "x.safetensors";
    write_file_atomic(path, content);
    return path;
  }
  // The message of the refusal, which must name the file.
  static std::string refusal(const std::filesystem::path& path) {
    try {
      (void)load_safetensors(path);
    } catch (const Error& error) {
      EXPECT_EQ(error.code(), ErrorCode::kInput);
      EXPECT_NE(std::string(error.what()).find(path.string()), std::string::npos) << error.what();
      return error.what();
    }
    ADD_FAILURE() << "the file was accepted";
    return {};
  }
  void expect_refusal(const std::filesystem::path& path, const std::string& part) {
    const std::string message = refusal(path);
    EXPECT_NE(message.find(part), std::string::npos) << message;
  }

  TemporaryDirectory folder_;
};

TEST_F(Safetensors, RoundTripsEveryType) {
  TensorFile file;
  file.tensors["float"] = at::randn({2, 3, 5});
  file.tensors["half"] = at::randn({7}).to(at::kHalf);
  file.tensors["bfloat"] = at::randn({1, 4}).to(at::kBFloat16);
  file.tensors["long"] = at::arange(6, at::kLong);
  file.tensors["empty"] = at::empty({0, 3});
  file.tensors["scalar"] = at::full({}, 2.5);
  file.tensors["transposed"] = at::randn({3, 4}).t();
  file.metadata["note"] = "kept";
  const auto path = folder_.path() / "round.safetensors";
  save_safetensors(path, file);
  const TensorFile read = load_safetensors(path);
  EXPECT_EQ(read.metadata, file.metadata);
  ASSERT_EQ(read.tensors.size(), file.tensors.size());
  for (const auto& [name, tensor] : file.tensors) {
    EXPECT_EQ(read.tensors.at(name).scalar_type(), tensor.scalar_type()) << name;
    EXPECT_TRUE(at::equal(read.tensors.at(name), tensor)) << name;
  }
}

TEST_F(Safetensors, RequireFloatNamesAMissingKey) {
  TensorFile file;
  file.tensors["a"] = at::ones({2}).to(at::kHalf);
  EXPECT_EQ(require_float(file, "a", "f.safetensors").scalar_type(), at::kFloat);
  try {
    (void)require_float(file, "b", "f.safetensors");
    FAIL();
  } catch (const Error& error) {
    EXPECT_EQ(std::string(error.what()), "f.safetensors: no tensor 'b'");
  }
}

TEST_F(Safetensors, RefusesATruncatedFile) {
  expect_refusal(raw("abc"), "shorter than");
  expect_refusal(file(R"({"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}})", 4), "outside the file");
}

TEST_F(Safetensors, RefusesAHugeHeader) {
  const uint64_t length = uint64_t{1} << 60;
  expect_refusal(raw(std::string(reinterpret_cast<const char*>(&length), sizeof length) + "{}"), "claims");
}

TEST_F(Safetensors, RefusesBadHeaders) {
  (void)refusal(file("{\"a\":", 0));
  expect_refusal(file("[]", 0), "no JSON object");
  expect_refusal(file(R"({"a":1})", 0), "tensor 'a'");
  expect_refusal(file(R"({"a":{"shape":[],"data_offsets":[0,4]}})", 4), "dtype");
  expect_refusal(file(R"({"a":{"dtype":"Q9","shape":[],"data_offsets":[0,4]}})", 4), "Q9");
  expect_refusal(file(R"({"a":{"dtype":"F32","shape":[-1],"data_offsets":[0,4]}})", 4), "natural number");
  expect_refusal(file(R"({"a":{"dtype":"F32","shape":[1],"data_offsets":[0]}})", 4), "two data_offsets");
  expect_refusal(file(R"({"__metadata__":{"k":1}})", 0), "'k'");
}

TEST_F(Safetensors, RefusesShapesThatDoNotFit) {
  expect_refusal(file(R"({"a":{"dtype":"F32","shape":[3],"data_offsets":[0,8]}})", 8), "needs 12");
  expect_refusal(file(R"({"a":{"dtype":"F32","shape":[4294967296,4294967296],"data_offsets":[0,8]}})", 8),
                 "larger");
  expect_refusal(file(R"({"a":{"dtype":"F32","shape":[1],"data_offsets":[8,4]}})", 8), "outside");
}

TEST_F(Safetensors, RefusesOverlapsHolesAndTails) {
  const std::string a =
      R"({"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]},"b":{"dtype":"F32","shape":[2],)";
  expect_refusal(file(a + R"("data_offsets":[4,12]}})", 12), "overlaps");
  expect_refusal(file(a + R"("data_offsets":[12,20]}})", 20), "hole");
  expect_refusal(file(a + R"("data_offsets":[8,16]}})", 20), "after the last tensor");
}

TEST_F(Safetensors, RefusesToWriteAnUnknownType) {
  TensorFile file;
  file.tensors["complex"] = at::zeros({2}, at::kComplexFloat);
  EXPECT_THROW(save_safetensors(folder_.path() / "c.safetensors", file), Error);
}

}  // namespace
}  // namespace vidbench::nn
