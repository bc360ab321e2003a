// Text as CLIP's tokenizer wants it.
#pragma once

#include <unicode/unistr.h>

namespace vidbench::text {

// What OpenAI's tokenizer does before it splits: HTML entities resolved, Latin ligatures, wide and narrow
// forms, curly quotes, control characters and line breaks made plain, NFC (all as ftfy 6.3 does them), runs
// of white space one space, none at the ends, lower case. Not done: the repair of text that was decoded with
// a wrong encoding (ftfy's fix_encoding), and entities beyond XML's and the frequent ones of clean.cpp.
[[nodiscard]] icu::UnicodeString cleaned(const icu::UnicodeString& text);

}  // namespace vidbench::text
