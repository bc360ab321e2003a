// Any bytes are frames within the limits, or an Error. Seed it with small clips of several containers.
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <string>

#include "base/error.h"
#include "media/reader.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  static const std::string path = "/tmp/vidbench-media-fuzz-" + std::to_string(getpid());
  std::FILE* file = std::fopen(path.c_str(), "wb");
  if (file == nullptr) std::abort();
  std::fwrite(data, 1, size, file);
  std::fclose(file);
  try {
    vidbench::media::VideoReader reader(path,
                                        {.limits = {.max_pixels_per_frame = 1 << 18, .max_frames = 50}});
    size_t frames = 0;
    while (const auto frame = reader.next()) {
      if (frame->rgb.size() != frame->height * frame->width * 3 || frame->rgb.size() > 3u << 18) std::abort();
      if (++frames > 50) std::abort();
    }
  } catch (const vidbench::Error&) {
  }
  return 0;
}
