"""Address cards: vCard 2.1, 3.0 (RFC 2426) and 4.0 (RFC 6350), any number in a file.

In: a file of cards. Out: a Table, one card a row; pictures, sounds and keys inside as parts. Folded lines, quoted-printable and
base64 values and their character sets are undone; what stands between cards is Text.
"""

import binascii
import quopri
import re
from collections.abc import Collection, Iterator, Mapping

from mailguard.model import Part, Problem, ProblemKind, Table, Text
from mailguard.unpack import cards, charset, part_text, sniff
from mailguard.unpack.budget import Budget
from mailguard.unpack.transfer import from_base64

NAME = "Address cards (vCard)"
LIMITATIONS = "Identifiers, times and links are not read."

_BEGIN = re.compile(rb"(?:\xef\xbb\xbf)?\s*BEGIN:VCARD\b", re.IGNORECASE)
_UTF16 = re.compile(rb"(?:\xff\xfe|\xfe\xff)\0?B\0?E\0?G\0?I\0?N\0?:\0?V\0?C\0?A\0?R\0?D", re.IGNORECASE)
_FOLD = re.compile(r"\r?\n[ \t]")  # RFC 2425 §5.8.1
_PROPERTY = re.compile(
    r'(?:[A-Za-z0-9-]{1,60}\.)?([A-Za-z0-9-]{1,60})((?:;(?:"[^"\r\n]*+"|[^";:\r\n]++)*+)*+):(.*)', re.DOTALL
)
_PARAMETER = re.compile(r';(?:([A-Za-z0-9-]+)=)?("[^"]*"|[^;:]*)')
_TYPES = re.compile('[;,="]')
_ESCAPE = re.compile(r"\\(.)")  # RFC 6350 §3.4
_PARTS = re.compile(r"(?<!\\);")
_SPELT = re.compile(r"[ -~\u3041-\u30ff\uff66-\uff9f\u3000]+")  # kana or Latin letters: a reading
_FILES = {"PHOTO", "LOGO", "SOUND", "KEY"}
_TITLES = {
    "TEL": cards.PHONE, "EMAIL": cards.EMAIL, "BDAY": cards.BIRTH, "ORG": cards.COMPANY, "TITLE": cards.POST, "ROLE": cards.POST,
    "NICKNAME": cards.NOTE, "SORT-STRING": cards.KANA,
}  # fmt: skip
_PHONETIC = {"X-PHONETIC-LAST-NAME": 0, "X-PHONETIC-FIRST-NAME": 1}
_TECHNICAL = frozenset(
    [
        "VERSION",
        "PRODID",
        "UID",
        "REV",
        "SOURCE",
        "TZ",
        "GEO",
        "MAILER",
        "CLASS",
        "CLIENTPIDMAP",
        "FBURL",
        "CALURI",
        "KIND",
        "XML",
        "URL",
        "X-ABSHOWAS",
        "X-ABUID",
    ]
)


def matches(part: Part, sniffed: str) -> bool:
    """By its first line."""
    return sniffed in {sniff.TEXT, sniff.HTML} and (
        _BEGIN.match(part.data) is not None or _UTF16.match(part.data) is not None
    )


def open_part(part: Part, budget: Budget) -> Iterator[Part | Text | Table | Problem]:
    """One table, and the files inside."""
    text = part_text.decoded(part, budget)
    yield from part_text.faults(part, text)
    reader = _Reader(part, budget)
    for line in _lines(text):
        yield from reader.take(line)
    rows = cards.rows([*reader.cards, *([reader.card] if reader.card else [])])
    if rows:
        budget.spend_cells(sum(map(len, rows)))
        yield Table(part.path, rows)
    if reader.loose or not rows:
        yield Text(part.path, "\n".join(reader.loose))


def _lines(text: str) -> Iterator[str]:
    """Lines unfolded; one of quoted-printable that ends in = goes on in the next (vCard 2.1)."""
    held: list[str] = []
    for line in _FOLD.sub("", text).splitlines():
        if held or (line.endswith("=") and "QUOTED-PRINTABLE" in line[:200].upper().split(":", 1)[0]):
            held.append(line)
            if line.endswith("="):
                continue
            yield "\n".join(held)
            held = []
        else:
            yield line
    if held:
        yield "\n".join(held)


class _Reader:
    """The cards so far, and what stands outside of them."""

    def __init__(self, part: Part, budget: Budget) -> None:
        self.cards: list[list[tuple[str, str]]] = []
        self.card: list[tuple[str, str]] = []
        self.loose: list[str] = []
        self._part, self._budget = part, budget

    def take(self, line: str) -> Iterator[Part | Problem]:
        match = _PROPERTY.fullmatch(line)
        if match is None:
            self.loose += [line] if line.strip() else []
            return
        name, parameters = match[1].upper(), dict(_parameters(match[2]))
        if name in {"BEGIN", "END"}:
            self._next()
            return
        types = set(_TYPES.split(match[2].upper()))
        value = _decoded(match[3], parameters)
        if isinstance(value, ProblemKind):
            yield Problem(self._part.path, value, "encoded values")
        elif isinstance(value, bytes) and (name in _FILES or not _reads(value)):
            yield self._file(name, value)
        elif isinstance(value, bytes):
            self._add(name, charset.decode(value, parameters.get("CHARSET", "")), types)
        elif value.lower().startswith("data:") and name in _FILES:
            yield from self._data(name, value)
        else:
            self._add(name, value, types)

    def _next(self) -> None:
        if self.card:
            self.cards.append(_finished(self.card))
        self.card = []

    def _add(self, name: str, value: str, types: Collection[str]) -> None:
        if name in _TECHNICAL:
            return
        if name == "ADR":
            self.card += _address(value, office="WORK" in types)
        elif name == "SOUND":  # X-IRMC-N of mobile phones: ｻﾄｳ;ﾊﾅｺ;;;
            self.card.append((cards.KANA, _plain(value.replace(";", " "))))
        elif name in {"N", "FN", *_PHONETIC}:
            self.card.append((name, value))
        else:
            plain = _plain(value.replace(";", " ") if name == "ORG" else value)
            self.card.append((_TITLES.get(name, cards.NOTE), plain.removeprefix("tel:").removeprefix("mailto:")))

    def _file(self, name: str, data: bytes) -> Part:
        self._budget.file(self._part.depth + 1)
        self._budget.spend(len(data))
        return Part((*self._part.path, f"({name.lower()})"), data, depth=self._part.depth + 1)

    def _data(self, name: str, uri: str) -> Iterator[Part | Problem]:
        head, _, packed = uri.partition(",")
        try:
            data = from_base64(packed.encode("ascii", "replace")) if "base64" in head.lower() else packed.encode()
        except binascii.Error:
            yield Problem(self._part.path, ProblemKind.DAMAGED, "encoded values")
        else:
            yield self._file(name, data)


def _parameters(text: str) -> Iterator[tuple[str, str]]:
    """Values without a name are encodings or types (2.1)."""
    for match in _PARAMETER.finditer(text):
        value = match[2].strip('"')
        bare = "ENCODING" if value.upper() in {"QUOTED-PRINTABLE", "BASE64"} else "TYPE"
        yield (match[1] or bare).upper(), value


def _decoded(value: str, parameters: Mapping[str, str]) -> str | bytes | ProblemKind:
    encoding = parameters.get("ENCODING", "").upper()
    if encoding == "QUOTED-PRINTABLE":
        return quopri.decodestring(value.encode("utf-8", "replace"))
    if encoding in {"BASE64", "B"}:
        try:
            data = from_base64(value.encode("ascii", "replace"))
        except binascii.Error:
            return ProblemKind.DAMAGED
        return data if data or not value.strip() else ProblemKind.DAMAGED
    return value if encoding in {"", "7BIT", "8BIT"} else ProblemKind.NOT_READ


def _reads(data: bytes) -> bool:
    return sniff.sniff(data) in {sniff.TEXT, sniff.EMPTY}


def _plain(value: str) -> str:
    return _ESCAPE.sub(lambda match: "\n" if match[1] in "nN" else match[1], value)


def _address(value: str, *, office: bool) -> Iterator[tuple[str, str]]:
    """RFC 6350 §6.3.1: box; extended; street; locality; region; code; country. Some programs put all into one of them."""
    parts = [_plain(part).replace("\n", " ").strip() for part in _PARTS.split(value)]
    box, extended, street, locality, region, code, country, *rest = [*parts, *[""] * 7]
    yield cards.OFFICE_ZIP if office else cards.ZIP, code
    yield cards.OFFICE if office else cards.ADDRESS, f"{region}{locality}{street}{extended}{box}"
    yield cards.NOTE, " ".join(filter(None, [country, *rest]))


def _finished(card: list[tuple[str, str]]) -> list[tuple[str, str]]:
    """With one name: the formatted one; the structured one beside it only where that says something else."""
    given = dict(reversed([pair for pair in card if pair[0] in {"N", "FN", *_PHONETIC}]))
    rest = [pair for pair in card if pair[0] not in given]
    rest += [(cards.NOTE, _plain(value)) for name, value in card if name in given and value != given[name]]
    formatted = _plain(given.get("FN", "")).strip()
    pieces = [_plain(piece).strip() for piece in _PARTS.split(given.get("N", ""))][:3]
    structured = " ".join(filter(None, pieces))
    name = formatted or structured
    if any(piece not in name for piece in pieces):
        name, other = structured, formatted
        rest.append((cards.KANA if _SPELT.fullmatch(other) else cards.OTHER_NAME, other))
    kana = " ".join(_plain(given[name]).strip() for name in _PHONETIC if given.get(name))
    return [(cards.NAME, name), (cards.KANA, kana), *rest]
