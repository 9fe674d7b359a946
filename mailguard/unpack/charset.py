"""Bytes become text by trial, because what Japanese mail declares is often wrong.

In: bytes and the declared charset ("" if none). Out: text. Never fails; what fits no charset shows as U+FFFD.
Order: BOM, ISO-2022-JP by its escapes, strict UTF-8, then cp932, EUC-JP, UTF-16 and the declared charset by score.
`shift_jis_2004` and `euc_jis_2004` are never tried on undeclared bytes: they turn 髙 into 郄 in silence.
"""

import codecs
import functools
import math
import re
import unicodedata
from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

# Names that occur in mail and that Python does not know, or knows as a codec without NEC and IBM characters.
_ALIASES = {
    "shift_jis": "cp932", "shift-jis": "cp932", "sjis": "cp932", "x-sjis": "cp932", "windows-31j": "cp932", "ms932": "cp932",
    "ms_kanji": "cp932", "cp943": "cp932", "euc-jp": "euc_jp", "eucjp": "euc_jp", "x-euc-jp": "euc_jp", "eucjp-ms": "euc_jp",
    "cp51932": "euc_jp", "iso-2022-jp": "iso2022_jp", "cp50220": "iso2022_jp", "cp50221": "iso2022_jp", "cp50222": "iso2022_jp",
    "iso-2022-jp-ms": "iso2022_jp", "csiso2022jp": "iso2022_jp", "unicode-1-1-utf-7": "utf-7", "iso-8859-1": "cp1252",
    "shift_jis_2004": "cp932", "shift_jisx0213": "cp932", "euc_jis_2004": "euc_jp", "euc_jisx0213": "euc_jp",
    "us-ascii": "", "ascii": "", "gb2312": "gb18030", "gbk": "gb18030", "ks_c_5601-1987": "cp949", "euc-kr": "cp949",
}  # fmt: skip
_BOMS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32-le"),
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
_BOM_BEGINS = frozenset(mark[:1] for mark, _ in _BOMS)
_ESCAPE = re.compile(rb"\x1b(\$[@AB]|\$\([@ABCDOPQ]|\([A-Z]|\.[AF])|([\x0e\x0f])")
_JAPANESE_ESCAPE = re.compile(rb"\x1b(?:\$[@B]|\$\([@BDOPQ]|\([IJ])")
_NOT_ASCII = re.compile("[^\x00-\x7f]+")
# One look for the surest sign of UTF-8: a character that Japanese text uses, or three of other writing. Rare ones are no
# sign: 德永 of cp932 is a syllable of Hangul and a letter, 齊田 one of Yi.
_UTF8_SIGN = re.compile(
    "[\u2010-\u27bf\u3000-\u33ff\u4e00-\u9fff\ufe00-\U0010ffff]|(?:[\u0080-\u1fff\uac00-\ucfff][\x00-\x7f]*){3}"
)
# What writing uses; the rest is looked up one by one.
_UNUSUAL = re.compile("[^ -~\t\n\r\f\v\x1a\x1b\u3000-\u3002\u3041-\u30fe\u4e00-\u9fff\uff01-\uff5e\uff61-\uff9f]")
_SCORED = 5_000  # characters beyond ASCII that decide; more would not change the answer
UNREADABLE = 0.1  # share of characters of no writing, from which a text counts as not decoded
_DAMAGED = 0.1  # what a reading with unreadable bytes loses besides
_CERTAIN = 1.2  # score from which cp932 needs no rival: EUC-JP and UTF-16 read as cp932 stay below one half
_LIKELY = 0.5  # score of a few kanji and marks
_SHORT = 200  # bytes; a longer UTF-16 text that is all ASCII bytes has NULs
_WIDE = ("utf-16-le", "utf-16-be")
# Half-width kana of EUC-JP, which cp932 reads as kanji of one row: three in a row are hardly a word, four are none.
_EUC_KANA = re.compile(rb"\x8e[\xa1-\xdf]\x8e[\xa1-\xdf]\x8e[\xa1-\xdf]")  # written out: it is looked for far faster
_FOUR_KANA = re.compile("[\uff61-\uff9f]{4}")
_HALF_KANA = re.compile("[\uff61-\uff9f]")
_KANA_CREDIT = 1.2  # makes such a kana weigh what the kanji weighs
_TO_EUC = bytes(byte | 0x80 if 0x21 <= byte <= 0x7E else byte for byte in range(256))
_SIGNS = frozenset(
    "\u3000、。〃々〆〇〈〉《》「」『』【】〒〓〔〕〜"
)  # not all of U+30xx: figures read as UTF-16 are there
_LEVEL_ONE = frozenset(
    bytes((row, cell)).decode("euc_jp")
    for row in range(0xB0, 0xD0)
    for cell in range(0xA1, 0xFF)
    if (row, cell) < (0xCF, 0xD4)
)


def decode(data: bytes, declared: str = "") -> str:
    """The text of `data`; a byte order mark is taken off."""
    if data[:1] in _BOM_BEGINS:
        for mark, codec in _BOMS:
            if data.startswith(mark):
                return data[len(mark) :].decode(codec, "replace")
    wanted = _codec(declared)
    if data.isascii():
        if _JAPANESE_ESCAPE.search(data) or (wanted == "iso2022_jp" and b"\x0e" in data):
            return _iso2022(data)
        return data.decode("utf-7", "replace") if wanted == "utf-7" else _ascii(data)
    utf8 = _strict(data, "utf-8")
    if utf8 is not None and "\0" not in utf8 and _surely_utf8(utf8):
        return utf8
    if _JAPANESE_ESCAPE.search(data):
        return _iso2022(data)
    return _best(data, wanted)


def unreadable(text: str) -> float:
    """Share of characters that no writing uses: controls, private use, unassigned, U+FFFD."""
    sample = text[:_SCORED]
    bad = sum(1 for char in _UNUSUAL.findall(sample) if char < " " or _weight(char) <= -2)
    return bad / len(sample) if sample else 0.0


def is_utf16(text: str) -> bool:
    """Any two bytes are some character of UTF-16: without a mark it must look like writing."""
    sample = text[:_SCORED]
    plain = sum(1 for char in sample if " " <= char <= "~" or "\u3000" <= char <= "\u30ff" or char in "\r\n\t")
    common = sum(1 for char in sample if char in _LEVEL_ONE or "\uff01" <= char <= "\uff9f")
    return (plain * 4 > len(sample) or (plain + common) * 2 > len(sample)) and unreadable(sample) < 0.02


def _codec(declared: str) -> str:
    return _known_codec(declared) if len(declared) <= _LONGEST_NAME else _codec_of(declared)


def _codec_of(declared: str) -> str:
    name = declared.strip().strip("\"'").lower()
    name = _ALIASES.get(name, name)
    try:
        info = codecs.lookup(name) if name else None
    except (LookupError, ValueError):  # ValueError: a NUL in the name
        return ""
    return info.name if info and info._is_text_encoding else ""  # noqa: SLF001 - no public way to leave out rot13 and zlib


_LONGEST_NAME = 60
_known_codec = functools.lru_cache(maxsize=256)(_codec_of)


def _strict(data: bytes, codec: str) -> str | None:
    try:
        return data.decode(codec)
    except (UnicodeError, ValueError):
        return None


def _ascii(data: bytes) -> str:
    if data.count(0) * 4 > len(data):  # UTF-16 of ASCII characters is ASCII bytes and NULs
        return _best(data, "")
    text = data.decode("ascii")
    if len(data) <= _SHORT and len(data) % 2 == 0 and unreadable(text):  # and 「佐々木」 is ASCII bytes and a control
        wide = [found for found in (data.decode(codec, "replace") for codec in _WIDE) if is_utf16(found)]
        least = _LIKELY if b"\0" in data else _CERTAIN
        return max([found for found in wide if _score(found) > least], key=_score, default=text)
    return text


def _surely_utf8(text: str) -> bool:
    """Two half-width kana of cp932 may be one character of UTF-8."""
    beyond = _NOT_ASCII.search(text)
    if beyond is None:
        return True
    at = beyond.start()
    return _UTF8_SIGN.search(text, at, at + _SCORED) is not None


def _best(data: bytes, wanted: str) -> str:
    japanese = _strict(data, "cp932")
    kana = _EUC_KANA.search(data) is not None
    if japanese is not None and not kana and _score(japanese) > _CERTAIN:
        return japanese
    scored = [
        (
            _score(text)
            + (_credit(wanted) if codec == wanted else 0.0)
            + (_euc_kana(text) if kana and codec == "euc_jp" else 0.0),
            text,
        )
        for codec, text in _trials(data, wanted)
    ]
    # One bad byte must not hand a whole list to a charset that fits every byte and reads as nothing.
    scored += [(_score(text) - _DAMAGED, text) for text in _damaged(data, wanted if not scored else "")]
    return max(scored, key=lambda pair: pair[0])[1]


def _damaged(data: bytes, wanted: str) -> Iterator[str]:
    for codec in dict.fromkeys(codec for codec in (wanted, "utf-8", "cp932", "euc_jp") if codec):
        yield data.decode(codec, "mailguard.nec_replace" if codec == "euc_jp" else "replace")


def _credit(wanted: str) -> float:
    """How far a declaration is believed: Japanese mailers declare the wrong Japanese charset or Latin-1, hardly others."""
    return 0.3 if wanted in {"cp932", "euc_jp", "utf-8", "cp1252"} else 0.7


def _trials(data: bytes, wanted: str) -> Iterator[tuple[str, str]]:
    for codec, errors in (("utf-8", "strict"), ("cp932", "strict"), ("euc_jp", "mailguard.nec")):
        try:
            yield codec, data.decode(codec, errors)
        except UnicodeError:
            continue
    names = list(_WIDE) if len(data) % 2 == 0 else []
    if wanted and wanted not in {"utf-8", "cp932", "euc_jp", "iso2022_jp", "utf-7"}:
        names.append(wanted)
    for codec in names:
        text = _strict(data, codec)
        if text is not None and (not codec.startswith("utf-16") or is_utf16(text)):
            yield codec, text


def _score(text: str) -> float:
    """How much `text` looks like Japanese, per character beyond ASCII; other writing comes out near zero."""
    points = _beyond_ascii(text)
    zeros = text[:_SCORED].count("\0")
    if not len(points):
        return -5.0 * zeros
    met, counts = np.unique(points, return_counts=True)
    total = math.fsum(_weight(chr(point)) * count for point, count in zip(met.tolist(), counts.tolist(), strict=True))
    return (total - 5.0 * zeros) / len(points)


def _beyond_ascii(text: str) -> NDArray[np.uint32]:
    """The first code points beyond ASCII, as many as decide."""
    taken: list[NDArray[np.uint32]] = []
    left = _SCORED
    for start in range(0, len(text), 4 * _SCORED):
        points = np.frombuffer(text[start : start + 4 * _SCORED].encode("utf-32-le", "surrogatepass"), np.uint32)
        taken.append(points[points > 0x7F][:left])
        left -= len(taken[-1])
        if not left:
            break
    return np.concatenate(taken) if taken else np.empty(0, np.uint32)


def _euc_kana(text: str) -> float:
    """What `_score` holds too low in a reading as EUC-JP that has half-width kana in a row."""
    sample = "".join(_NOT_ASCII.findall(text))[:_SCORED]
    credit = _KANA_CREDIT + (0.1 if _FOUR_KANA.search(sample) else 0.0)
    return credit * len(_HALF_KANA.findall(sample)) / len(sample)


@functools.lru_cache(maxsize=65_536)
def _weight(char: str) -> float:
    code = ord(char)
    if 0x3041 <= code <= 0x30FE or char in _LEVEL_ONE or char in _SIGNS or 0xFF01 <= code <= 0xFF5E:
        return 1.5
    if 0x4E00 <= code <= 0x9FFF:
        return 0.4
    if 0xFF61 <= code <= 0xFF9F:
        return 0.3
    if 0xE000 <= code <= 0xF8FF or code == 0xFFFD or unicodedata.category(char) in {"Cc", "Cn", "Cs", "Co"}:
        return -3.0
    return 0.5 if 0x2010 <= code <= 0x27BF or 0x3200 <= code <= 0x33FF else -0.2


_RUN = re.compile(rb"([\xa1-\xfe])\1*")


def _nec_row(error: UnicodeError) -> tuple[str, int]:
    """EUC-JP leaves out NEC row 13 and the IBM rows; cp932 has them at the place arithmetic gives."""
    found = _row_at(error.object, error.start) if isinstance(error, UnicodeDecodeError) else None
    if found is None:
        raise error
    return found


def _nec_row_or_mark(error: UnicodeError) -> tuple[str, int]:
    if not isinstance(error, UnicodeDecodeError):
        raise error
    found = _row_at(error.object, error.start)
    run = _RUN.match(error.object, error.start) if found is None and error.end == error.start + 1 else None
    if run is not None and run.end() > error.end:
        # A pair of equal bytes that is nothing is so again a byte further: a long run of them is one step.
        return "\ufffd" * (run.end() - 1 - error.start), run.end() - 1
    return found or ("\ufffd", error.end)


def _row_at(data: bytes, start: int) -> tuple[str, int] | None:
    pair = data[start : start + 2]
    if len(pair) < 2 or not (0xA1 <= pair[0] <= 0xFE and 0xA1 <= pair[1] <= 0xFE):
        return None
    row, cell = pair[0] - 0xA1, pair[1] - 0xA1
    lead = row // 2 + (0x81 if row < 62 else 0xC1)
    trail = cell + 0x9F if row % 2 else cell + 0x40 + (cell >= 63)
    try:
        return bytes((lead, trail)).decode("cp932"), start + 2
    except UnicodeDecodeError:
        return None


codecs.register_error("mailguard.nec", _nec_row)
codecs.register_error("mailguard.nec_replace", _nec_row_or_mark)


def _iso2022(data: bytes) -> str:
    """ISO-2022-JP (RFC 1468); on error with what Microsoft adds: NEC row 13, half-width kana, raw cp932 between."""
    text = _strict(data, "iso2022_jp") if data.isascii() else None
    if text is not None and "\x0e" not in text:
        return text
    pieces, mode, at = [], "(B", 0
    for match in _ESCAPE.finditer(data):
        pieces.append(_segment(data[at : match.start()], mode))
        mode = match[1].decode() if match[1] else {b"\x0e": "(I"}.get(match[2], "(B")
        at = match.end()
    pieces.append(_segment(data[at:], mode))
    return "".join(pieces)


def _segment(data: bytes, mode: str) -> str:
    if mode == "(I":
        return bytes(byte | 0x80 if 0x21 <= byte <= 0x5F else byte for byte in data).decode("cp932", "replace")
    if mode == "$(D":
        return (
            re.sub(rb"([\x21-\x7e]{2})", rb"\x8f\1", data)
            .translate(_TO_EUC)
            .replace(b"\x0f", b"\x8f")
            .decode("euc_jp", "replace")
        )
    if mode.startswith("$"):
        return data.translate(_TO_EUC).decode("euc_jp", "mailguard.nec_replace")
    return data.decode("cp932", "replace")
