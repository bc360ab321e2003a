// What the metrics' files define, for register_builtin alone.
#pragma once

#include <memory>

#include "metrics/amt_network.h"
#include "metrics/c3d_network.h"
#include "metrics/clip_network.h"
#include "metrics/dino_network.h"
#include "metrics/i3d_network.h"
#include "metrics/inception_network.h"
#include "metrics/lpips_network.h"
#include "metrics/metric.h"
#include "metrics/musiq_network.h"
#include "metrics/raft_network.h"
#include "metrics/scripted_i3d.h"
#include "metrics/shapes_networks.h"
#include "metrics/umt_network.h"
#include "metrics/viclip_network.h"
#include "metrics/videomae_network.h"
#include "metrics/vjepa_network.h"
#include "metrics/with_weights.h"

namespace vidbench::metrics {

[[nodiscard]] Metric flicker();              // video/flicker
[[nodiscard]] Metric temporal_flickering();  // vbench/temporal-flickering
[[nodiscard]] Metric motion_amount();        // video/motion-amount
[[nodiscard]] Metric sharpness();            // video/sharpness
[[nodiscard]] Metric exposure();             // video/exposure

[[nodiscard]] Metric shapes_flicker();        // shapes/flicker
[[nodiscard]] Metric shapes_motion_amount();  // shapes/motion-amount
[[nodiscard]] Metric colour_accuracy();       // shapes/colour-accuracy
[[nodiscard]] Metric shape_accuracy();        // shapes/shape-accuracy
[[nodiscard]] Metric motion_accuracy();       // shapes/motion-accuracy

// Need the classifier's weights.
[[nodiscard]] Feature shapes_classifier_feature(
    std::shared_ptr<ShapesNetworks> networks);  // shapes/classifier
[[nodiscard]] Feature shapes_posterior_feature(std::shared_ptr<ShapesNetworks> networks);  // shapes/posterior
[[nodiscard]] Metric shapes_frechet(const ShapesNetworks& networks);                       // shapes/frechet
[[nodiscard]] Metric shapes_kernel(const ShapesNetworks& networks);                        // shapes/kernel
[[nodiscard]] Metric shapes_inception(const ShapesNetworks& networks);                     // shapes/inception
// Need the contrastive network's weights.
[[nodiscard]] Metric shapes_text_alignment(
    std::shared_ptr<ShapesNetworks> networks);  // shapes/text-alignment
[[nodiscard]] Metric shapes_frame_consistency(
    std::shared_ptr<ShapesNetworks> networks);  // shapes/frame-consistency

// Need I3D's weights.
[[nodiscard]] Feature i3d_logits_feature(std::shared_ptr<I3dNetwork> network);  // i3d/logits
[[nodiscard]] Metric fvd_i3d(const I3dNetwork& network);                        // fvd-i3d
[[nodiscard]] Metric fvd_i3d_infinity(const I3dNetwork& network);               // fvd-i3d-infinity
[[nodiscard]] Metric kvd_i3d(const I3dNetwork& network);                        // kvd-i3d

// Need StyleGAN-V's TorchScript program.
[[nodiscard]] Feature scripted_i3d_feature(std::shared_ptr<ScriptedI3d> network);  // i3d-styleganv/logits
[[nodiscard]] Metric fvd_styleganv(const ScriptedI3d& network);                    // fvd-styleganv

// Need VideoMAE v2's weights.
[[nodiscard]] Feature videomae_feature(std::shared_ptr<VideoMaeNetwork> network);  // videomae/features
[[nodiscard]] Metric fvd_videomae(const VideoMaeNetwork& network);                 // fvd-videomae

[[nodiscard]] Metric fvd_videomae_infinity(const VideoMaeNetwork& network);  // fvd-videomae-infinity

// Need V-JEPA's weights.
[[nodiscard]] Feature vjepa_feature(std::shared_ptr<VJepaNetwork> network);  // vjepa/features
[[nodiscard]] Metric jedi(const VJepaNetwork& network);                      // jedi

// Need C3D's weights.
[[nodiscard]] Feature c3d_posterior_feature(std::shared_ptr<C3dNetwork> network);  // c3d/posterior
[[nodiscard]] Metric is_videos(const C3dNetwork& network);                         // is-videos

// Needs UMT's weights and the list of Kinetics-400's actions.
[[nodiscard]] Metric human_action(std::shared_ptr<UmtNetwork> network);  // vbench/human-action

// Need CLIP's weights; those on prompts its list of merges, too.
[[nodiscard]] Metric clip_score(std::shared_ptr<ClipNetwork> network);              // clip-score (ViT-L/14)
[[nodiscard]] Metric clipsim(std::shared_ptr<ClipNetwork> network);                 // clipsim (ViT-B/32)
[[nodiscard]] Metric clip_frame_consistency(std::shared_ptr<ClipNetwork> network);  // clip/frame-consistency
[[nodiscard]] Metric appearance_style(std::shared_ptr<ClipNetwork> network);        // vbench/appearance-style
[[nodiscard]] Metric background_consistency(
    std::shared_ptr<ClipNetwork> network);  // vbench/background-consistency (ViT-B/32)
[[nodiscard]] Metric aesthetic_quality(
    std::shared_ptr<ClipNetwork> network);  // vbench/aesthetic-quality (ViT-L/14)

// Need ViCLIP's weights and CLIP's list of merges.
[[nodiscard]] Metric overall_consistency(
    std::shared_ptr<ViClipNetwork> network);                                  // vbench/overall-consistency
[[nodiscard]] Metric temporal_style(std::shared_ptr<ViClipNetwork> network);  // vbench/temporal-style

// Needs MUSIQ's weights.
[[nodiscard]] Metric imaging_quality(std::shared_ptr<MusiqNetwork> network);  // vbench/imaging-quality

// Needs DINO's weights.
[[nodiscard]] Metric subject_consistency(std::shared_ptr<DinoNetwork> network);  // vbench/subject-consistency

// Need Inception-v3's weights.
[[nodiscard]] Feature inception_pool_feature(std::shared_ptr<InceptionNetwork> network);  // inception/pool
[[nodiscard]] Feature inception_posterior_feature(
    std::shared_ptr<InceptionNetwork> network);                      // inception/posterior
[[nodiscard]] Metric fid(const InceptionNetwork& network);           // fid
[[nodiscard]] Metric fid_infinity(const InceptionNetwork& network);  // fid-infinity
[[nodiscard]] Metric kid(const InceptionNetwork& network);           // kid
[[nodiscard]] Metric is_frames(const InceptionNetwork& network);     // is-frames

// Need RAFT's weights.
[[nodiscard]] Metric dynamic_degree(std::shared_ptr<RaftNetwork> network);  // vbench/dynamic-degree
[[nodiscard]] Metric corrected_dynamic_degree(
    std::shared_ptr<RaftNetwork> network);                                  // vbench-corrected/dynamic-degree
[[nodiscard]] Metric static_filter(std::shared_ptr<RaftNetwork> network);   // vbench/static
[[nodiscard]] Metric flow_magnitude(std::shared_ptr<RaftNetwork> network);  // video/flow-magnitude
[[nodiscard]] Metric evalcrafter_warping_error(
    std::shared_ptr<RaftNetwork> network);                                 // evalcrafter/warping-error
[[nodiscard]] Metric warping_error(std::shared_ptr<RaftNetwork> network);  // video/warping-error

// Needs AMT-S's weights.
[[nodiscard]] Metric motion_smoothness(std::shared_ptr<AmtNetwork> network);  // vbench/motion-smoothness

// Compare with the paired video.
[[nodiscard]] Metric paired_psnr();                                        // paired/psnr
[[nodiscard]] Metric paired_ssim();                                        // paired/ssim
[[nodiscard]] Metric paired_ms_ssim();                                     // paired/ms-ssim
[[nodiscard]] Metric paired_lpips(std::shared_ptr<LpipsNetwork> network);  // paired/lpips, needs weights

}  // namespace vidbench::metrics
