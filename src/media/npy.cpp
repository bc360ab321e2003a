#include "media/npy.h"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <unistd.h>

#include <cstring>
#include <fstream>
#include <optional>

#include "base/error.h"

namespace vidbench::media {
namespace {

constexpr std::string_view kMagic = "\x93NUMPY";
constexpr size_t kLongestHeader = 65536;  // NumPy itself refuses more than 10,000 bytes by default
constexpr size_t kMostDimensions = 32;

// Reads Python's literal of the header dictionary: only the three keys that the format defines.
class HeaderText {
 public:
  HeaderText(std::string_view text, std::string_view name) : text_(text), name_(name) {}

  void read_into(NpyHeader& header) {
    bool descr = false;
    bool order = false;
    bool shape = false;
    expect('{');
    while (!accept('}')) {
      const std::string_view key = quoted();
      expect(':');
      if (key == "descr") {
        header.dtype = dtype();
        descr = true;
      } else if (key == "fortran_order") {
        header.fortran_order = boolean();
        order = true;
      } else if (key == "shape") {
        header.shape = tuple();
        shape = true;
      } else {
        fail(fmt::format("unknown key '{}'", key));
      }
      accept(',');
    }
    if (!descr || !order || !shape) fail("descr, fortran_order or shape is missing");
  }

 private:
  [[noreturn]] void fail(std::string_view what) const {
    throw_input(fmt::format("{}: damaged .npy header at byte {}: {}", name_, at_, what));
  }
  void skip_space() {
    while (at_ < text_.size() && (text_[at_] == ' ' || text_[at_] == '\n')) ++at_;
  }
  bool accept(char c) {
    skip_space();
    if (at_ >= text_.size() || text_[at_] != c) return false;
    ++at_;
    return true;
  }
  void expect(char c) {
    if (!accept(c)) fail(fmt::format("'{}' expected", c));
  }
  std::string_view quoted() {
    skip_space();
    if (at_ >= text_.size() || (text_[at_] != '\'' && text_[at_] != '"')) fail("a quoted name expected");
    const size_t end = text_.find(text_[at_], at_ + 1);
    if (end == std::string_view::npos) fail("a quote is not closed");
    const std::string_view word = text_.substr(at_ + 1, end - at_ - 1);
    at_ = end + 1;
    return word;
  }
  std::string dtype() {
    skip_space();
    if (at_ < text_.size() && text_[at_] == '[') fail("structured arrays are not supported");
    std::string_view word = quoted();
    if (!word.empty() && (word[0] == '|' || word[0] == '=')) word.remove_prefix(1);
    const std::string_view kind = !word.empty() && (word[0] == '<' || word[0] == '>') ? word.substr(1) : word;
    if (kind.size() != 2 || std::string_view("biuf").find(kind[0]) == std::string_view::npos ||
        std::string_view("1248").find(kind[1]) == std::string_view::npos) {
      fail(fmt::format("dtype '{}' is not supported", word));
    }
    return std::string(kind[1] == '1' ? kind : word);
  }
  bool boolean() {
    skip_space();
    for (const auto& [word, value] : {std::pair{std::string_view("True"), true}, {"False", false}}) {
      if (text_.substr(at_).starts_with(word)) {
        at_ += word.size();
        return value;
      }
    }
    fail("True or False expected");
  }
  std::vector<size_t> tuple() {
    std::vector<size_t> sizes;
    expect('(');
    while (!accept(')')) {
      if (sizes.size() == kMostDimensions) fail("too many dimensions");
      sizes.push_back(number());
      accept(',');
    }
    return sizes;
  }
  size_t number() {
    skip_space();
    size_t value = 0;
    const size_t start = at_;
    for (; at_ < text_.size() && text_[at_] >= '0' && text_[at_] <= '9'; ++at_) {
      if (__builtin_mul_overflow(value, size_t{10}, &value) ||
          __builtin_add_overflow(value, static_cast<size_t>(text_[at_] - '0'), &value)) {
        fail("a dimension is too large");
      }
    }
    if (at_ == start) fail("a dimension expected");
    return value;
  }

  std::string_view text_;
  std::string_view name_;
  size_t at_ = 0;
};

void require_countable(const NpyHeader& header, std::string_view name) {
  size_t total = header.item_bytes();
  for (const size_t size : header.shape) {
    if (__builtin_mul_overflow(total, size, &total) || total > size_t{1} << 62) {
      throw_input(fmt::format("{}: the shape ({}) is too large", name, fmt::join(header.shape, ", ")));
    }
  }
}

std::string header_bytes(std::string_view dtype, std::span<const size_t> shape) {
  const std::string tuple =
      shape.size() == 1 ? fmt::format("({},)", shape[0]) : fmt::format("({})", fmt::join(shape, ", "));
  const char* prefix = dtype.size() == 2 ? "|" : "";
  std::string text =
      fmt::format("{{'descr': '{}{}', 'fortran_order': False, 'shape': {}, }}", prefix, dtype, tuple);
  const size_t preamble = kMagic.size() + 4;
  text.append((64 - (preamble + text.size() + 1) % 64) % 64, ' ');
  text += '\n';
  std::string bytes(kMagic);
  bytes += {1, 0, static_cast<char>(text.size() & 0xff), static_cast<char>(text.size() >> 8)};
  return bytes + text;
}

}  // namespace

size_t NpyHeader::item_bytes() const { return static_cast<size_t>(dtype.back() - '0'); }

size_t NpyHeader::data_bytes() const {
  size_t total = item_bytes();
  for (const size_t size : shape) total *= size;
  return total;
}

NpyHeader parse_npy_header(std::span<const uint8_t> bytes, std::string_view name) {
  const std::string_view text(reinterpret_cast<const char*>(bytes.data()), bytes.size());
  if (!text.starts_with(kMagic) || bytes.size() < 10) {
    throw_input(fmt::format("{}: not a .npy file (its first bytes are not \\x93NUMPY)", name));
  }
  const unsigned major = bytes[6];
  if (major < 1 || major > 3) throw_input(fmt::format("{}: .npy version {} is not supported", name, major));
  size_t length = bytes[8] | size_t{bytes[9]} << 8;
  NpyHeader header;
  header.data_offset = 10;
  if (major > 1) {
    if (bytes.size() < 12) throw_input(fmt::format("{}: the .npy header is cut off", name));
    length |= size_t{bytes[10]} << 16 | size_t{bytes[11]} << 24;
    header.data_offset = 12;
  }
  if (length > kLongestHeader || header.data_offset + length > bytes.size()) {
    throw_input(fmt::format("{}: the .npy header of {} bytes is cut off", name, length));
  }
  HeaderText(text.substr(header.data_offset, length), name).read_into(header);
  header.data_offset += length;
  require_countable(header, name);
  return header;
}

NpyHeader read_npy_header(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  std::error_code ignored;
  const auto file_bytes = std::filesystem::file_size(path, ignored);
  if (!file || ignored) throw_input(fmt::format("{}: cannot be read", path.string()));
  std::vector<uint8_t> start(std::min<size_t>(file_bytes, kLongestHeader + 12));
  file.read(reinterpret_cast<char*>(start.data()), static_cast<std::streamsize>(start.size()));
  start.resize(static_cast<size_t>(file.gcount()));
  NpyHeader header = parse_npy_header(start, path.string());
  if (file_bytes - header.data_offset < header.data_bytes()) {
    throw_input(fmt::format("{}: truncated: {} bytes of data, the shape ({}) of {} needs {}", path.string(),
                            file_bytes - header.data_offset, fmt::join(header.shape, ", "), header.dtype,
                            header.data_bytes()));
  }
  return header;
}

NpyArray read_npy(const std::filesystem::path& path, size_t limit_bytes) {
  const NpyHeader header = read_npy_header(path);
  if (header.fortran_order) {
    throw_input(fmt::format("{}: Fortran order is not supported", path.string()),
                "save it with numpy.ascontiguousarray(array)");
  }
  if (header.data_bytes() > limit_bytes) {
    throw_input(fmt::format("{}: {} bytes of data, the limit is {}", path.string(), header.data_bytes(),
                            limit_bytes));
  }
  NpyArray array{header.dtype, header.shape, std::vector<uint8_t>(header.data_bytes())};
  std::ifstream file(path, std::ios::binary);
  file.seekg(static_cast<std::streamoff>(header.data_offset));
  file.read(reinterpret_cast<char*>(array.bytes.data()), static_cast<std::streamsize>(array.bytes.size()));
  if (static_cast<size_t>(file.gcount()) != array.bytes.size()) {
    throw_input(fmt::format("{}: cannot be read to its end", path.string()));
  }
  return array;
}

void write_npy(const std::filesystem::path& path, std::string_view dtype, std::span<const size_t> shape,
               std::span<const uint8_t> bytes) {
  NpyHeader header{std::string(dtype), false, {shape.begin(), shape.end()}, 0};
  if (dtype.size() < 2 || header.data_bytes() != bytes.size()) {
    throw Error(ErrorCode::kInternal, fmt::format("{}: {} bytes do not fill {} of shape ({})", path.string(),
                                                  bytes.size(), dtype, fmt::join(shape, ", ")));
  }
  const std::filesystem::path part = fmt::format("{}.{}.part", path.string(), getpid());
  std::ofstream file(part, std::ios::binary | std::ios::trunc);
  const std::string start = header_bytes(dtype, shape);
  file.write(start.data(), static_cast<std::streamsize>(start.size()));
  file.write(reinterpret_cast<const char*>(bytes.data()), static_cast<std::streamsize>(bytes.size()));
  file.close();
  std::error_code failure;
  if (file) std::filesystem::rename(part, path, failure);
  if (!file || failure) {
    std::filesystem::remove(part, failure);
    throw_environment(fmt::format("{}: cannot be written", path.string()),
                      "check the folder and its free space");
  }
}

}  // namespace vidbench::media
