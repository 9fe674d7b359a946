"""Calendars (RFC 5545): what people wrote, without what programs wrote.

In: an iCalendar file. Out: Text with one property to a line, unfolded and unescaped; names and addresses of attendees
side by side. Identifiers, times and time zones are left out, everything else is read.
"""

import binascii
import re
from collections.abc import Iterator
from urllib.parse import unquote

from mailguard.model import Part, Problem, ProblemKind, Table, Text
from mailguard.unpack import html, part_text, sniff
from mailguard.unpack.budget import Budget
from mailguard.unpack.transfer import from_base64

NAME = "Calendars (iCalendar)"
LIMITATIONS = "Identifiers, times and links are not read; quoted-printable values of vCalendar 1.0 are a problem."

_BEGIN = re.compile(rb"(?:\xef\xbb\xbf)?\s*BEGIN:VCALENDAR\b", re.IGNORECASE)
_FOLD = re.compile(r"\r?\n[ \t]")  # §3.1
_PROPERTY = re.compile(r'([A-Za-z0-9-]{1,60})((?:;[A-Za-z0-9-]{1,60}=(?:"[^"\r\n]*"|[^";:\r\n]*)+)*):(.*)')
_PARAMETER = re.compile(r';([A-Za-z0-9-]+)=("[^"]*"|[^;:]*)')
_TECHNICAL = re.compile(
    "(?:BEGIN|END|VERSION|PRODID|CALSCALE|METHOD|UID|DTSTAMP|DTSTART|DTEND|DUE|DURATION|COMPLETED|CREATED|LAST-MODIFIED"
    "|SEQUENCE|RRULE|RDATE|EXDATE|EXRULE|RECURRENCE-ID|TZID|TZNAME|TZOFFSETFROM|TZOFFSETTO|TZURL|TRANSP|STATUS|CLASS"
    "|PRIORITY|PERCENT-COMPLETE|TRIGGER|ACTION|REPEAT|GEO|URL|FREEBUSY|REQUEST-STATUS|X-MICROSOFT-.*|X-MS-.*|X-WR-TIMEZONE"
    r"|X-LIC-.*|X-APPLE-.*|X-GOOGLE-.*|X-PUBLISHED-TTL|X-MOZ-.*)\Z",
    re.IGNORECASE,
)
_ESCAPE = re.compile(r"\\([\\;,nN])")  # §3.3.11
_ATTACHED = "(attachment)"


def matches(part: Part, sniffed: str) -> bool:
    """By its first line."""
    return sniffed in {sniff.TEXT, sniff.HTML} and _BEGIN.match(part.data) is not None


def open_part(part: Part, budget: Budget) -> Iterator[Part | Text | Table | Problem]:
    """One text, and the files inside."""
    text = part_text.decoded(part, budget)
    yield from part_text.faults(part, text)
    out: list[str] = []
    for line in _FOLD.sub("", text).splitlines():
        match = _PROPERTY.fullmatch(line)
        if match is None:
            out.append(line)
            continue
        name, parameters = match[1].upper(), dict(_parameters(match[2]))
        encoding = parameters.get("ENCODING", "").upper()
        if encoding in {"BASE64", "B"}:
            yield _file(part, match[3], budget)
        elif encoding == "QUOTED-PRINTABLE":
            yield Problem(part.path, ProblemKind.NOT_READ, "encoded values")
        elif name == "END":
            out.append("")
        elif not _TECHNICAL.match(name):
            out.append(" ".join(_words(parameters, match[3])))
    yield Text(part.path, "\n".join(out).strip())


def _parameters(text: str) -> Iterator[tuple[str, str]]:
    for match in _PARAMETER.finditer(text):
        yield match[1].upper(), match[2].strip('"')


def _words(parameters: dict[str, str], value: str) -> Iterator[str]:
    for name in ("CN", "EMAIL", "SENT-BY", "DELEGATED-TO", "DELEGATED-FROM", "MEMBER"):
        if name in parameters:
            yield _address(parameters[name])
    text = _address(_ESCAPE.sub(lambda match: "\n" if match[1] in "nN" else match[1], value))
    yield html.tagless(text) if parameters.get("FMTTYPE", "").lower() == "text/html" else text


def _address(value: str) -> str:
    lowered = value[:7].lower()
    return unquote(value[7:]) if lowered == "mailto:" else unquote(value[4:]) if lowered.startswith("tel:") else value


def _file(part: Part, packed: str, budget: Budget) -> Part | Problem:
    try:
        data = from_base64(packed.encode("ascii", "replace"))
    except binascii.Error:
        return Problem(part.path, ProblemKind.DAMAGED, "encoded values")
    budget.file(part.depth + 1)
    budget.spend(len(data))
    return Part((*part.path, _ATTACHED), data, depth=part.depth + 1)
