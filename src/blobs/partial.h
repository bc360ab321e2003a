// What there is so far of a file that is being fetched.
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <span>
#include <stop_token>
#include <string>

#include "base/hash.h"

namespace vidbench::blobs {

// NAME.part holds the beginning of the file, NAME.part.json what it is the beginning of: the address, and the
// validator (an ETag or a date) with which a server tells whether it still has that content. Both survive the
// process. One object a file at a time (file_lock.h). Members throw Error(kEnvironment) when they cannot
// write.
class Partial {
 public:
  explicit Partial(std::filesystem::path part);
  ~Partial();
  Partial(const Partial&) = delete;
  Partial& operator=(const Partial&) = delete;

  [[nodiscard]] uint64_t bytes() const { return bytes_; }
  [[nodiscard]] const std::filesystem::path& path() const { return part_; }
  [[nodiscard]] const std::string& url() const { return url_; }
  [[nodiscard]] const std::string& validator() const { return validator_; }

  // Empties it: what is appended next is the beginning of `url`'s content.
  void restart(const std::string& url, const std::string& validator);
  void append(std::span<const char> content);
  // Digests what was there before this process came, so that append() need not.
  void catch_up(const std::stop_token& stop);
  // Of all there is; afterwards nothing may be appended but after restart().
  [[nodiscard]] std::string sha256();
  // Removes both files.
  void discard() noexcept;
  // Removes the record alone: the part got its final name.
  void forget() noexcept;

 private:
  void read_record();
  void open();
  [[nodiscard]] std::filesystem::path record() const { return part_.string() + ".json"; }

  std::filesystem::path part_;
  std::string url_, validator_;
  int fd_ = -1;
  uint64_t bytes_ = 0, digested_ = 0;
  std::unique_ptr<Sha256> hash_ = std::make_unique<Sha256>();
};

}  // namespace vidbench::blobs
