"""An SMTP reply (RFC 5321 §4.2): what a server says to one command.

In: wire lines of a next hop, or a code and a text of our own. Out: the same bytes again for the client.
Never re-worded and never re-encoded: a relay may answer in any charset.
"""

import re
from dataclasses import dataclass

_LINE = re.compile(rb"([2-5][0-9]{2})(?:([ -])([^\r\n\0]*))?\r?\n")


@dataclass(frozen=True, slots=True)
class Reply:
    """`lines` are the texts after code and separator, without line ends; a multi-line reply has several."""

    code: int
    lines: tuple[bytes, ...] = (b"",)

    @classmethod
    def of(cls, code: int, text: str) -> "Reply":
        """A one-line reply of our own."""
        return cls(code, (text.encode(),))

    def raw(self) -> bytes:
        """The wire lines, each with CRLF."""
        if len(self.lines) == 1:
            return b"%d %b\r\n" % (self.code, self.lines[0])
        code = b"%d" % self.code
        *first, last = self.lines or (b"",)
        return b"".join(code + b"-" + line + b"\r\n" for line in first) + code + b" " + last + b"\r\n"

    @property
    def text(self) -> str:
        """Code and texts on one line, for people; not masked."""
        texts = b" ".join(line.strip() for line in self.lines).decode("utf-8", "replace")
        return f"{self.code} {''.join(char if char.isprintable() else ' ' for char in texts)}".strip()

    @property
    def ok(self) -> bool:
        """2xx: done."""
        return self.code // 100 == 2

    @property
    def temporary(self) -> bool:
        """4xx: the same may work later."""
        return self.code // 100 == 4

    @property
    def permanent(self) -> bool:
        """5xx: the same will not work later."""
        return self.code // 100 == 5


def parse_line(line: bytes) -> tuple[int, bool, bytes] | None:
    """(code, last line of the reply, text) of one wire line, or None when it is no reply line."""
    match = _LINE.fullmatch(line)
    if match is None:
        return None
    return int(match[1]), match[2] != b"-", match[3] or b""
