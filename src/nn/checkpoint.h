// Weight files of any of the five formats: safetensors, PyTorch's zip archive (torch.save since 1.6), its
// older stream of pickles (torch.save before 1.6), TorchScript archives, of which the weights are read and
// the code is not, and NumPy's .npz (Chainer's too). Pickles are read without running any code (nn/pickle.h).
#pragma once

#include <filesystem>
#include <string>

#include "nn/safetensors.h"

namespace vidbench::nn {

// The tensors of the file by name; nested dicts and lists are joined by dots ("state_dict.conv1.weight",
// "param_groups.0.lr" for what is a tensor). The format is told by the content, not by the file's name.
// Tensors are contiguous, on the CPU, in the file's type. Memory: the file's size at most twice. Throws
// Error(kInput) naming file and key for a file that is damaged, truncated or hostile, and for one that holds
// objects other than plain weights. With `below`, only tensors whose names begin with it are read: a training
// state holds several times as much as its network.
[[nodiscard]] TensorFile load_checkpoint(const std::filesystem::path& path, const std::string& below = "");

}  // namespace vidbench::nn
