// The byte-pair tokenizer of CLIP (Radford et al. 2021; byte pairs as in GPT-2, after Sennrich et al. 2016),
// as github.com/openai/CLIP defines it.
#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace vidbench::text {

// Const after construction and then usable by several threads.
class ClipTokenizer {
 public:
  static constexpr int32_t kStart = 49406;
  static constexpr int32_t kEnd = 49407;

  // Reads OpenAI's list of merges, bpe_simple_vocab_16e6.txt or .txt.gz. Throws Error(kInput) naming file and
  // line for another file.
  explicit ClipTokenizer(const std::filesystem::path& merges);

  // The tokens of `text` (UTF-8; what is not is read as U+FFFD), without start and end. What is cleaned
  // before is told in text/clean.h.
  [[nodiscard]] std::vector<int32_t> encode(std::string_view text) const;
  // Start, tokens, end, then zeros: `length` numbers. A longer text is cut, and its last token is the end.
  [[nodiscard]] std::vector<int64_t> context(std::string_view text, size_t length) const;

 private:
  struct Merge {
    int32_t rank, token;
  };
  void append_word(std::string_view bytes, std::vector<int32_t>& tokens) const;

  std::map<std::pair<int32_t, int32_t>, Merge> merges_;
};

}  // namespace vidbench::text
