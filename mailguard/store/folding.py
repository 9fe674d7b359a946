"""The same mail once more: its operator pressed "send" again while it was held.

In: an arrival. Out: a digest that is equal for the same recipients and the same content, whatever differs between two
submissions of one mail: Message-ID, Date, trace fields and ids that programs put into the header block, and the boundaries
of its parts. Everything else counts, byte for byte; where it is not sure there is no digest, and nothing is folded.
"""

import re
from collections.abc import Iterator, Sequence

from mailguard import normal
from mailguard.digest import Digester
from mailguard.model import Envelope
from mailguard.pieces import Pieces
from mailguard.store.arrival import Arrival

_BLANK = b"\r\n\r\n"
_LF = 10
_BOUNDARIES = 20  # that a mail declares; one with more is not folded
# Fields of the header block that a tool or a server writes anew for each submission; people do not see them.
_FIELD = re.compile(
    rb"^(?:message-id|date|received|return-path|feedback-id|dkim-signature|domainkey-signature|arc-[a-z-]{1,40}"
    rb"|authentication-results|x-[a-z0-9-]{0,60}id|x-[a-z0-9-]{0,60}date):[^\r\n]*(?:\r\n[ \t][^\r\n]*)*\r\n",
    re.MULTILINE | re.IGNORECASE,
)
_CONTENT_TYPE = re.compile(rb"content-type:[^\r\n]*(?:\r\n[ \t][^\r\n]*)*", re.IGNORECASE)
_DECLARED = re.compile(rb'boundary\s{0,5}=\s{0,5}(?:"([^"\r\n]{1,200})"|([^\s;"]{1,200}))', re.IGNORECASE)
_BEFORE_VALUE = re.compile(rb'boundary\s{0,5}=\s{0,5}"?\Z', re.IGNORECASE)
_BEFORE = 20  # bytes that this matches at most
_BEHIND_VALUE = re.compile(rb'["\s;]|\Z')
_LINE_END = re.compile(rb"(?:--)?[ \t]*(?:\r\n|\Z)")


def fold_key(arrival: Arrival, digester: Digester) -> bytes | None:
    """None for a mail of which it is not sure what differs between two submissions."""
    content = canonical(arrival.pieces)
    if content is None:
        return None
    return digester.of("folded", recipients(arrival.message.envelope) + b"\0\0" + content)


def recipients(envelope: Envelope) -> bytes:
    """The same for the same recipients in any order, with what was asked for each (DSN)."""
    options = (*envelope.rcpt_options, *[()] * len(envelope.rcpt_to))
    named = sorted(f"{normal.email(to)}\0{' '.join(said)}" for to, said in zip(envelope.rcpt_to, options, strict=False))
    return "\0\0".join(named).encode("utf-8", "surrogateescape")


def canonical(pieces: Pieces) -> bytes | None:
    """The content without what differs, large pieces by their digests."""
    if any(b"\0" in literal for literal, _ in pieces.runs()):
        return None  # what stands for pieces and boundaries could stand there already
    skeleton = pieces.skeleton(lambda piece: b"\0P" + piece.key.hex().encode() + b"\0")
    head, blank, body = skeleton.partition(_BLANK)
    plain = _FIELD.sub(b"", head + b"\r\n") + blank + body
    fields = [plain[start:end] for start, end in _content_types(plain)]
    declared = dict.fromkeys(match[1] or match[2] for field in fields for match in _DECLARED.finditer(field))
    if len(declared) > _BOUNDARIES:
        return None
    for number, boundary in enumerate(declared):
        plain = _renamed(plain, boundary, b"\0B%d\0" % number)
    return plain


def _renamed(content: bytes, boundary: bytes, name: bytes) -> bytes:
    """With another name for a boundary where it is declared, and where a line is nothing else."""
    line = b"--" + boundary
    lines = [at for at in _places(content, line) if _begins(content, at) and _LINE_END.match(content, at + len(line))]
    if not lines:
        return content
    places = [at + 2 for at in lines]
    for start, end in _content_types(content):
        places += [start + at for at in _values(content[start:end], boundary)]
    return _replaced(content, sorted(places), len(boundary), name)


def _content_types(content: bytes) -> Iterator[tuple[int, int]]:
    """Where such fields stand, of whichever part. Searched for as plain bytes: what is between them is long."""
    lower, end = content.lower(), 0
    for at in _places(lower, b"content-type:"):
        if at >= end and (at == 0 or content[at - 1] == _LF) and (match := _CONTENT_TYPE.match(content, at)):
            end = match.end()
            yield at, end


def _values(field: bytes, boundary: bytes) -> Iterator[int]:
    """Where a field declares a boundary; parameters are told without regard to case."""
    end = 0
    for at in _places(field.lower(), boundary.lower()):
        declared = _BEFORE_VALUE.search(field, max(0, at - _BEFORE), at) and _BEHIND_VALUE.match(
            field, at + len(boundary)
        )
        if at >= end and declared:
            end = at + len(boundary)
            yield at


def _begins(content: bytes, at: int) -> bool:
    """Whether a line begins here: behind a line end, or behind a large piece, which ends with one."""
    return at == 0 or content[at - 1] in {_LF, 0}


def _places(content: bytes, what: bytes) -> Iterator[int]:
    at = content.find(what)
    while at >= 0:
        yield at
        at = content.find(what, at + 1)


def _replaced(content: bytes, places: Sequence[int], length: int, name: bytes) -> bytes:
    """With `name` instead of the `length` bytes at each of these places."""
    kept, end = [], 0
    for at in places:
        kept.append(content[end:at])
        end = at + length
    return name.join([*kept, content[end:]])
