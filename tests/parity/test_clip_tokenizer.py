"""CLIP's tokenizer against open_clip's, which is OpenAI's own with ftfy."""

import random
import unicodedata

import pytest
import torch
from conftest import REFERENCES, Probe

MERGES = REFERENCES / "open_clip/bpe_simple_vocab_16e6.txt.gz"
# Blocks of the scripts that people write today, and symbols.
BLOCKS = {
    "latin": (0x20, 0x24F),
    "ipa": (0x250, 0x2AF),
    "greek": (0x370, 0x3FF),
    "cyrillic": (0x400, 0x52F),
    "armenian": (0x531, 0x58F),
    "hebrew": (0x591, 0x5F4),
    "arabic": (0x600, 0x6FF),
    "syriac": (0x700, 0x74F),
    "thaana": (0x780, 0x7B1),
    "nko": (0x7C0, 0x7FA),
    "devanagari": (0x900, 0x97F),
    "bengali": (0x980, 0x9FE),
    "gurmukhi": (0xA01, 0xA76),
    "gujarati": (0xA81, 0xAFF),
    "oriya": (0xB01, 0xB77),
    "tamil": (0xB82, 0xBFA),
    "telugu": (0xC00, 0xC7F),
    "kannada": (0xC80, 0xCF2),
    "malayalam": (0xD00, 0xD7F),
    "sinhala": (0xD81, 0xDF4),
    "thai": (0xE01, 0xE5B),
    "lao": (0xE81, 0xEDF),
    "tibetan": (0xF00, 0xFDA),
    "myanmar": (0x1000, 0x109F),
    "georgian": (0x10A0, 0x10FF),
    "hangul jamo": (0x1100, 0x11FF),
    "ethiopic": (0x1200, 0x137C),
    "cherokee": (0x13A0, 0x13FD),
    "khmer": (0x1780, 0x17F9),
    "mongolian": (0x1800, 0x1878),
    "vietnamese": (0x1E00, 0x1EFF),
    "greek extended": (0x1F00, 0x1FFE),
    "punctuation": (0x2000, 0x2064),
    "signs": (0x2070, 0x214F),
    "numbers": (0x2150, 0x218B),
    "arrows and mathematics": (0x2190, 0x22FF),
    "shapes": (0x2500, 0x27BF),
    "kana": (0x3000, 0x30FF),
    "han": (0x4E00, 0x9FFF),
    "yi": (0xA000, 0xA48C),
    "hangul": (0xAC00, 0xD7A3),
    "ligatures": (0xFB00, 0xFB06),
    "arabic forms": (0xFB50, 0xFBFF),
    "wide forms": (0xFF01, 0xFFEE),
    "gothic": (0x10330, 0x1034A),
    "mathematical letters": (0x1D400, 0x1D7FF),
    "emoji": (0x1F300, 0x1F6FF),
}
WORDS = """a an the cat dog's it's they'll we've I'd don't shouldn't running quickly cinematic 4k 8K 35mm slow-motion
sunset, "golden" hour; ultra-realistic (bokeh) #video @50fps 3.14 1,000 x264 <b> A.I. e.g. naïve café Ångström O'Brien
rock'n'roll 'quoted' “curly” ‘single’ ﬁlm ﬀ … – — ½ ² № ™ don’t l'été &amp; &lt;3 &#233; &quot;x&quot;
\u00a0 \u3000 \ufeff Σίσυφος ΟΔΟΣ İstanbul straße ЁЛКА Ǆ Ĳsland
supercalifragilisticexpialidocious <|endoftext|> <|startoftext|>""".split()


def texts(count: int) -> list[str]:
    """Words of one script, of several, and English prompts with what people paste into them. What unicodedata does not
    know yet, and lone halves, are left out."""
    source = random.Random(2026)
    made = ["", " ", "a", "!", "''s", "a" * 300, " ".join(["word"] * 200)]
    while len(made) < count:
        words = []
        kind = source.random()
        block = source.choice(list(BLOCKS.values()))
        for _ in range(source.randint(1, 12)):
            if kind < 0.3 or (kind > 0.8 and source.random() < 0.5):
                words.append(source.choice(WORDS))
                continue
            low, high = block if kind < 0.8 else source.choice(list(BLOCKS.values()))
            letters = [chr(source.randint(low, high)) for _ in range(source.randint(1, 8))]
            words.append("".join(c for c in letters if unicodedata.category(c) not in ("Cn", "Cs", "Co")))
        made.append(source.choice((" ", " ", "  ", "\t", "\n", "")).join(words))
    return made


@pytest.fixture(scope="module")
def reference() -> object:
    from open_clip.tokenizer import SimpleTokenizer

    tokenizer = SimpleTokenizer()
    # OpenAI's names of the two special tokens; open_clip gave them others.
    for new, old in (("<|startoftext|>", "<start_of_text>"), ("<|endoftext|>", "<end_of_text>")):
        tokenizer.encoder[new] = tokenizer.encoder.pop(old)
        tokenizer.cache = {new: new, **{k: v for k, v in tokenizer.cache.items() if k != old}}
    import regex

    tokenizer.pat = regex.compile(
        r"<\|startoftext\|>|<\|endoftext\|>|'s|'t|'re|'ve|'m|'ll|'d|[\p{L}]+|[\p{N}]|[^\s\p{L}\p{N}]+", regex.IGNORECASE
    )
    return tokenizer


def mojibake(text: str) -> bool:
    """Whether ftfy takes the text for one that was decoded with a wrong encoding, and rewrites it."""
    import ftfy

    return ftfy.fix_text(text) != ftfy.fix_text(text, fix_encoding=False)


def test_ten_thousand_strings(probe: Probe, reference: object) -> None:
    strings = [text for text in texts(10_400) if not mojibake(text)][:10_000]
    assert len(strings) == 10_000
    data = torch.tensor(list(b"".join(text.replace("\0", "").encode() + b"\0" for text in strings)))
    ours = probe("clip-tokens", MERGES, text=data.float())["tokens"]
    theirs = reference(strings)
    wrong = [strings[i] for i in range(len(strings)) if not torch.equal(ours[i], theirs[i])]
    assert not wrong, (len(wrong), wrong[:5])


def test_another_file_is_refused(probe: Probe) -> None:
    merges = probe.folder / "merges.txt"
    merges.write_text("a b\nb c\n")
    with pytest.raises(AssertionError, match=r"merges.txt:3: not CLIP's list of merges"):
        probe("clip-tokens", merges, text=torch.zeros(1))
    merges.write_bytes(MERGES.read_bytes()[:5000])
    with pytest.raises(AssertionError, match=r"merges.txt"):
        probe("clip-tokens", merges, text=torch.zeros(1))
