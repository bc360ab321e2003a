#include "blobs/choose_files.h"

#include <gtest/gtest.h>

#include "base/error.h"

namespace vidbench::blobs {
namespace {

std::vector<std::string> chosen(const std::vector<std::string>& paths, const Reference& reference,
                                const std::vector<std::string>& components) {
  HubListing listing;
  for (const std::string& path : paths) listing.files.push_back({path, 1, "", ""});
  std::vector<std::string> names;
  for (const HubFile& file : choose_files(listing, reference, components)) names.push_back(file.path);
  return names;
}

using Names = std::vector<std::string>;
const Reference kPlain{"h", "a/b"};
const Reference kHalf{"h", "a/b", "main", "", "fp16"};

TEST(ChooseFiles, OfAPipelineItsComponents) {
  EXPECT_EQ(chosen({"model_index.json", "README.md", "big.safetensors", "vae/config.json", "vae/notes.md",
                    "vaeother/config.json", "unused/config.json"},
                   kPlain, {"vae"}),
            (Names{"model_index.json", "vae/config.json"}));
}

TEST(ChooseFiles, SafetensorsBeforePicklesAlsoInShards) {
  EXPECT_EQ(chosen({"vae/model-00001-of-00002.safetensors", "vae/model-00002-of-00002.safetensors",
                    "vae/model.safetensors.index.json", "vae/pytorch_model-00001-of-00001.bin",
                    "vae/pytorch_model.bin.index.json", "unet/diffusion_pytorch_model.bin"},
                   kPlain, {"vae", "unet"}),
            (Names{"vae/model-00001-of-00002.safetensors", "vae/model-00002-of-00002.safetensors",
                   "vae/model.safetensors.index.json", "unet/diffusion_pytorch_model.bin"}));
}

TEST(ChooseFiles, OneVariant) {
  const Names files = {"vae/m.safetensors",
                       "vae/m.fp16.safetensors",
                       "vae/m.non_ema.safetensors",
                       "te/m.fp16-00001-of-00002.safetensors",
                       "te/m-00002-of-00002.fp16.safetensors",
                       "te/m.safetensors.index.fp16.json",
                       "te/m-00001-of-00001.safetensors",
                       "te/m.safetensors.index.json",
                       "unet/m.safetensors",
                       "unet/config.json"};
  EXPECT_EQ(chosen(files, kHalf, {"vae", "te", "unet"}),
            (Names{"vae/m.fp16.safetensors", "te/m.fp16-00001-of-00002.safetensors",
                   "te/m-00002-of-00002.fp16.safetensors", "te/m.safetensors.index.fp16.json",
                   "unet/m.safetensors", "unet/config.json"}));
  EXPECT_EQ(chosen(files, kPlain, {"vae", "te", "unet"}),
            (Names{"vae/m.safetensors", "te/m-00001-of-00001.safetensors", "te/m.safetensors.index.json",
                   "unet/m.safetensors", "unet/config.json"}));
}

TEST(ChooseFiles, OfAnotherRepositoryAllButWhatIsBesideThePoint) {
  EXPECT_EQ(chosen({".gitattributes", "LICENSE", "README.md", "Wan2.1_VAE.pth", "assets/a.mp4", "config.json",
                    "flax_model.msgpack", "model.onnx", "model.pth", "model.safetensors", "nets/x-bf16.pth"},
                   kPlain, {}),
            (Names{"LICENSE", "Wan2.1_VAE.pth", "config.json", "model.safetensors", "nets/x-bf16.pth"}));
}

TEST(ChooseFiles, OfAPathTheFileOrTheFolder) {
  const Names files = {"nets/a.pth", "nets/a.safetensors", "nets/readme.md", "netsother/b.pth"};
  EXPECT_EQ(chosen(files, {"h", "a/b", "main", "nets/a.pth", ""}, {}), Names{"nets/a.pth"});
  EXPECT_EQ(chosen(files, {"h", "a/b", "main", "nets", ""}, {}), Names{"nets/a.safetensors"});
  EXPECT_EQ(chosen(files, {"h", "a/b", "main", "nothing", ""}, {}), Names{});
}

TEST(ChooseFiles, ReadsComponents) {
  EXPECT_EQ(read_components(R"({"_class_name": "P", "vae": ["d", "V"], "safety": [null, null], "n": [1, 2],
                                "te": ["t", "T"], "flag": true})",
                            "i"),
            (Names{"te", "vae"}));
  for (const char* text : {"", "[]", "{}", R"({"../x": ["a", "b"]})", R"({"a/b": ["a", "b"]})"})
    EXPECT_THROW((void)read_components(text, "i"), Error) << text;
}

TEST(HubListing, ReadsBothKindsOfFiles) {
  const HubListing listing = parse_hub_listing(
      R"({"sha": "1234567890123456789012345678901234567890", "siblings": [
          {"rfilename": "b", "size": 5, "blobId": "1111111111111111111111111111111111111111"},
          {"rfilename": "a", "size": 130, "blobId": "2222222222222222222222222222222222222222", "lfs":
           {"size": 7000000000, "sha256": "3333333333333333333333333333333333333333333333333333333333333333"}}]})",
      "hub");
  ASSERT_EQ(listing.files.size(), 2U);
  EXPECT_EQ(listing.files[0].path, "a");
  EXPECT_EQ(listing.files[0].bytes, 7000000000U);
  EXPECT_EQ(listing.files[0].git_sha1, "");
  EXPECT_EQ(listing.files[1].git_sha1, std::string(40, '1'));
}

}  // namespace
}  // namespace vidbench::blobs
