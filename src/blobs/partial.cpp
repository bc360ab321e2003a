#include "blobs/partial.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "base/files.h"
#include "base/json.h"

namespace vidbench::blobs {
namespace {

constexpr size_t kMaxRecordBytes = 64 << 10;

}  // namespace

Partial::Partial(std::filesystem::path part) : part_(std::move(part)) {
  open();
  read_record();
}

Partial::~Partial() {
  if (bytes_ == 0)
    discard();  // nothing to go on with
  else
    ::close(fd_);
}

void Partial::open() {
  fd_ = ::open(part_.c_str(), O_RDWR | O_CREAT | O_APPEND | O_CLOEXEC, 0644);
  struct stat status {};
  if (fd_ < 0 || ::fstat(fd_, &status) != 0) throw_write(part_);
  bytes_ = static_cast<uint64_t>(status.st_size);
}

// A record that cannot be understood is as good as none: the part is then begun anew.
void Partial::read_record() {
  std::error_code ec;
  if (!std::filesystem::exists(record(), ec)) return;
  try {
    const Json json = parse_json(read_file(record(), kMaxRecordBytes), record().string());
    url_ = json.at("url").get<std::string>();
    validator_ = json.at("validator").get<std::string>();
  } catch (const std::exception&) {
    url_.clear();
    validator_.clear();
  }
}

void Partial::restart(const std::string& url, const std::string& validator) {
  if (fd_ < 0) open();
  if (::ftruncate(fd_, 0) != 0) throw_write(part_);
  bytes_ = digested_ = 0;
  hash_ = std::make_unique<Sha256>();
  url_ = url;
  validator_ = validator;
  write_file_atomic(record(), document({{"url", url}, {"validator", validator}}) + "\n", Durability::kCrash);
}

void Partial::append(std::span<const char> content) {
  if (digested_ != bytes_) catch_up({});
  hash_->update(std::string_view(content.data(), content.size()));
  while (!content.empty()) {
    const ssize_t written = ::write(fd_, content.data(), content.size());
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) throw_write(part_);
    content = content.subspan(static_cast<size_t>(written));
    bytes_ += static_cast<uint64_t>(written);
  }
  digested_ = bytes_;
}

void Partial::catch_up(const std::stop_token& stop) {
  std::vector<char> block(size_t{1} << 20);
  while (digested_ < bytes_ && !stop.stop_requested()) {
    const size_t wanted = static_cast<size_t>(std::min<uint64_t>(block.size(), bytes_ - digested_));
    const ssize_t got = ::pread(fd_, block.data(), wanted, static_cast<off_t>(digested_));
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0) throw_environment("cannot read " + part_.string());
    hash_->update(std::string_view(block.data(), static_cast<size_t>(got)));
    digested_ += static_cast<uint64_t>(got);
  }
}

std::string Partial::sha256() {
  catch_up({});
  return hash_->hex();
}

void Partial::discard() noexcept {
  if (fd_ >= 0) ::close(fd_);
  fd_ = -1;
  bytes_ = digested_ = 0;
  ::unlink(part_.c_str());
  forget();
}

void Partial::forget() noexcept {
  url_.clear();
  validator_.clear();
  ::unlink(record().c_str());
}

}  // namespace vidbench::blobs
