#include "base/base64.h"

#include <openssl/evp.h>

#include <limits>

namespace vidbench {
namespace {

// OpenSSL counts in int.
constexpr size_t kMost = std::numeric_limits<int>::max() / 4;

unsigned char* raw(void* data) { return static_cast<unsigned char*>(data); }

}  // namespace

std::string base64(std::span<const std::byte> bytes) {
  std::string text;
  constexpr size_t kPiece = kMost / 3 * 3;  // whole groups, so that only the last piece is padded
  for (size_t at = 0; at < bytes.size(); at += kPiece) {
    const auto piece = bytes.subspan(at, std::min(kPiece, bytes.size() - at));
    const size_t before = text.size();
    text.resize(before + (piece.size() + 2) / 3 * 4 + 1);  // and the 0 that it ends with
    EVP_EncodeBlock(raw(text.data() + before), reinterpret_cast<const unsigned char*>(piece.data()),
                    static_cast<int>(piece.size()));
    text.pop_back();
  }
  return text;
}

std::optional<std::vector<std::byte>> from_base64(std::string_view text) {
  constexpr std::string_view kAlphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  // OpenSSL would skip blanks at the ends and take padding anywhere.
  const size_t padding = text.ends_with("==") ? 2 : text.ends_with('=') ? 1 : 0;
  if (text.size() % 4 != 0 ||
      text.substr(0, text.size() - padding).find_first_not_of(kAlphabet) != std::string_view::npos)
    return {};
  std::vector<std::byte> bytes(text.size() / 4 * 3);
  constexpr size_t kPiece = kMost / 4 * 4;
  for (size_t at = 0; at < text.size(); at += kPiece) {
    const std::string_view piece = text.substr(at, kPiece);
    if (EVP_DecodeBlock(raw(bytes.data() + at / 4 * 3), reinterpret_cast<const unsigned char*>(piece.data()),
                        static_cast<int>(piece.size())) < 0)
      return {};
  }
  bytes.resize(bytes.size() - padding);
  return bytes;
}

}  // namespace vidbench
