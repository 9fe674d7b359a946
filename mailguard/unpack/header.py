"""Mail headers: fields, parameters, file names and addresses, in every way Japanese mailers break them.

In: raw header bytes. Out: decoded values. Follows RFC 5322 §2.2, RFC 2047, RFC 2231; linear in its input, never fails.
"""

import base64
import binascii
import html
import re
from dataclasses import dataclass
from functools import lru_cache

from mailguard.model import ProblemKind
from mailguard.unpack import charset
from mailguard.unpack.budget import Limits

Address = tuple[str, str]
"""Display name and address."""

_FIELD = re.compile(rb"([!-9;-~]+)[ \t]*:")
_FOLD = re.compile(rb"\r?\n(?=[ \t])")
_PARAMETER = re.compile(rb';\s*([^\s=;"]+)\s*=\s*("(?:[^"\\]|\\.)*"|[^;]*)', re.DOTALL)
_WORD = re.compile(rb"=\?([^?\s]{1,60})\?([bBqQ])\?([^?]*)(?:\?=|\Z)")  # the end may be cut off
_SECTION = re.compile(r"([^*]+)(?:\*(\d{1,4}))?(\*)?")
# Raw ISO-2022-JP: its bytes may look like quotes, semicolons and backslashes.
_JIS = re.compile(rb"(?:\x1b(?:\$[@B]|\([IJ])[^\x1b]*)+(?:\x1b\([BJ])?")
_PERCENT = re.compile(rb"%([0-9A-Fa-f]{2})")
_UNPRINTABLE = re.compile("[\x00-\x1f\x7f\u202a-\u202e\u2066-\u2069]")
# Bounded: where nothing closes what is quoted, each further quote would be followed to the end.
_ADDRESS_TOKEN = re.compile(
    r'"(?:[^"\\]|\\.){0,500}+"|\((?:[^()\\]|\\.){0,500}+\)|<[^<>]*>|[,;:]|[^"(<,;:]+|.', re.DOTALL
)
_PLAIN_ADDRESS = re.compile(rb"[A-Za-z0-9!#$%&'*+/=^_`{|}~.-]+@[A-Za-z0-9.-]+")
# What the mails of one mailing repeat is read once: so many values of at most so many bytes are kept.
_KEPT, _SHORT = 2048, 300


@dataclass(frozen=True, slots=True)
class Headers:
    """Fields in order, names in lower case, values raw and unfolded; `problem` names a cap that was hit."""

    fields: tuple[tuple[str, bytes], ...]
    problem: tuple[ProblemKind, str] | None = None

    def all(self, name: str) -> list[bytes]:
        """Every value of a field."""
        return [field[1] for field in self.fields if field[0] == name]

    def first(self, name: str) -> bytes:
        """The first value of a field, b"" if there is none."""
        for key, value in self.fields:
            if key == name:
                return value
        return b""


def parse(block: bytes, limits: Limits) -> Headers:
    """Split a header block into fields; what is over a cap is cut before anything else looks at it."""
    problem = None
    if len(block) > limits.header_block_bytes:
        problem = ProblemKind.TOO_BIG, f"headers of more than {limits.header_block_bytes} bytes"
        block = block[: limits.header_block_bytes]
    fields = []
    if b"\n " in block or b"\n\t" in block:
        block = _FOLD.sub(b"", block)
    for line in block.split(b"\n"):
        found = _known_field(line) if len(line) <= _SHORT else _field(line)
        if found is None:
            continue
        name, value = found
        if len(value) > limits.header_bytes:
            problem = ProblemKind.TOO_BIG, f"a header of more than {limits.header_bytes} bytes"
            value = value[: limits.header_bytes]
            found = name, value
        fields.append(found)
    return Headers(tuple(fields), problem)


def _field(line: bytes) -> tuple[str, bytes] | None:
    match = _FIELD.match(line)
    return (match[1].decode("ascii").lower(), line[match.end() :].strip()) if match else None


_known_field = lru_cache(_KEPT)(_field)


def looks_like_field(line: bytes) -> bool:
    """Whether a line can open a header field."""
    return _FIELD.match(line) is not None


Parameters = tuple[tuple[str, bytes], ...]


def parameters(value: bytes) -> tuple[str, Parameters]:
    """The main value in lower case, and its parameters in order with quotes taken off."""
    return _known_parameters(value) if len(value) <= _SHORT else _parameters(value)


def _parameters(value: bytes) -> tuple[str, Parameters]:
    value = _without_escapes(value)
    main = value.split(b";", 1)[0].split(b"(", 1)[0].strip().decode("ascii", "replace").lower()
    found = []
    for match in _PARAMETER.finditer(value):
        raw = match[2].strip()
        if len(raw) > 1 and raw.startswith(b'"') and raw.endswith(b'"'):
            raw = _unquote(raw[1:-1])
        found.append((match[1].decode("ascii", "replace").lower(), raw))
    return main, tuple(found)


_known_parameters = lru_cache(_KEPT)(_parameters)


def _unquote(raw: bytes) -> bytes:
    # A backslash may be the second byte of a raw Shift_JIS character (表, ソ): only \" and \\ are quoted pairs here.
    return raw.replace(b'\\"', b'"').replace(b"\\\\", b"\\")


def without_parameters(value: bytes) -> bytes:
    """What of a value is no parameter: its first word, comments, what is broken."""
    return _PARAMETER.sub(b"", _without_escapes(value))


def _without_escapes(value: bytes) -> bytes:
    return _JIS.sub(lambda match: charset.decode(match[0]).encode("utf-8"), value) if b"\x1b" in value else value


def unusual_names(value: bytes) -> str:
    """The names of parameters that are not in ASCII, as they must be (RFC 2045 §5.1); "" if there is none."""
    names = (match[1] for match in _PARAMETER.finditer(_without_escapes(value)))
    return " ".join(decode(name) for name in names if not name.isascii())


def named(found: Parameters, name: str) -> bytes:
    """The first plain parameter of that name."""
    return next((value for key, value in found if key == name), b"")


def boundaries(found: Parameters) -> tuple[bytes, ...]:
    """Each boundary that some reader may take: plain ones, and one in sections (RFC 2231 §3)."""
    plain = [value for key, value in found if key == "boundary"]
    if any(key.startswith("boundary*") for key, _ in found):
        plain.append(readings(found, "boundary")[0].encode("utf-8", "replace"))
    return tuple(dict.fromkeys(filter(None, plain)))


def file_names(found: Parameters, names: tuple[str, ...]) -> tuple[str, ...]:
    """The file names among parameters, the surest first: RFC 2231 with its continuations, RFC 2047 words, raw bytes."""
    every = (clean_name(_undone(text)) for name in names for text in readings(found, name)) if found else ()
    return tuple(dict.fromkeys(name for name in every if name))


def base(key: str) -> str:
    """The name of a parameter without what RFC 2231 adds to it."""
    match = _SECTION.fullmatch(key)
    return match[1] if match else key


def readings(found: Parameters, name: str) -> list[str]:
    """What readers may make of a parameter: `filename*` beats a plain `filename` (RFC 6266 §4.3), not for every reader."""
    plain: list[str] = []
    pieces: list[tuple[int, bool, bytes]] = []
    for key, value in found:
        match = _SECTION.fullmatch(key)
        if key == name and (match is None or match[1] == key):
            plain.append(decode(value))
        elif match and match[1] == name:
            pieces.append((int(match[2] or 0), bool(match[3]), value))
    return [_join(sorted(pieces, key=lambda piece: piece[0])), *plain] if pieces else plain


def _join(sections: list[tuple[int, bool, bytes]]) -> str:
    declared = ""
    joined = b""
    for position, (_, encoded, raw) in enumerate(sections):
        piece = raw
        if encoded:
            if position == 0 and raw.count(b"'") >= 2:
                label, _, piece = raw.split(b"'", 2)
                declared = label.decode("ascii", "replace")
            elif declared and raw.lower().startswith(declared.lower().encode("ascii", "replace") + b"''"):
                piece = raw[len(declared) + 2 :]  # some mailers name the charset in every section
            piece = _unpercent(piece)
        joined += piece
    # Decoded only once joined: mailers split in the middle of a character, or of an encoded word.
    return charset.decode(joined, declared) if declared else decode(joined)


def _unpercent(raw: bytes) -> bytes:
    return _PERCENT.sub(lambda match: bytes((int(match[1], 16),)), raw)


def _undone(name: str) -> str:
    """A name without the quote that nothing closes, and without what belongs to the web: %E5%90%8D, &#21517;."""
    if "&#" in name:
        name = html.unescape(name)
    if "%" in name:
        plain = charset.decode(_unpercent(name.encode("utf-8", "replace")))
        name = name if plain.isascii() or charset.unreadable(plain) else plain
    return name.removeprefix('"')


def clean_name(name: str) -> str:
    """A file name that shows as one line, without direction overrides, of at most 255 characters."""
    return _UNPRINTABLE.sub("", name).strip()[:255]


def decode(value: bytes) -> str:
    """A header value as text: RFC 2047 words (also inside quotes, also split mid-character), else raw bytes by trial."""
    return _known_text(value) if len(value) <= _SHORT else _text(value)


def _text(value: bytes) -> str:
    out: list[str] = []
    pending, label, at = b"", "", 0
    for match in _WORD.finditer(value):
        between = value[at : match.start()]
        declared = match[1].split(b"*", 1)[0].decode("ascii", "replace").lower()
        if pending and (between.strip() or declared != label):
            out.append(charset.decode(pending, label))
            pending = b""
        if between.strip() or not at:
            out.append(charset.decode(between))
        pending += _word(match[2], match[3])
        label, at = declared, match.end()
    out.append(charset.decode(pending, label))
    out.append(charset.decode(value[at:]))
    return "".join(out)


_known_text = lru_cache(_KEPT)(_text)


def _word(encoding: bytes, text: bytes) -> bytes:
    if encoding in b"qQ":
        return binascii.a2b_qp(text, header=True)
    packed = re.sub(rb"[^A-Za-z0-9+/]", b"", text)
    packed = packed[:-1] if len(packed) % 4 == 1 else packed
    return base64.b64decode(packed + b"=" * (-len(packed) % 4))


def addresses(value: bytes) -> list[Address]:
    """The mailboxes of a From, To or Cc header (RFC 5322 §3.4), group names left out."""
    if _PLAIN_ADDRESS.fullmatch(value):
        return [("", value.decode("ascii"))]
    return list(_known_addresses(value) if len(value) <= _SHORT else _addresses(value))


def _addresses(value: bytes) -> tuple[Address, ...]:
    # Words are decoded after the split (a decoded comma is no separator); raw bytes must be decoded before it.
    text = value.decode("ascii") if value.isascii() and b"\x1b" not in value else charset.decode(value)
    found: list[Address] = []
    name: list[str] = []
    address = ""
    for piece in _ADDRESS_TOKEN.findall(text):
        if piece in ",;":
            _mailbox(found, name, address)
            name, address = [], ""
        elif piece == ":":
            name = []
        elif piece.startswith("<") and piece.endswith(">"):
            address = piece[1:-1].strip()
        else:
            name.append(piece)
    _mailbox(found, name, address)
    return tuple(found)


_known_addresses = lru_cache(_KEPT)(_addresses)


def _mailbox(found: list[Address], name: list[str], address: str) -> None:
    words = [word for word in name if not word.startswith("(")]
    comments = [word.strip("()") for word in name if word.startswith("(")]
    shown = "".join(word.strip('"') if word.startswith('"') else word for word in words).strip()
    if not address:
        address, shown = shown, "".join(comments).strip()
    if address:
        label = shown.encode("utf-8", "surrogatepass")
        found.append((decode(label).strip().strip('"'), decode(address.encode("utf-8", "surrogatepass"))))
