"""Normal forms of many values at once: what `normal` gives for each, found in one pass over all of them joined.

In: folded and stripped cells. Out: their normal forms in order. What is rare in a value (letters beyond ASCII where figures are
meant, a separator of ours inside a cell) is left to `normal`, value by value.
"""

import re
import unicodedata
from collections.abc import Callable, Sequence

from mailguard import normal
from mailguard.model import Kind

UNIT = "\x1f"  # U+001F stands between values
_NOT_FIGURES = bytes(byte for byte in range(128) if byte not in b"0123456789\x1f")
_VARIANT = re.compile("[" + "".join(map(chr, normal.VARIANTS)) + "]")
_SPACES = re.compile(f"[^\\S{UNIT}]+")
_ODD_EMAIL = re.compile(r"[ \[\](){}<>\"]")
_HIRAGANA = re.compile("[ぁ-ゖ]+")
_READ = re.compile(f"[A-Za-z{UNIT}]*")
_TO_KATAKANA = {code: code + 0x60 for code in range(0x3041, 0x3097)}
_MARKS = frozenset(normal.MARKS)
_NAME_ENDS = _MARKS | frozenset("まん生様殿氏)]】〕")  # of an honorific, or of a reading in brackets


def forms(kind: Kind, values: Sequence[str]) -> list[str]:
    """What `evidence.normalise` gives for each."""
    many = _MANY.get(kind)
    return many(values) if many else [value.strip() for value in values]


def _each(one: Callable[[str], str], values: Sequence[str], text: str) -> list[str]:
    """The values of a joined text, or each by itself when a value held what stands between them."""
    found = text.split(UNIT)
    return found if len(found) == len(values) else [one(value) for value in values]


def emails(values: Sequence[str]) -> list[str]:
    """`normal.email` of each."""
    text = UNIT.join(values)
    if not text.isascii() or _ODD_EMAIL.search(text) or text.count("@") != len(values):
        return [normal.email(value) for value in values]
    return _each(normal.email, values, text.lower())


def figures(values: Sequence[str]) -> list[str] | None:
    """The figures of each; None where they are not to be had from all values at once."""
    text = UNIT.join(values)
    if not text.isascii() or f".0{UNIT}" in text or text.endswith(".0"):
        return None
    found = text.encode().translate(None, _NOT_FIGURES).decode().split(UNIT)
    return found if len(found) == len(values) else None


def phones(values: Sequence[str]) -> list[str]:
    """`normal.phone` of each: what begins with 0 is its own form."""
    found = figures(values)
    if found is None:
        return [normal.phone(value) for value in values]
    return [
        form if form[:1] == "0" else normal.phone(value) if form else ""
        for form, value in zip(found, values, strict=True)
    ]


def postal_codes(values: Sequence[str]) -> list[str]:
    """`normal.postal_code` of each."""
    found = figures(values)
    if found is None:
        return [normal.postal_code(value) for value in values]
    return [form.rjust(7, "0") if len(form) == 6 else form for form in found]


def _folded(values: Sequence[str]) -> str:
    text = unicodedata.normalize("NFKC", UNIT.join(values))
    return text.translate(normal.VARIANTS) if _VARIANT.search(text) else text


def _unspaced(text: str) -> str:
    text = text.replace(" ", "")
    return _SPACES.sub("", text) if _SPACES.search(text) else text


def names(values: Sequence[str]) -> list[str]:
    """`normal.name` of each."""
    text = _unspaced(_folded(values)).replace("・", "").replace("·", "")
    found = _each(normal.name, values, text.casefold())
    return [
        normal.name(value) if form[-1:] in _NAME_ENDS or form[:1] in _MARKS else form
        for form, value in zip(found, values, strict=True)
    ]


def kana(values: Sequence[str]) -> list[str]:
    """`normal.kana` of each."""
    text = _unspaced(unicodedata.normalize("NFKC", UNIT.join(values))).replace("・", "")
    if _HIRAGANA.search(text):
        text = text.translate(_TO_KATAKANA)
    return _each(normal.kana, values, text)


def readings(values: Sequence[str]) -> list[str]:
    """`normal.reading` of each."""
    text = UNIT.join(values)
    text = text.translate(normal.ROMAJI)
    if not _READ.fullmatch(text):
        return [normal.reading(value) for value in values]
    return _each(normal.reading, values, normal.spelling(text.casefold()))


# The prefectures, as `normal.address` takes them off.
_PREFECTURES = frozenset(
    [
        "北海道",
        "青森県",
        "岩手県",
        "宮城県",
        "秋田県",
        "山形県",
        "福島県",
        "茨城県",
        "栃木県",
        "群馬県",
        "埼玉県",
        "千葉県",
        "東京都",
        "神奈川県",
        "新潟県",
        "富山県",
        "石川県",
        "福井県",
        "山梨県",
        "長野県",
        "岐阜県",
        "静岡県",
        "愛知県",
        "三重県",
        "滋賀県",
        "京都府",
        "大阪府",
        "兵庫県",
        "奈良県",
        "和歌山県",
        "鳥取県",
        "島根県",
        "岡山県",
        "広島県",
        "山口県",
        "徳島県",
        "香川県",
        "愛媛県",
        "高知県",
        "福岡県",
        "佐賀県",
        "長崎県",
        "熊本県",
        "大分県",
        "宮崎県",
        "鹿児島県",
        "沖縄県",
    ]
)
_END = f"(?={UNIT}|\\Z)"
_ANY_DASH = re.compile("[‐‑‒–—―−ーｰ─━～〜~]")
_FIGURE = re.compile(r"\d")
_KANJI_NUMBER = re.compile(f"[〇一二三四五六七八九十百]+(?:(?=丁目|番|号|条|線|の|ノ|-)|{_END})")
# These begin with a set of characters, which `re` looks for far faster than for words.
_BLOCK_WORD = re.compile(
    "[丁番号ノの](?:(?:(?<=丁)目|(?<=番)(?:地の?|町?(?=[0-9])|)|(?<=号)室?|(?<=[ノの]))(?=[0-9])"
    f"|(?:(?<=丁)目|(?<=番)地?|(?<=号)室?){_END})"
)
_LAST_WORD = re.compile(f"[番号](?<=[0-9].)(?:(?<=番)地|)(?=[^-0-9号室線棟館地町{UNIT}])")
_FLOOR = re.compile(f"階(?<=[0-9].)(?:{_END}|(?=[^建]))")
_ROOM = re.compile(
    "[-#rn](?:"
    f"(?<=[^0-9{UNIT}].)(?:(?<=[-#])|(?<=r)(?:oom|m\\.?)|(?<=n)o\\.?)(?:[-#]|room|rm\\.?|no\\.?)*(?=[0-9])"
    "|(?<=[0-9].)(?:(?<=-)(?:#|room|rm\\.?)|(?<=#)|(?<=r)(?:oom|m\\.?))(?=[0-9]))"
)


def addresses(values: Sequence[str]) -> list[str]:
    """`normal.address` of each."""
    found = _unspaced(_folded(values)).split(UNIT)
    if len(found) != len(values):
        return [normal.address(value) for value in values]
    text = UNIT.join(_local(found))
    bare = []
    if _ANY_DASH.search(text):  # where no figure is, no dash is one: メゾン
        local = text.split(UNIT)
        bare = [at for at, value in enumerate(local) if not _FIGURE.search(value)]
        for at in bare:
            local[at] = ""
        text = _ANY_DASH.sub("-", UNIT.join(local))
    text = _KANJI_NUMBER.sub(normal.arabic, text)
    text = _LAST_WORD.sub("", _BLOCK_WORD.sub("-", text)).casefold()
    text = _ROOM.sub(lambda match: "-" if match.string[match.start() - 1].isdigit() else "", text)
    found = [value.strip("-") for value in _FLOOR.sub("f", text).split(UNIT)]
    for at in bare:
        found[at] = normal.address(values[at])
    return found


def _local(values: Sequence[str]) -> list[str]:
    """Each without its prefecture, unless it is nothing else."""
    return [
        (value[3:] or value)
        if value[:3] in _PREFECTURES
        else (value[4:] or value)
        if value[:4] in _PREFECTURES
        else value
        for value in values
    ]


_MANY = {
    Kind.EMAIL: emails,
    Kind.PHONE: phones,
    Kind.ADDRESS: addresses,
    Kind.POSTAL_CODE: postal_codes,
    Kind.NAME: names,
    Kind.NAME_KANA: kana,
}
