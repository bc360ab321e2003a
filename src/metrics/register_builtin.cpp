// The list of all metrics: a new one is one file, one line here, one test (docs/add-a-metric.md).
#include "metrics/builtin.h"
#include "metrics/official_weights.h"
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

// Where the official networks' metrics are registered: with the precision that is part of their numbers.
class Official {
 public:
  Official(Registry& registry, const Resources& resources)
      : registry_(registry), resources_(resources), files_(resources.weights, resources.unverified_weights) {
    if (compute().precision != Compute{}.precision) precision_ = compute().precision;
  }

  [[nodiscard]] WeightFile find(const std::vector<std::string>& names) const { return files_.find(names); }
  [[nodiscard]] WeightFile find_program(const std::string& name) const { return files_.find_program(name); }
  [[nodiscard]] const Compute& compute() const { return resources_.compute; }
  [[nodiscard]] Registry& registry() const { return registry_; }

  void add(Metric metric) {
    metric.info.precision = precision_;
    registry_.add(std::move(metric));
  }
  void add(Feature feature) {
    if (!precision_.empty()) feature.definition += " " + precision_;
    registry_.add(std::move(feature));
  }

 private:
  Registry& registry_;
  const Resources& resources_;
  OfficialWeights files_;
  std::string precision_;  // "" for float32
};

void register_i3d(Official& official) {
  const auto network =
      std::make_shared<I3dNetwork>(official.find({"i3d_pretrained_400.pt"}), official.compute());
  if (network->weights().problem.empty()) official.add(i3d_logits_feature(network));
  official.add(fvd_i3d(*network));
  official.add(fvd_i3d_infinity(*network));
  official.add(kvd_i3d(*network));
}

// A program computes in its own numbers.
void register_scripted_i3d(Official& official) {
  const auto network = std::make_shared<ScriptedI3d>(official.find_program("i3d_torchscript.pt"));
  if (network->weights().problem.empty()) official.registry().add(scripted_i3d_feature(network));
  official.registry().add(fvd_styleganv(*network));
}

void register_videomae(Official& official) {
  const auto network = std::make_shared<VideoMaeNetwork>(official.find({"vit_g_hybrid_pt_1200e_ssv2_ft.pth"}),
                                                         official.compute());
  if (network->weights().problem.empty()) official.add(videomae_feature(network));
  official.add(fvd_videomae(*network));
  official.add(fvd_videomae_infinity(*network));
}

void register_vjepa(Official& official) {
  const auto network = std::make_shared<VJepaNetwork>(
      official.find({"vith16.pth.tar"}), official.find({"ssv2-probe.pth.tar"}), official.compute());
  if (network->encoder().problem.empty() && network->probe().problem.empty())
    official.add(vjepa_feature(network));
  official.add(jedi(*network));
}

void register_c3d(Official& official) {
  const auto network = std::make_shared<C3dNetwork>(official.find({"conv3d_deepnetA_ucf.npz"}),
                                                    official.find({"mean2.npz"}), official.compute());
  if (network->weights().problem.empty() && network->mean().problem.empty())
    official.add(c3d_posterior_feature(network));
  official.add(is_videos(*network));
}

void register_umt(Official& official) {
  official.add(human_action(
      std::make_shared<UmtNetwork>(official.find({"l16_ptk710_ftk710_ftk400_f16_res224.pth"}),
                                   official.find({"kinetics_400_categories.txt"}), official.compute())));
}

void register_clip(Official& official) {
  const WeightFile merges = official.find({"bpe_simple_vocab_16e6.txt.gz", "bpe_simple_vocab_16e6.txt"});
  const auto large =
      std::make_shared<ClipNetwork>(official.find({"ViT-L-14.pt"}), merges,
                                    official.find({"sa_0_4_vit_l_14_linear.pth"}), official.compute());
  const auto base =
      std::make_shared<ClipNetwork>(official.find({"ViT-B-32.pt"}), merges, WeightFile{}, official.compute());
  official.add(clip_score(large));
  official.add(clipsim(base));
  official.add(clip_frame_consistency(base));
  official.add(appearance_style(base));
  official.add(background_consistency(base));
  official.add(aesthetic_quality(large));
  const auto videos = std::make_shared<ViClipNetwork>(official.find({"ViClip-InternVid-10M-FLT.pth"}), merges,
                                                      official.compute());
  official.add(overall_consistency(videos));
  official.add(temporal_style(videos));
}

void register_dino(Official& official) {
  official.add(subject_consistency(
      std::make_shared<DinoNetwork>(official.find({"dino_vitbase16_pretrain.pth"}), official.compute())));
}

void register_musiq(Official& official) {
  official.add(imaging_quality(
      std::make_shared<MusiqNetwork>(official.find({"musiq_spaq_ckpt-358bb6af.pth"}), official.compute())));
}

void register_inception(Official& official) {
  const auto network = std::make_shared<InceptionNetwork>(
      official.find({"weights-inception-2015-12-05-6726825d.pth"}), official.compute());
  if (network->weights().problem.empty()) {
    official.add(inception_pool_feature(network));
    official.add(inception_posterior_feature(network));
  }
  official.add(fid(*network));
  official.add(fid_infinity(*network));
  official.add(kid(*network));
  official.add(is_frames(*network));
}

void register_raft(Official& official) {
  const auto network = std::make_shared<RaftNetwork>(official.find({"raft-things.pth"}), official.compute());
  official.add(dynamic_degree(network));
  official.add(corrected_dynamic_degree(network));
  official.add(static_filter(network));
  official.add(flow_magnitude(network));
  official.add(warping_error(network));
  official.add(evalcrafter_warping_error(network));
}

void register_amt(Official& official) {
  official.add(
      motion_smoothness(std::make_shared<AmtNetwork>(official.find({"amt-s.pth"}), official.compute())));
}

// Another video to compare with.
void register_paired(Official& official) {
  Registry& registry = official.registry();
  registry.add(paired_psnr());
  registry.add(paired_ssim());
  registry.add(paired_ms_ssim());
  official.add(paired_lpips(std::make_shared<LpipsNetwork>(official.find({"alexnet-owt-7be5be79.pth"}),
                                                           official.find({"alex.pth"}), official.compute())));
}

}  // namespace

void register_builtin(Registry& registry, const Resources& resources) {
  register_generic(registry);
  register_ground_truth(registry);
  register_shapes_networks(registry, resources.root / "models" / "shapes");
  require_available(resources.compute);
  Official official(registry, resources);
  register_i3d(official);
  register_scripted_i3d(official);
  register_videomae(official);
  register_vjepa(official);
  register_c3d(official);
  register_umt(official);
  register_clip(official);
  register_dino(official);
  register_musiq(official);
  register_inception(official);
  register_raft(official);
  register_amt(official);
  register_paired(official);
}

}  // namespace vidbench::metrics
