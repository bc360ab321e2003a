#include "text/clean.h"

#include <unicode/locid.h>
#include <unicode/normalizer2.h>
#include <unicode/uchar.h>

#include <algorithm>
#include <array>
#include <cstdlib>
#include <string>
#include <string_view>
#include <utility>

#include "base/error.h"

namespace vidbench::text {
namespace {

constexpr int kMostPasses = 16;  // each pass makes plainer what the one before uncovered

struct Replacement {
  UChar32 from;
  const char16_t* to;
};

constexpr std::array<Replacement, 22> kLigatures = {{
    {0x0132, u"IJ"},      {0x0133, u"ij"}, {0x0149, u"ʼn"}, {0x01f1, u"DZ"},  {0x01f2, u"Dz"},
    {0x01f3, u"dz"},      {0x01c4, u"DŽ"}, {0x01c5, u"Dž"}, {0x01c6, u"dž"},  {0x01c7, u"LJ"},
    {0x01c8, u"Lj"},      {0x01c9, u"lj"}, {0x01ca, u"NJ"}, {0x01cb, u"Nj"},  {0x01cc, u"nj"},
    {0xfb00, u"ff"},      {0xfb01, u"fi"}, {0xfb02, u"fl"}, {0xfb03, u"ffi"}, {0xfb04, u"ffl"},
    {0xfb05, u"\u017ft"}, {0xfb06, u"st"},
}};

// What Windows-1252 has where Unicode has the control characters U+0080 to U+009F.
constexpr std::array<UChar32, 32> kWindows1252 = {
    0x20ac, 0x0081, 0x201a, 0x0192, 0x201e, 0x2026, 0x2020, 0x2021, 0x02c6, 0x2030, 0x0160,
    0x2039, 0x0152, 0x008d, 0x017d, 0x008f, 0x0090, 0x2018, 0x2019, 0x201c, 0x201d, 0x2022,
    0x2013, 0x2014, 0x02dc, 0x2122, 0x0161, 0x203a, 0x0153, 0x009d, 0x017e, 0x0178};

constexpr std::array<std::pair<std::string_view, UChar32>, 24> kEntities = {{
    {"amp", '&'},      {"lt", '<'},       {"gt", '>'},       {"quot", '"'},      {"apos", '\''},
    {"nbsp", 0xa0},    {"copy", 0xa9},    {"reg", 0xae},     {"deg", 0xb0},      {"times", 0xd7},
    {"eacute", 0xe9},  {"egrave", 0xe8},  {"agrave", 0xe0},  {"auml", 0xe4},     {"ouml", 0xf6},
    {"uuml", 0xfc},    {"szlig", 0xdf},   {"ndash", 0x2013}, {"mdash", 0x2014},  {"lsquo", 0x2018},
    {"rsquo", 0x2019}, {"ldquo", 0x201c}, {"rdquo", 0x201d}, {"hellip", 0x2026},
}};

const icu::Normalizer2& normalizer(bool compatible) {
  UErrorCode status = U_ZERO_ERROR;
  const icu::Normalizer2* found =
      compatible ? icu::Normalizer2::getNFKCInstance(status) : icu::Normalizer2::getNFCInstance(status);
  if (U_FAILURE(status)) throw Error(ErrorCode::kInternal, std::string("ICU: ") + u_errorName(status));
  return *found;
}

icu::UnicodeString normalized(const icu::UnicodeString& text, bool compatible) {
  UErrorCode status = U_ZERO_ERROR;
  icu::UnicodeString result = normalizer(compatible).normalize(text, status);
  if (U_FAILURE(status)) throw Error(ErrorCode::kInternal, std::string("ICU: ") + u_errorName(status));
  return result;
}

// The character that "#233", "#xe9" or "eacute" stands for; -1 for none.
UChar32 entity(const std::string& name) {
  if (name.size() > 1 && name[0] == '#') {
    const bool hexadecimal = name[1] == 'x' || name[1] == 'X';
    const char* digits = name.c_str() + (hexadecimal ? 2 : 1);
    char* end = nullptr;
    const unsigned long code = std::strtoul(digits, &end, hexadecimal ? 16 : 10);
    if (end == digits || *end != '\0' || code == 0 || code > 0x10ffff) return -1;
    return static_cast<UChar32>(code);
  }
  for (const auto& [known, code] : kEntities)
    if (name == known) return code;
  return -1;
}

icu::UnicodeString without_entities(const icu::UnicodeString& text) {
  constexpr int32_t kLongest = 10;
  icu::UnicodeString result;
  for (int32_t i = 0; i < text.length();) {
    const int32_t end = text[i] == u'&' ? text.indexOf(u';', i) : -1;
    if (end > i + 1 && end - i <= kLongest) {
      std::string name;
      text.tempSubStringBetween(i + 1, end).toUTF8String(name);
      if (const UChar32 code = entity(name); code >= 0) {
        result.append(code);
        i = end + 1;
        continue;
      }
    }
    result.append(text[i++]);
  }
  return result;
}

bool is_stripped(UChar32 c) {
  return c < 0x09 || c == 0x0b || (c >= 0x0e && c < 0x20) || c == 0x7f || (c >= 0x206a && c < 0x2070) ||
         c == 0xfeff || (c >= 0xfff9 && c < 0xfffd);
}

bool is_space(UChar32 c) { return u_isUWhiteSpace(c) || (c >= 0x1c && c <= 0x1f); }

void append_plain(UChar32 c, icu::UnicodeString& to) {
  const auto* ligature =
      std::find_if(kLigatures.begin(), kLigatures.end(), [c](const auto& entry) { return entry.from == c; });
  if (ligature != kLigatures.end())
    to.append(ligature->to, -1);
  else if (c >= 0x80 && c < 0xa0)
    to.append(kWindows1252[static_cast<size_t>(c - 0x80)]);
  else if (c == 0x3000)
    to.append(u' ');
  else if (c >= 0xff01 && c < 0xfff0)
    to.append(normalized(icu::UnicodeString(c), /*compatible=*/true));
  else if (c == 0x02bc || (c >= 0x2018 && c <= 0x201b))
    to.append(u'\'');
  else if (c >= 0x201c && c <= 0x201f)
    to.append(u'"');
  else if (c == '\r' || c == 0x2028 || c == 0x2029)
    to.append(u'\n');
  else if (!is_stripped(c))
    to.append(c);
}

icu::UnicodeString plainer(const icu::UnicodeString& text) {
  icu::UnicodeString result;
  for (int32_t i = 0; i < text.length(); i = text.moveIndex32(i, 1)) append_plain(text.char32At(i), result);
  return normalized(result, /*compatible=*/false);
}

icu::UnicodeString with_single_spaces(const icu::UnicodeString& text) {
  icu::UnicodeString result;
  bool pending = false;
  for (int32_t i = 0; i < text.length(); i = text.moveIndex32(i, 1)) {
    const UChar32 c = text.char32At(i);
    if (is_space(c)) {
      pending = !result.isEmpty();
      continue;
    }
    if (pending) result.append(u' ');
    pending = false;
    result.append(c);
  }
  return result;
}

}  // namespace

icu::UnicodeString cleaned(const icu::UnicodeString& text) {
  icu::UnicodeString now = text;
  const bool entities = text.indexOf(u'<') < 0;
  for (int pass = 0; pass < kMostPasses; ++pass) {
    icu::UnicodeString next = plainer(entities ? without_entities(now) : now);
    if (next == now) break;
    now = std::move(next);
  }
  now = with_single_spaces(without_entities(without_entities(now)));
  return now.toLower(icu::Locale::getRoot());
}

}  // namespace vidbench::text
