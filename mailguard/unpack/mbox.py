"""Mailboxes: mails one after the other in one file (RFC 4155, and as Thunderbird and others keep them).

In: the file. Out: each mail as a part.
"""

import re
from collections.abc import Iterator

from mailguard.model import BODY, HTML, MAIL, Part, Problem, Table, Text
from mailguard.unpack import sniff
from mailguard.unpack.budget import Budget

NAME = "Mailboxes (mbox)"
LIMITATIONS = (
    "A mail begins at a From line with a header below it and a blank line above it; other From lines are text."
)

_FROM = re.compile(rb"(?:\A|(?<=\n\n)|(?<=\n\r\n))From [^\n]*\n(?=(?:>?From [^\n]*\n)?[!-9;-~]{1,100}[ \t]?:)")
_QUOTED = re.compile(rb"^>(>*From )", re.MULTILINE)


def matches(part: Part, sniffed: str) -> bool:
    """By its first two lines; never the body itself, which may quote one."""
    return sniffed == sniff.MBOX and part.path[-1] not in {BODY, HTML}


def open_part(part: Part, budget: Budget) -> Iterator[Part | Text | Table | Problem]:
    """The mails in order."""
    starts = [match.end() for match in _FROM.finditer(part.data)]
    ends = [*(match.start() for match in _FROM.finditer(part.data)), len(part.data)][1:]
    for number, (start, end) in enumerate(zip(starts, ends, strict=True), 1):
        budget.file(part.depth + 1)
        name = MAIL if number == 1 else f"{MAIL} ({number})"
        mail = _QUOTED.sub(rb"\1", part.data[start:end])
        yield Part((*part.path, name), mail, sniff.MAIL, depth=part.depth + 1)
