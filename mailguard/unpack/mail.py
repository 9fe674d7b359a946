"""A mail is split into its leaves (RFC 2045 to 2049), and mails inside it are opened.

In: raw bytes of a mail. Out: `Mail` with undecoded leaves, cheap enough for a mailing of thousands, or the items of a
nested mail. Own splitter, linear and with caps: the standard one is quadratic in parameters and recurses per level.
Where two readers would disagree there is a Problem, and what can be read is read all the same.
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace

from mailguard.model import BODY, HEADERS, HTML, MAIL, UNNAMED, Part, PartPath, Problem, ProblemKind, Table, Text
from mailguard.unpack import entity, header, letterhead, part_head, sniff
from mailguard.unpack.budget import Budget, Limits
from mailguard.unpack.cid import shown_inline
from mailguard.unpack.entity import Entity
from mailguard.unpack.header import Address, Headers
from mailguard.unpack.transfer import RawPart, decode
from mailguard.unpack.writing import Written

NAME = "Mail (message/rfc822, .eml)"
LIMITATIONS = "Parts of a split message (message/partial) and external bodies are not fetched: both are problems."

_BLANK = re.compile(rb"\r?\n(?=\r?\n)")
# A line of a header block that neither opens a field nor continues one.
_NO_FIELD = re.compile(rb"\n(?![ \t\r\n]|[!-9;-~]+[ \t]*:|>?From )(?=.)")
_NOT_WHOLE = {"message/partial", "message/external-body"}
_SECONDS = 5  # entities of a mail that are read twice; all of them are problems
_BOUNDARY_END = re.compile(rb"(--)?[ \t]*(?=\r?\n|\Z)")
WITHIN = 100_000  # characters that the headers of all parts may carry together
_PREAMBLE = re.compile(rb"This is a multi-part message in MIME format\.?")


@dataclass(frozen=True, slots=True)
class Mail:
    """What a reader sees first: decoded headers, then the leaves in order, then what is wrong with the structure.

    resent: Resent-To, Resent-Cc and Resent-Bcc. senders: what From and the like say beside addresses, line by line.
    other: name and text of the remaining fields that may carry writing. within: the same of the parts.
    mailing, mailing_list: how its tool names these, see mailing_id.py.
    """

    subject: str = ""
    from_: tuple[Address, ...] = ()
    sender: tuple[Address, ...] = ()
    to: tuple[Address, ...] = ()
    cc: tuple[Address, ...] = ()
    bcc: tuple[Address, ...] = ()
    reply_to: tuple[Address, ...] = ()
    resent: tuple[Address, ...] = ()
    senders: tuple[str, ...] = ()
    other: Written = ()
    within: Written = ()
    date: str = ""
    parts: tuple[RawPart, ...] = ()
    problems: tuple[Problem, ...] = ()
    mailing: str = ""
    mailing_list: str = ""


@dataclass(slots=True)
class _Split:
    """The split in progress."""

    limits: Limits
    depth: int
    parts: list[RawPart] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)
    names: dict[str, int] = field(default_factory=dict)
    within: list[tuple[str, str]] = field(default_factory=list)
    entities: int = 0
    seconds: int = 0

    def problem(self, kind: ProblemKind, detail: str, path: PartPath = (HEADERS,)) -> None:
        found = Problem(path, kind, detail)
        if found not in self.problems:
            self.problems.append(found)

    def write(self, fields: Iterable[tuple[str, str]]) -> None:
        """Keep what stands in the headers of a part."""
        self.within += fields
        if sum(len(text) for _, text in self.within) > WITHIN:
            self.problem(ProblemKind.TOO_MANY, f"more than {WITHIN} characters in the headers of parts")
            self.within.clear()


def split(content: bytes, limits: Limits, depth: int = 0) -> Mail:
    """The leaves and the headers of a mail; `depth` is how many containers it lies in."""
    state = _Split(limits, depth)
    block, body = _block(content, state, 0, len(content))
    top = letterhead.read(block, limits)
    if top.headers.problem:
        state.problem(*top.headers.problem)
    _entity(entity.of(top.headers), body, state, 0)
    head = top.letterhead
    if head.too_much:
        state.problem(ProblemKind.TOO_MANY, head.too_much)
    return Mail(
        subject=head.subject,
        from_=head.from_,
        sender=head.sender,
        to=top.to,
        cc=head.cc,
        bcc=head.bcc,
        reply_to=head.reply_to,
        resent=head.resent,
        senders=head.senders,
        other=top.other,
        within=tuple(state.within),
        date=top.date,
        parts=shown_inline(state.parts, limits),
        problems=tuple(state.problems),
        mailing=head.mailing,
        mailing_list=head.mailing_list,
    )


def _block(content: bytes, state: _Split, start: int, end: int) -> tuple[bytes, bytes]:
    """Header block and body of an entity that is `content[start:end]`; of all the rest no copy is made."""
    if content.startswith((b"\r\n", b"\n"), start, end):
        return b"", content[start:end]
    first = content[start : min(start + 1_000, end)].split(b"\n", 1)[0]
    if not header.looks_like_field(first) and not first.startswith((b"From ", b">From ")):
        return b"", b"\n" + content[start:end]
    blank = _BLANK.search(content, start, end)
    block = content[start : blank.start()] if blank else content[start:end]
    below = blank.end() if blank else end
    if broken := _NO_FIELD.search(block):
        # Some readers start the body here, others at the blank line.
        state.problem(ProblemKind.AMBIGUOUS, "a header block with a line that is no header")
        block, below = block[: broken.start()], start + broken.start()
    return block, content[below:end]


def _entity(about: Entity, body: bytes, state: _Split, level: int) -> None:
    """`body` still starts with the line end of the blank line: a boundary may follow at once."""
    before = len(state.parts)
    _reading(about, body, state, level)
    if about.second and state.seconds < _SECONDS:
        state.seconds += 1
        known = {(part.raw, part.encoding) for part in state.parts[before:]}
        middle = len(state.parts)
        _reading(about.second, body, state, level)
        again, state.parts[middle:] = state.parts[middle:], []
        for part in again:
            if (part.raw, part.encoding) not in known:
                state.parts.append(part)
            elif part.path[-1] not in {BODY, HTML, UNNAMED}:
                state.write([("filename", part.path[-1])])


def _reading(about: Entity, body: bytes, state: _Split, level: int) -> None:
    state.entities += 1
    for reason in about.ambiguous:
        state.problem(ProblemKind.AMBIGUOUS, reason)
    if about.written:
        state.write(about.written)
    if not about.media_type.startswith("multipart/"):
        _leaf(about, body, state)
        return
    boundary = about.boundary
    if not boundary or level >= state.limits.mime_depth or state.entities > state.limits.mime_parts:
        _unsplit(about, body, state, level)
        return
    # Of a multipart readers show no name.
    state.write(("filename", name) for name in (about.name, *about.other_names) if name)
    _multipart(boundary, about.media_type, body, state, level)


def _unsplit(about: Entity, body: bytes, state: _Split, level: int) -> None:
    if not about.boundary:
        state.problem(ProblemKind.DAMAGED, "a multipart without a boundary")
    elif level >= state.limits.mime_depth:
        state.problem(ProblemKind.TOO_DEEP, f"more than {state.limits.mime_depth} levels of multipart")
    else:
        state.problem(ProblemKind.TOO_MANY, f"more than {state.limits.mime_parts} parts")
    names = tuple(name for name in (about.name, *about.other_names) if name != about.own_name)
    about = replace(about, media_type=sniff.TEXT, charset="", name=about.own_name, other_names=names)
    _leaf(about, body, state)


def _multipart(boundary: bytes, media_type: str, body: bytes, state: _Split, level: int) -> None:
    start, closed = None, False
    for begin, end, last in _boundaries(body, b"\n--" + boundary):
        if start is None or closed:
            _around(body[start or 0 : begin], UNNAMED if closed else BODY, state)
        else:
            _child(body, start, begin - (begin > start and body[begin - 1] == 0x0D), media_type, state, level)
        if closed and not last:
            state.problem(ProblemKind.AMBIGUOUS, "a part behind the closing boundary")
        start, closed = end, last
        if state.entities > state.limits.mime_parts:
            closed = False
            break
    if start is None:
        state.problem(ProblemKind.DAMAGED, "a boundary that never comes")
        _leaf(entity.of(Headers(())), body, state)
    elif closed:
        _around(body[start:], UNNAMED, state)
    else:
        _open_end(body, start, media_type, state, level)


def _boundaries(body: bytes, line: bytes) -> Iterator[tuple[int, int, bool]]:
    """Start and end of each boundary line, and whether it is the closing one."""
    at = body.find(line)
    while at >= 0:
        match = _BOUNDARY_END.match(body, at + len(line))
        if match:
            yield at, match.end(), match[1] is not None
        at = body.find(line, match.end() if match else at + 1)


def _open_end(body: bytes, start: int, media_type: str, state: _Split, level: int) -> None:
    if state.entities > state.limits.mime_parts:
        state.problem(ProblemKind.TOO_MANY, f"more than {state.limits.mime_parts} parts")
        return
    state.problem(ProblemKind.DAMAGED, "the closing boundary is missing")
    _child(body, start, len(body), media_type, state, level)


def _child(content: bytes, start: int, end: int, media_type: str, state: _Split, level: int) -> None:
    # The delimiter ends before its own line end; a part that begins with a blank line has no headers (RFC 2046 §5.1).
    block, body = _block(content, state, _behind_line_end(content, start, end), end)
    heading = part_head.read(block, state.limits, digest=media_type == "multipart/digest")
    if heading.problem:
        state.problem(*heading.problem)
    if heading.written:
        state.write(heading.written)
    _entity(heading.about, body, state, level + 1)


def _behind_line_end(content: bytes, start: int, end: int) -> int:
    start += content.startswith(b"\r", start, end)
    return start + content.startswith(b"\n", start, end)


def _around(text: bytes, name: str, state: _Split) -> None:
    """Text before the first and after the last boundary: few readers show it, but it is sent."""
    text = text.strip()
    if text and not _PREAMBLE.fullmatch(text):
        state.parts.append(RawPart((name,), sniff.TEXT, "", "", "", text, depth=state.depth))


def _leaf(about: Entity, body: bytes, state: _Split) -> None:
    raw = RawPart(
        path=_path(about.name, about.media_type, about.disposition, state),
        media_type=about.media_type,
        charset=about.charset,
        encoding=about.encoding,
        disposition=about.disposition,
        raw=body[_behind_line_end(body, 0, len(body)) :],
        depth=state.depth,
        content_id=about.content_id,
        other_names=tuple(map(_of_a_file, about.other_names)) if about.other_names else (),
    )
    state.parts.append(raw)


def _path(name: str, media_type: str, disposition: str, state: _Split) -> PartPath:
    if not name and disposition != "attachment" and media_type in {sniff.TEXT, sniff.HTML}:
        return (BODY if media_type == sniff.TEXT else HTML,)
    name = name or (MAIL if media_type == sniff.MAIL else UNNAMED)
    name = _of_a_file(name)
    state.names[name] = count = state.names.get(name, 0) + 1
    return (name if count == 1 else f"{name} ({count})",)


def _of_a_file(name: str) -> str:
    """A file may not pass for the body, where policy allows more."""
    return f"{name} (1)" if name in {BODY, HTML, HEADERS} else name


def matches(part: Part, sniffed: str) -> bool:
    """A nested mail, by declaration or by its first lines; never the body itself, which may quote one."""
    if part.media_type.startswith("message/"):
        return part.media_type in {sniff.MAIL, "message/global"} | _NOT_WHOLE and sniffed in {
            sniff.MAIL,
            sniff.MBOX,
            sniff.TEXT,
            sniff.HTML,
        }
    return sniffed == sniff.MAIL and part.path[-1] not in {BODY, HTML}


def open_part(part: Part, budget: Budget) -> Iterator[Part | Text | Table | Problem]:
    """The headers of a nested mail as text, then its leaves as parts one level deeper."""
    if part.media_type in _NOT_WHOLE:
        yield Problem(part.path, ProblemKind.NOT_READ, f"{part.media_type} is not the whole message")
    end = _BLANK.search(part.data)
    block = header.parse(part.data[: end.start()] if end else part.data, budget.limits)
    yield Text((*part.path, HEADERS), "\n".join(f"{name}: {header.decode(value)}" for name, value in block.fields))
    mail = split(part.data, budget.limits, part.depth + 1)
    if mail.within:
        yield Text((*part.path, HEADERS), "\n".join(f"{name}: {text}" for name, text in mail.within))
    for problem in mail.problems:
        yield replace(problem, path=part.path + problem.path)
    for raw in mail.parts:
        yield decode(replace(raw, path=part.path + raw.path), budget)
