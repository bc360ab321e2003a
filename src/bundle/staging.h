// A folder that becomes a run directory in one step, or disappears.
#pragma once

#include <filesystem>
#include <string>

namespace vidbench::bundle {

// Lies in the folder of the run directories under a hidden name, locked like a run in progress
// (engine::run_is_active) until destruction. What a killed process left there is removed by the next one.
// Throws Error(kEnvironment) when the folder cannot be written.
class Staging {
 public:
  explicit Staging(const std::filesystem::path& runs_directory);
  ~Staging();
  Staging(const Staging&) = delete;
  Staging& operator=(const Staging&) = delete;

  [[nodiscard]] const std::filesystem::path& path() const { return path_; }
  // Gives the folder its name in the folder of runs, in one step; the name must be free. From then on it
  // stays, unless withdraw() is called.
  void publish(const std::filesystem::path& target);
  void withdraw();

 private:
  std::filesystem::path path_;
  bool published_ = false;
  int lock_ = -1;
};

}  // namespace vidbench::bundle
