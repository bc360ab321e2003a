#include "nn/npz.h"

#include <zlib.h>

#include <algorithm>
#include <cstring>

#include "base/error.h"

namespace vidbench::nn {
namespace {

using namespace std::string_view_literals;

// The parts of a zip archive (PKWARE's APPNOTE.TXT 6.3) and the bytes that each has at least.
constexpr auto kLocalMagic = "PK\x03\x04"sv;
constexpr auto kEntryMagic = "PK\x01\x02"sv;
constexpr auto kEndMagic = "PK\x05\x06"sv;
constexpr size_t kLocalBytes = 30;
constexpr size_t kEntryBytes = 46;
constexpr size_t kEndBytes = 22;
constexpr size_t kLongestComment = 65535;
constexpr uint32_t kInZip64 = 0xffffffff;  // the number stands elsewhere
constexpr uint16_t kStored = 0;
constexpr uint16_t kDeflated = 8;
constexpr uint64_t kBestDeflate = 1032;  // bytes that one byte can stand for
constexpr auto kSuffix = ".npy"sv;

struct Entry {
  std::string_view name;
  uint16_t flags = 0, method = 0;
  uint32_t checksum = 0;
  uint64_t packed = 0, size = 0, local = 0;
};

class Archive {
 public:
  Archive(std::string_view bytes, const std::string& origin) : bytes_(bytes), origin_(origin) {}

  [[nodiscard]] std::vector<Entry> entries() const {
    const size_t end = end_record();
    const size_t count = u16(end + 10);
    uint64_t at = u32(end + 16);
    if (count == 0xffff || at == kInZip64) fail("is a ZIP64 archive");
    std::vector<Entry> result;
    for (size_t i = 0; i < count; ++i) {
      require(at, kEntryBytes, kEntryMagic, "its list of arrays is damaged");
      const Entry entry = entry_at(at);
      result.push_back(entry);
      at += kEntryBytes + entry.name.size() + u16(at + 30) + u16(at + 32);
    }
    return result;
  }

  // The content of an entry; `key` says in errors which.
  [[nodiscard]] std::vector<uint8_t> content(const Entry& entry, const std::string& key) const {
    const std::string_view packed = packed_content(entry, key);
    std::vector<uint8_t> made(entry.size);
    if (entry.method == kStored)
      std::copy(packed.begin(), packed.end(), made.begin());
    else if (!inflated(packed, made))
      fail(key + "cannot be unpacked");
    if (crc32_z(0, made.data(), made.size()) != entry.checksum) fail(key + "has another checksum");
    return made;
  }

  [[noreturn]] void fail(const std::string& what) const {
    throw_input(origin_ + ": " + what, "the file is damaged or no file of weights; fetch it again");
  }

 private:
  [[nodiscard]] uint16_t u16(uint64_t at) const {
    return static_cast<uint16_t>(byte(at) | byte(at + 1) << 8);
  }
  [[nodiscard]] uint32_t u32(uint64_t at) const { return u16(at) | uint32_t{u16(at + 2)} << 16; }
  [[nodiscard]] unsigned byte(uint64_t at) const { return static_cast<unsigned char>(bytes_[at]); }

  // `length` bytes from `at` on, beginning with `magic`.
  void require(uint64_t at, size_t length, std::string_view magic, const std::string& otherwise) const {
    if (at > bytes_.size() || length > bytes_.size() - at || bytes_.substr(at, magic.size()) != magic)
      fail(otherwise);
  }

  // Where the record at the end of the archive begins, before a comment.
  [[nodiscard]] size_t end_record() const {
    for (size_t comment = 0; comment <= kLongestComment && comment + kEndBytes <= bytes_.size(); ++comment) {
      const size_t at = bytes_.size() - kEndBytes - comment;
      if (bytes_.substr(at, kEndMagic.size()) == kEndMagic && u16(at + 20) == comment) return at;
    }
    fail("is cut off: its list of arrays is not there");
  }

  [[nodiscard]] Entry entry_at(uint64_t at) const {
    const size_t name = u16(at + 28);
    if (name > bytes_.size() - at - kEntryBytes) fail("its list of arrays is cut off");
    Entry entry{bytes_.substr(at + kEntryBytes, name), u16(at + 8), u16(at + 10), u32(at + 16)};
    entry.packed = u32(at + 20);
    entry.size = u32(at + 24);
    entry.local = u32(at + 42);
    return entry;
  }

  [[nodiscard]] std::string_view packed_content(const Entry& entry, const std::string& key) const {
    if ((entry.flags & 1) != 0) fail(key + "is encrypted");
    if (entry.method != kStored && entry.method != kDeflated) fail(key + "is packed in an unknown way");
    if (entry.size == kInZip64 || entry.packed == kInZip64) fail(key + "is larger than 4 GiB");
    if (entry.method == kStored ? entry.size != entry.packed : entry.size / kBestDeflate > entry.packed)
      fail(key + "claims more bytes than it has");
    require(entry.local, kLocalBytes, kLocalMagic, key + "is not where the list says");
    const uint64_t begin = entry.local + kLocalBytes + u16(entry.local + 26) + u16(entry.local + 28);
    if (begin > bytes_.size() || entry.packed > bytes_.size() - begin) fail(key + "is cut off");
    return bytes_.substr(begin, entry.packed);
  }

  // Fills `made`; false unless `packed` makes just as many bytes.
  static bool inflated(std::string_view packed, std::vector<uint8_t>& made) {
    z_stream stream{};
    if (inflateInit2(&stream, -MAX_WBITS) != Z_OK) return false;
    stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(packed.data()));
    stream.avail_in = static_cast<uInt>(packed.size());
    stream.next_out = made.data();
    stream.avail_out = static_cast<uInt>(made.size());
    const int result = inflate(&stream, Z_FINISH);
    const bool whole = result == Z_STREAM_END && stream.avail_out == 0;
    inflateEnd(&stream);
    return whole;
  }

  std::string_view bytes_;
  const std::string& origin_;
};

}  // namespace

bool is_npz(std::string_view bytes) {
  if (bytes.size() < kLocalBytes || !bytes.starts_with(kLocalMagic)) return false;
  const size_t length = static_cast<unsigned char>(bytes[26]) | size_t{static_cast<unsigned char>(bytes[27])}
                                                                    << 8;
  return bytes.substr(kLocalBytes, length).ends_with(kSuffix);
}

std::map<std::string, NpzArray> read_npz(std::string_view bytes, const std::string& origin,
                                         uint64_t limit_bytes) {
  const Archive archive(bytes, origin);
  std::map<std::string, NpzArray> arrays;
  uint64_t total = 0;
  for (const Entry& entry : archive.entries()) {
    if (!entry.name.ends_with(kSuffix)) continue;
    const std::string name(entry.name.substr(0, entry.name.size() - kSuffix.size()));
    const std::string key = "array '" + name + "' ";
    if (arrays.contains(name)) archive.fail(key + "is there twice");
    total += entry.size;
    if (total > limit_bytes)
      archive.fail(key + "makes more than " + std::to_string(limit_bytes) + " bytes of arrays");
    std::vector<uint8_t> file = archive.content(entry, key);
    media::NpyHeader header = media::parse_npy_header(file, origin + ": array '" + name + "'");
    if (header.data_bytes() != file.size() - header.data_offset)
      archive.fail(key + "has another length than its shape says");
    arrays.emplace(name, NpzArray{std::move(header), std::move(file)});
  }
  return arrays;
}

}  // namespace vidbench::nn
