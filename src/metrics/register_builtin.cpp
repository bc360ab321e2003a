// The list of all metrics: a new one is one file, one line here, one test (docs/add-a-metric.md).
#include "metrics/builtin.h"
#include "metrics/registry.h"

namespace vidbench::metrics {
namespace {

// Any video, no network.
void register_generic(Registry& registry) {
  registry.add(flicker());
  registry.add(temporal_flickering());
  registry.add(motion_amount());
  registry.add(sharpness());
  registry.add(exposure());
}

// The shapes world: what needs no weights.
void register_ground_truth(Registry& registry) {
  registry.add(shapes_flicker());
  registry.add(shapes_motion_amount());
  registry.add(colour_accuracy());
  registry.add(shape_accuracy());
  registry.add(motion_accuracy());
}

// The shapes world's networks. Another family of networks gets a function like this one: without its weights
// its features are left out, and its metrics are there as unavailable.
void register_shapes_networks(Registry& registry, const std::filesystem::path& folder) {
  const auto networks = std::make_shared<ShapesNetworks>(folder);
  if (networks->classifier().problem.empty()) {
    registry.add(shapes_classifier_feature(networks));
    registry.add(shapes_posterior_feature(networks));
  }
  registry.add(shapes_frechet(*networks));
  registry.add(shapes_kernel(*networks));
  registry.add(shapes_inception(*networks));
  registry.add(shapes_text_alignment(networks));
  registry.add(shapes_frame_consistency(networks));
}

void register_i3d(Registry& registry, const std::vector<std::filesystem::path>& folders) {
  const auto network = std::make_shared<I3dNetwork>(find_weight_file(folders, {"i3d_pretrained_400.pt"}));
  if (network->weights().problem.empty()) registry.add(i3d_logits_feature(network));
  registry.add(fvd_i3d(*network));
  registry.add(kvd_i3d(*network));
}

void register_videomae(Registry& registry, const std::vector<std::filesystem::path>& folders) {
  const auto network =
      std::make_shared<VideoMaeNetwork>(find_weight_file(folders, {"vit_g_hybrid_pt_1200e_ssv2_ft.pth"}));
  if (network->weights().problem.empty()) registry.add(videomae_feature(network));
  registry.add(fvd_videomae(*network));
}

void register_clip(Registry& registry, const std::vector<std::filesystem::path>& folders) {
  const WeightFile merges =
      find_weight_file(folders, {"bpe_simple_vocab_16e6.txt.gz", "bpe_simple_vocab_16e6.txt"});
  const auto large = std::make_shared<ClipNetwork>(find_weight_file(folders, {"ViT-L-14.pt"}), merges,
                                                   find_weight_file(folders, {"sa_0_4_vit_l_14_linear.pth"}));
  const auto base = std::make_shared<ClipNetwork>(find_weight_file(folders, {"ViT-B-32.pt"}), merges);
  registry.add(clip_score(large));
  registry.add(clipsim(base));
  registry.add(clip_frame_consistency(base));
  registry.add(background_consistency(base));
  registry.add(aesthetic_quality(large));
  const auto videos =
      std::make_shared<ViClipNetwork>(find_weight_file(folders, {"ViClip-InternVid-10M-FLT.pth"}), merges);
  registry.add(overall_consistency(videos));
  registry.add(temporal_style(videos));
}

void register_dino(Registry& registry, const std::vector<std::filesystem::path>& folders) {
  registry.add(subject_consistency(
      std::make_shared<DinoNetwork>(find_weight_file(folders, {"dino_vitbase16_pretrain.pth"}))));
}

void register_musiq(Registry& registry, const std::vector<std::filesystem::path>& folders) {
  registry.add(imaging_quality(
      std::make_shared<MusiqNetwork>(find_weight_file(folders, {"musiq_spaq_ckpt-358bb6af.pth"}))));
}

void register_inception(Registry& registry, const std::vector<std::filesystem::path>& folders) {
  const auto network = std::make_shared<InceptionNetwork>(
      find_weight_file(folders, {"weights-inception-2015-12-05-6726825d.pth"}));
  if (network->weights().problem.empty()) {
    registry.add(inception_pool_feature(network));
    registry.add(inception_posterior_feature(network));
  }
  registry.add(fid(*network));
  registry.add(kid(*network));
  registry.add(is_frames(*network));
}

void register_raft(Registry& registry, const std::vector<std::filesystem::path>& folders) {
  const auto network = std::make_shared<RaftNetwork>(find_weight_file(folders, {"raft-things.pth"}));
  registry.add(dynamic_degree(network));
  registry.add(static_filter(network));
  registry.add(flow_magnitude(network));
  registry.add(warping_error(network));
  registry.add(evalcrafter_warping_error(network));
}

void register_amt(Registry& registry, const std::vector<std::filesystem::path>& folders) {
  registry.add(motion_smoothness(std::make_shared<AmtNetwork>(find_weight_file(folders, {"amt-s.pth"}))));
}

// Another video to compare with.
void register_paired(Registry& registry, const std::vector<std::filesystem::path>& folders) {
  registry.add(paired_psnr());
  registry.add(paired_ssim());
  registry.add(paired_ms_ssim());
  registry.add(paired_lpips(std::make_shared<LpipsNetwork>(
      find_weight_file(folders, {"alexnet-owt-7be5be79.pth"}), find_weight_file(folders, {"alex.pth"}))));
}

}  // namespace

void register_builtin(Registry& registry, const Resources& resources) {
  register_generic(registry);
  register_ground_truth(registry);
  register_shapes_networks(registry, resources.root / "models" / "shapes");
  register_i3d(registry, resources.weights);
  register_videomae(registry, resources.weights);
  register_clip(registry, resources.weights);
  register_dino(registry, resources.weights);
  register_musiq(registry, resources.weights);
  register_inception(registry, resources.weights);
  register_raft(registry, resources.weights);
  register_amt(registry, resources.weights);
  register_paired(registry, resources.weights);
}

}  // namespace vidbench::metrics
