// Files that the installed torch writes (make_checkpoints.py), and what a careless or hostile hand makes of
// them.
#include "nn/checkpoint.h"

#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include <cstdlib>

#include "base/error.h"
#include "base/files.h"
#include "registry/program.h"

namespace vidbench::nn {
namespace {

class Checkpoint : public ::testing::Test {
 protected:
  static void SetUpTestSuite() {
    folder_ = std::make_unique<TemporaryDirectory>();
    const auto python = registry::find_python().path;
    ASSERT_TRUE(python);
    const std::string command = "'" + python->string() + "' '" SOURCE_FOLDER "/make_checkpoints.py' '" +
                                folder_->path().string() + "'";
    ASSERT_EQ(std::system(command.c_str()), 0);
  }
  static void TearDownTestSuite() { folder_.reset(); }

  static std::filesystem::path file(const std::string& name) { return folder_->path() / name; }
  static std::string refusal(const std::filesystem::path& path) {
    try {
      (void)load_checkpoint(path);
    } catch (const Error& error) {
      EXPECT_EQ(error.code(), ErrorCode::kInput) << error.what();
      EXPECT_NE(std::string(error.what()).find(path.string()), std::string::npos) << error.what();
      return error.what();
    }
    return {};
  }
  static void expect_equal(const TensorFile& got, const TensorFile& wanted) {
    ASSERT_EQ(got.tensors.size(), wanted.tensors.size());
    for (const auto& [name, tensor] : wanted.tensors) {
      ASSERT_TRUE(got.tensors.contains(name)) << name;
      EXPECT_TRUE(at::equal(got.tensors.at(name), tensor)) << name;
      EXPECT_TRUE(got.tensors.at(name).is_contiguous()) << name;
    }
  }

  static std::unique_ptr<TemporaryDirectory> folder_;
};
std::unique_ptr<TemporaryDirectory> Checkpoint::folder_;

TEST_F(Checkpoint, ReadsWhatTorchSaves) {
  for (const std::string content : {"state", "nested"})
    for (const std::string kind : {"zip.pt", "legacy.pt", "safetensors"}) {
      SCOPED_TRACE(content + "." + kind);
      expect_equal(load_checkpoint(file(content + "." + kind)),
                   load_safetensors(file(content + ".safetensors")));
    }
}

TEST_F(Checkpoint, ReadsTheWeightsOfTorchScriptAndNotItsCode) {
  expect_equal(load_checkpoint(file("script.pt")), load_safetensors(file("script.safetensors")));
}

TEST_F(Checkpoint, ReadsNumPysArchives) {
  for (const std::string name : {"state.npz", "compressed.npz"}) {
    TensorFile arrays = load_checkpoint(file(name));
    EXPECT_EQ(arrays.tensors.at("half").scalar_type(), at::kHalf);
    for (auto& [key, tensor] : arrays.tensors) tensor = tensor.to(at::kFloat);
    expect_equal(arrays, load_safetensors(file("arrays.safetensors")));
  }
}

TEST_F(Checkpoint, ReadsWhatIsBelowAName) {
  for (const std::string name : {"nested.zip.pt", "nested.legacy.pt", "nested.safetensors"}) {
    TensorFile wanted = load_checkpoint(file(name));
    wanted.tensors.erase("lr.0");
    expect_equal(load_checkpoint(file(name), "state_dict."), wanted);
    EXPECT_TRUE(load_checkpoint(file(name), "other.").tensors.empty());
  }
}

TEST_F(Checkpoint, RefusesObjects) {
  for (const std::string kind : {"zip", "legacy"})
    EXPECT_NE(refusal(file("object." + kind + ".pt")).find("'argparse.Namespace'"), std::string::npos);
}

// A truncated file and one with a flipped byte give an error or, where numbers were hit, other numbers.
TEST_F(Checkpoint, DamageNeverCrashes) {
  for (const std::string name : {"state.zip.pt", "state.legacy.pt", "script.pt", "compressed.npz"}) {
    const std::string whole = read_file(file(name));
    const auto damaged = file("damaged.pt");
    for (size_t length = 0; length < whole.size(); length += 1 + whole.size() / 97) {
      write_file_atomic(damaged, whole.substr(0, length), Durability::kCrash);
      EXPECT_NE(refusal(damaged), "") << name << " cut to " << length;
    }
    for (size_t i = 0; i < whole.size(); i += 1 + whole.size() / 499) {
      std::string flipped = whole;
      flipped[i] = static_cast<char>(flipped[i] ^ 0x41);
      write_file_atomic(damaged, flipped, Durability::kCrash);
      (void)refusal(damaged);
    }
  }
}

TEST_F(Checkpoint, NamesAFileThatIsNotThere) {
  EXPECT_NE(refusal(folder_->path() / "none.pt").find("cannot be read"), std::string::npos);
  EXPECT_NE(refusal(folder_->path()).find("cannot be read"), std::string::npos);
}

}  // namespace
}  // namespace vidbench::nn
