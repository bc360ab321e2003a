#include "text/clip_tokenizer.h"

#include <fmt/format.h>
#include <unicode/uchar.h>
#include <zlib.h>

#include <algorithm>
#include <array>
#include <climits>
#include <memory>
#include <unordered_map>

#include "base/error.h"
#include "base/strings.h"
#include "text/clean.h"

namespace vidbench::text {
namespace {

constexpr size_t kMostBytes = 16 << 20;
constexpr int32_t kBytes = 256;
constexpr int32_t kMerges = 48894;  // of the list's 262,144: what the vocabulary of 49,408 has room for

std::string read_maybe_compressed(const std::filesystem::path& path) {
  const std::unique_ptr<gzFile_s, int (*)(gzFile)> file(gzopen(path.c_str(), "rb"), gzclose);
  if (!file) throw_input(path.string() + " cannot be read");
  std::string text;
  std::array<char, 65536> buffer{};
  int count = 0;
  while ((count = gzread(file.get(), buffer.data(), buffer.size())) > 0) {
    text.append(buffer.data(), static_cast<size_t>(count));
    if (text.size() > kMostBytes) throw_input(path.string() + ": more than a list of merges can hold");
  }
  if (count < 0) throw_input(path.string() + ": the compressed data are damaged", "fetch it again");
  return text;
}

// The list writes each byte as a printable character: those of Latin-1 that are printable as themselves, the
// others from U+0100 on. In the order of the vocabulary.
struct Alphabet {
  std::array<uint8_t, kBytes> token_of_byte{};
  std::unordered_map<std::string, int32_t> token_of_text;

  Alphabet() {
    int32_t next = 0;
    const auto add = [&](int byte, uint32_t shown) {
      token_of_byte[static_cast<size_t>(byte)] = static_cast<uint8_t>(next);
      std::string text;
      icu::UnicodeString(static_cast<UChar32>(shown)).toUTF8String(text);
      token_of_text[text + "</w>"] = next + kBytes;
      token_of_text[std::move(text)] = next++;
    };
    const auto printable = [](int b) {
      return (b >= '!' && b <= '~') || (b >= 0xa1 && b <= 0xac) || (b >= 0xae && b <= 0xff);
    };
    for (int b = 0; b < kBytes; ++b)
      if (printable(b)) add(b, static_cast<uint32_t>(b));
    uint32_t other = 0x100;
    for (int b = 0; b < kBytes; ++b)
      if (!printable(b)) add(b, other++);
  }
};

const Alphabet& alphabet() {
  static const Alphabet all;
  return all;
}

enum class Kind { kSpace, kLetter, kNumber, kOther };

Kind kind_of(UChar32 c) {
  if (u_isUWhiteSpace(c)) return Kind::kSpace;
  const uint32_t category = U_GET_GC_MASK(c);
  if ((category & U_GC_L_MASK) != 0) return Kind::kLetter;
  if ((category & U_GC_N_MASK) != 0) return Kind::kNumber;
  return Kind::kOther;
}

constexpr std::u16string_view kStartText = u"<|startoftext|>";
constexpr std::u16string_view kEndText = u"<|endoftext|>";

bool starts_with(const icu::UnicodeString& text, int32_t at, std::u16string_view what) {
  const auto length = static_cast<int32_t>(what.size());
  return text.compare(at, length, what.data(), 0, length) == 0;
}

// The length of 's, 't, 're, 've, 'm, 'll or 'd at `at`, 0 for none. U+017F is an s in another case.
int32_t contraction(const icu::UnicodeString& text, int32_t at) {
  for (const std::u16string_view ending : {u"'s", u"'\u017f", u"'t", u"'re", u"'ve", u"'m", u"'ll", u"'d"})
    if (starts_with(text, at, ending)) return static_cast<int32_t>(ending.size());
  return 0;
}

// Where the piece that begins at `at` ends: a run of letters, one number, a run of what is neither.
int32_t piece_end(const icu::UnicodeString& text, int32_t at) {
  if (const int32_t length = contraction(text, at); length > 0) return at + length;
  const Kind kind = kind_of(text.char32At(at));
  int32_t end = text.moveIndex32(at, 1);
  if (kind == Kind::kNumber) return end;
  while (end < text.length() && kind_of(text.char32At(end)) == kind) end = text.moveIndex32(end, 1);
  return end;
}

}  // namespace

ClipTokenizer::ClipTokenizer(const std::filesystem::path& merges) {
  const std::vector<std::string> lines = split(read_maybe_compressed(merges), '\n');
  const auto refuse = [&](size_t line) {
    throw_input(fmt::format("{}:{}: not CLIP's list of merges", merges.string(), line + 1),
                "it is bpe_simple_vocab_16e6.txt.gz of github.com/openai/CLIP");
  };
  if (lines.size() <= kMerges) refuse(lines.size() - 1);
  auto tokens = alphabet().token_of_text;
  std::vector<std::pair<std::string, std::string>> pairs;
  for (int32_t rank = 0; rank < kMerges; ++rank) {
    const auto line = static_cast<size_t>(rank) + 1;
    const size_t space = lines[line].find(' ');
    if (space == std::string::npos) refuse(line);
    pairs.emplace_back(lines[line].substr(0, space), trim(lines[line].substr(space + 1)));
    tokens[pairs.back().first + pairs.back().second] = 2 * kBytes + rank;
  }
  for (int32_t rank = 0; rank < kMerges; ++rank) {
    const auto& [first, second] = pairs[static_cast<size_t>(rank)];
    const auto left = tokens.find(first);
    const auto right = tokens.find(second);
    if (left == tokens.end() || right == tokens.end()) refuse(static_cast<size_t>(rank) + 1);
    merges_[{left->second, right->second}] = {rank, tokens.at(first + second)};
  }
}

void ClipTokenizer::append_word(std::string_view bytes, std::vector<int32_t>& tokens) const {
  std::vector<int32_t> word;
  for (const char byte : bytes) word.push_back(alphabet().token_of_byte[static_cast<uint8_t>(byte)]);
  word.back() += kBytes;  // the end of a word
  while (word.size() > 1) {
    Merge best{INT_MAX, 0};
    std::pair<int32_t, int32_t> pair;
    for (size_t i = 0; i + 1 < word.size(); ++i) {
      const auto found = merges_.find({word[i], word[i + 1]});
      if (found == merges_.end() || found->second.rank >= best.rank) continue;
      best = found->second;
      pair = found->first;
    }
    if (best.rank == INT_MAX) break;
    size_t kept = 0;
    for (size_t i = 0; i < word.size(); ++i) {
      const bool merged = i + 1 < word.size() && word[i] == pair.first && word[i + 1] == pair.second;
      word[kept++] = merged ? best.token : word[i];
      if (merged) ++i;
    }
    word.resize(kept);
  }
  tokens.insert(tokens.end(), word.begin(), word.end());
}

std::vector<int32_t> ClipTokenizer::encode(std::string_view text) const {
  const icu::UnicodeString plain =
      cleaned(icu::UnicodeString::fromUTF8(icu::StringPiece(text.data(), static_cast<int32_t>(text.size()))));
  std::vector<int32_t> tokens;
  for (int32_t at = 0; at < plain.length();) {
    if (starts_with(plain, at, kStartText) || starts_with(plain, at, kEndText)) {
      const bool start = starts_with(plain, at, kStartText);
      tokens.push_back(start ? kStart : kEnd);
      at += static_cast<int32_t>(start ? kStartText.size() : kEndText.size());
      continue;
    }
    if (kind_of(plain.char32At(at)) == Kind::kSpace) {
      at = plain.moveIndex32(at, 1);
      continue;
    }
    const int32_t end = piece_end(plain, at);
    std::string bytes;
    plain.tempSubStringBetween(at, end).toUTF8String(bytes);
    append_word(bytes, tokens);
    at = end;
  }
  return tokens;
}

std::vector<int64_t> ClipTokenizer::context(std::string_view text, size_t length) const {
  const std::vector<int32_t> tokens = encode(text);
  std::vector<int64_t> result = {kStart};
  result.insert(result.end(), tokens.begin(), tokens.end());
  result.resize(std::min(result.size(), length - 1));
  result.push_back(kEnd);
  result.resize(length, 0);
  return result;
}

}  // namespace vidbench::text
