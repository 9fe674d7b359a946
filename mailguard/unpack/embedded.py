"""Files that stand in a text: uuencode, BinHex, base64 without a header that says so, base 85, quoted-printable, MIME sources.

In: the Text or Table of a part that was just read. Out: what is packed in it as parts, or the Problem that it cannot
be told. Certificates, keys and signatures are harmless, and so is what is too short to hold a list.
"""

import binascii
import itertools
import re
from collections.abc import Iterator
from dataclasses import dataclass

from mailguard.model import MAIL, Part, PartPath, Problem, ProblemKind, Table, Text
from mailguard.unpack import ascii85, binhex, short_lines, signature, sniff, spread, uuencode
from mailguard.unpack.budget import Budget
from mailguard.unpack.header import clean_name
from mailguard.unpack.transfer import from_base64

BASE64 = "(base64)"
QUOTED_PRINTABLE = "(quoted-printable)"
UUENCODED = "(uuencode)"
ASCII85 = "(base 85)"
BINHEX = "(BinHex)"
SPREAD = "(letters apart)"

_LINES = 3  # full lines one after the other are no accident
_LOOSE = 200  # characters: from here even one line is looked into, and read if it turns out as something
_SHORT = 600  # bytes of nothing readable: a signature or a hash, too short for a list
_WIDTH = 60
_LINE = re.compile(r"(?<![A-Za-z0-9+/=])[A-Za-z0-9+/]{60,}={0,2}(?![A-Za-z0-9+/=])")
# Sixty characters in a row show in every fifteenth of a text.
_STEP = 15
_SIGN = re.compile("[A-Za-z0-9+/]{4}")
_GAP = re.compile(r"[ \t]*(?:\r\n?|\n)[ \t>|]*| +")
_LAST = re.compile(r"(?:[ \t]*(?:\r\n?|\n)[ \t>|]*| +)([A-Za-z0-9+/]{1,2000}={0,2})(?![^\s<\"')])")
_STANDS_ALONE = re.compile("[\\s\"'>(,:]")
_HEX = re.compile(r"[0-9a-f\s>|]+|[0-9A-F\s>|]+")
_ARMOUR = re.compile("-----BEGIN ([A-Z0-9 ]{1,40})-----")
_HARMLESS = re.compile("CERTIFICATE|KEY|CRL|PARAMETERS|SIGNATURE|PGP")
_QUOTE = re.compile("^(?:>[ ]?)+", re.MULTILINE)
_DELIMITER = re.compile(
    r"^--(?=\S)([^\r\n]{1,70}?)[ \t]*\r?\n(?=Content-[A-Za-z-]{1,40}:)", re.MULTILINE | re.IGNORECASE
)
_QP = re.compile("(?:=[0-9A-F]{2}){3}", re.IGNORECASE)
_QP_PLACES = 8
_WRITING = re.compile(rb"[^\0-\x1f\x7f]{4,}")  # among icons and windows


@dataclass(frozen=True, slots=True)
class _Run:
    """Base64 from `start` to `end` of the text; `lines` of full width."""

    start: int
    end: int
    lines: int
    packed: str


def find(item: Text | Table, depth: int, budget: Budget) -> Iterator[Part | Problem]:
    """Everything packed in what a part of that depth gave; for the budget it lies one container deeper."""
    if isinstance(item, Table) and (joined := spread.cells(item.rows)):
        yield _part(item.path, SPREAD, joined.encode("utf-8", "replace"), depth, budget)
    text = _lines(item)
    if ">" in text:
        text = _QUOTE.sub("", text)
    source = _source(text)
    if source is not None:
        start, content = source
        yield _part(item.path, MAIL, content, depth, budget, media_type=sniff.MAIL)
        text = text[:start]
    if text.count("=") >= 3 * _QP_PLACES and len(list(itertools.islice(_QP.finditer(text), _QP_PLACES))) == _QP_PLACES:
        data = binascii.a2b_qp(text.encode("utf-8", "replace"))
        yield _part(item.path, QUOTED_PRINTABLE, data, depth, budget)
    for joined in spread.texts(text):
        yield _part(item.path, SPREAD, joined.encode("utf-8", "replace"), depth, budget)
    for number, data in enumerate(ascii85.files(text), 1):
        yield _part(item.path, ASCII85 if number == 1 else f"{ASCII85} ({number})", data, depth, budget)
    yield from _encoded(item, text, depth, budget)


def _encoded(item: Text | Table, text: str, depth: int, budget: Budget) -> Iterator[Part | Problem]:
    """Base64 and hexadecimal figures."""
    names = (BASE64 if number == 1 else f"{BASE64} ({number})" for number in itertools.count(1))
    for run in _runs(text):
        figures = _HEX.fullmatch(text, run.start, run.end)
        data = short_lines.figures(run.packed) if figures else _behind_length(from_base64(run.packed.encode()))
        if sniff.sniff(data) != sniff.BINARY:
            yield _part(item.path, next(names), data, depth, budget)
        elif run.lines >= _LINES and not _harmless(text, run, data):
            yield Problem((*item.path, next(names)), ProblemKind.NOT_READ, "base64 of no known content")
    for data in short_lines.files(text):
        yield _part(item.path, next(names), data, depth, budget)


def packed(part: Part, budget: Budget) -> Iterator[Part | Problem]:
    """Files that stand in what reads as text: between `begin` and `end`, and BinHex."""
    for file in binhex.files(part.data, budget.room):
        name = clean_name(file.name) or BINHEX
        if file.fault:
            yield Problem((*part.path, name), ProblemKind.DAMAGED, f"BinHex file: {file.fault}")
        budget.member(len(file.data) + len(file.resources), file.packed)
        if file.data or not file.fault:
            yield _part(part.path, name, file.data, part.depth, budget)
        if written := b"\n".join(_WRITING.findall(file.resources)):
            yield _part(part.path, f"{name} (resources)", written, part.depth, budget)
    for name, data, whole in uuencode.files(part.data):
        if data:
            yield _part(part.path, clean_name(name) or UUENCODED, data, part.depth, budget)
        if not whole:
            yield Problem((*part.path, clean_name(name) or UUENCODED), ProblemKind.DAMAGED, "uuencoded file")


def _behind_length(data: bytes) -> bytes:
    """Queries of Excel are a ZIP behind its version and length (MS-QDEFF §2.2)."""
    return data[8:] if data.startswith(b"PK\3\4", 8) else data


def _lines(item: Text | Table) -> str:
    if isinstance(item, Text):
        return item.text
    # Base64 and MIME have no commas: they come as rows of one cell. A table without such rows is one.
    if not any(len(row) == 1 and len(row[0]) >= _WIDTH for row in item.rows):
        return ""
    return "\n".join(",".join(row) for row in item.rows)


def _part(path: PartPath, name: str, data: bytes, depth: int, budget: Budget, media_type: str = "") -> Part:
    budget.file(depth + 1)
    budget.spend(len(data))
    budget.member(len(data), len(data))
    return Part((*path, name), data, media_type, depth=depth + 1)


def _source(text: str) -> tuple[int, bytes] | None:
    """Where a multipart without its header starts, and a mail made of it."""
    first = _DELIMITER.search(text) if "Content-" in text or "content-" in text else None
    if first is None:
        return None
    boundary = first[1].replace("\\", "\\\\").replace('"', '\\"')
    head = f'Content-Type: multipart/mixed; boundary="{boundary}"\n\n'
    end = "" if f"\n--{first[1]}--" in text else f"\n--{first[1]}--\n"
    return first.start(), (head + text[first.start() :] + end).encode("utf-8", "replace")


def _runs(text: str) -> Iterator[_Run]:
    """Lines of base64 of one width with the shorter one behind them; single lines too if they are long."""
    if _SIGN.search(text[::_STEP]) is None:
        return
    lines: list[re.Match[str]] = []
    for match in _LINE.finditer(text):
        if lines and not _goes_on(text, lines, match):
            yield from _run(text, lines)
            lines = []
        lines.append(match)
    yield from _run(text, lines)


def _goes_on(text: str, lines: list[re.Match[str]], match: re.Match[str]) -> bool:
    last, width = lines[-1], len(lines[0][0])
    whole = len(last[0]) == width and "=" not in last[0]
    return whole and len(match[0]) <= width and _GAP.fullmatch(text, last.end(), match.start()) is not None


def _run(text: str, lines: list[re.Match[str]]) -> Iterator[_Run]:
    if not lines:
        return
    packed = "".join(line[0] for line in lines)
    width, start, end = len(lines[0][0]), lines[0].start(), lines[-1].end()
    full = sum(1 for line in lines if len(line[0]) == width)
    if full == len(lines) and "=" not in packed:
        last = _LAST.match(text, end)
        if last and len(last[1]) < width and ("=" in last[1] or (len(packed) + len(last[1])) % 4 == 0):
            packed, end = packed + last[1], last.end()
    alone = start == 0 or _STANDS_ALONE.match(text, start - 1) is not None
    if full >= _LINES or (alone and len(packed) >= _LOOSE):
        yield _Run(start, end, full, packed)


def _harmless(text: str, run: _Run, data: bytes) -> bool:
    """Bytes of no known format that are no file: a digest, a signature, a certificate, a key."""
    if len(data) <= _SHORT or _HEX.fullmatch(text, run.start, run.end):
        return True
    before = text.rfind("-----BEGIN ", max(run.start - 2_000, 0), run.start)
    armour = _ARMOUR.match(text, before) if before >= 0 else None
    if armour is None or text.find(f"-----END {armour[1]}-----", run.end, run.end + 200) < 0:
        return False
    if _HARMLESS.search(armour[1]):
        return data[0] >= 0x80 or data.startswith((b"\x30", b"openssh-key"))
    return signature.pkcs7(data)
