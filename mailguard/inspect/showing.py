"""A part of a held mail for one approver who asked for it with a reason: its rows with findings, or its bytes.

Runs in the scanner worker. In: a mail, and the part's path and digest as the inspection names them; without a digest what has this path in this mail. Out: clear text, for that
person alone; nothing is remembered.
"""

from collections.abc import Iterator

from mailguard.detect.whole import Detector
from mailguard.digest import Digester
from mailguard.inspect.letter import Letter
from mailguard.inspect.look import ROWS, Bytes, Rows, Wanted
from mailguard.inspect.unlocking import Candidates, Unlocking
from mailguard.model import PartInfo, Problem, Table, Text
from mailguard.unpack.budget import Budget, Limits
from mailguard.unpack.mail import split
from mailguard.unpack.opening import Leaf, unpack
from mailguard.unpack.tools import Tools
from mailguard.unpack.transfer import decode

_READ = 5_000  # rows or lines of a part that are looked at
_CELLS = 40
_CHARACTERS = 300  # of a cell or line


class Showing:
    """What the worker needs for it."""

    def __init__(
        self, detector: Detector, digester: Digester, limits: Limits, tools: Tools, unlocking: Unlocking
    ) -> None:
        self._detector, self._digester, self._limits = detector, digester, limits
        self._tools, self._unlocking = tools, unlocking

    def rows(self, wanted: Wanted) -> Rows:
        """Rows and lines with findings of the leaves of a part."""
        head: tuple[str, ...] = ()
        rows: list[tuple[str, ...]] = []
        found = False
        for leaf in self._leaves(wanted.content, {}):
            if isinstance(leaf, PartInfo) or isinstance(leaf.item, Problem):
                continue
            if leaf.info.path != wanted.path or wanted.key not in {b"", leaf.key}:
                continue
            found = True
            if isinstance(leaf.item, Table):
                above, with_findings = self._of_table(leaf.item)
                head, rows = head or above, rows + with_findings
            else:
                rows += self._of_text(leaf.item)
        return Rows(found, head, tuple(rows[wanted.offset : wanted.offset + ROWS]), len(rows))

    def file(self, wanted: Wanted) -> Bytes:
        """The file itself."""
        key = wanted.key or self._key(wanted)
        kept: dict[bytes, bytes] = {key: b""}
        for _ in self._leaves(wanted.content, kept):
            if kept[key]:
                return Bytes(True, kept[key])
        return Bytes(bool(kept[key]), kept[key])

    def _key(self, wanted: Wanted) -> bytes:
        """The digest of what has this path."""
        for found in self._leaves(wanted.content, {}):
            info = found if isinstance(found, PartInfo) else found.info
            if info.path == wanted.path and info.key:
                return info.key
        return b""

    def _leaves(self, content: bytes, kept: dict[bytes, bytes]) -> Iterator[Leaf | PartInfo]:
        """Every leaf and every part of a mail; the bytes of parts whose digest is in `kept` are put there."""
        mail, letter = split(content, self._limits), Letter.plain(content)
        candidates = Candidates(self._unlocking, letter, mail.subject, mail.parts)
        budget = Budget(self._limits, letter.size, self._tools, candidates.all)

        def digest(data: bytes) -> bytes:
            key = self._digester.of("leaf", data)
            if key in kept:
                kept[key] = data
            return key

        for raw in mail.parts:
            part = decode(raw, budget)
            if isinstance(part, Problem):
                continue
            yield from unpack(part, budget, digest)

    def _of_table(self, table: Table) -> tuple[tuple[str, ...], list[tuple[str, ...]]]:
        """The line above the data, and the rows with findings."""
        rows = table.rows[:_READ]
        first, found = self._detector.personal_rows(rows)
        return _cut(rows[first - 1]) if first else (), [_cut(rows[at]) for at in found]

    def _of_text(self, text: Text) -> list[tuple[str, ...]]:
        lines = [line for line in text.text[: _READ * 100].splitlines() if line.strip()][:_READ]
        return [_cut([line]) for line in lines if self._detector.spans(line[: _CHARACTERS * 10])]


def _cut(row: list[str]) -> tuple[str, ...]:
    return tuple(cell[:_CHARACTERS] for cell in row[:_CELLS])
