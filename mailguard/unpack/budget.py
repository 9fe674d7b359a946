"""What opening one mail may cost: one budget for the whole work list, counted as it goes.

In: the limits and the size of the mail. Out: a `LimitError` that names the limit; the work list turns it into a
Problem for that path. Nothing is ever cut off in silence.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from mailguard.model import ProblemKind
from mailguard.unpack.passwords import Passwords
from mailguard.unpack.tools import NoTools, Tools

_NO_TOOLS = NoTools()


@dataclass(frozen=True, slots=True)
class Limits:
    """Sizes in bytes unless the name says otherwise."""

    header_block_bytes: int = 256 * 1024
    header_bytes: int = 64 * 1024
    mime_parts: int = 1_000
    mime_depth: int = 32
    depth: int = 10
    files: int = 10_000
    member_bytes: int = 100_000_000
    total_bytes: int = 400_000_000
    total_ratio: int = 500
    total_floor_bytes: int = 100_000_000
    ratio: int = 100
    ratio_floor_bytes: int = 1_000_000
    text_chars: int = 20_000_000
    cells: int = 50_000_000
    pages: int = 2_000
    pictures: int = 30
    picture_pixels: int = 50_000_000
    picture_seconds: float = 9.0


class LimitError(Exception):
    """A limit was hit. `everything`: nothing more of this mail may be opened; else only this branch ends."""

    def __init__(self, kind: ProblemKind, detail: str, *, everything: bool = False) -> None:
        super().__init__(detail)
        self.kind = kind
        self.detail = detail
        self.everything = everything


class Budget:
    """Counts what one mail of `size` bytes has cost so far. Once `gone`, it stays gone.

    short: a part was cut because of the pictures before it; late: because they took long, so that it may be whole next time.
    reads_pictures: None before anybody asked.
    tools: the programs that may be started for it; what they write is charged by whoever asks them.
    passwords: candidates for what is encrypted, the likeliest first, or who knows them when they are needed.
    """

    def __init__(
        self,
        limits: Limits,
        size: int,
        tools: Tools = _NO_TOOLS,
        passwords: Callable[[], Iterable[str]] | Iterable[str] = (),
    ) -> None:
        self.limits = limits
        self.secrets = Passwords(passwords)
        self.tools = tools
        self.total_bytes = min(limits.total_bytes, max(size * limits.total_ratio, limits.total_floor_bytes))
        self.bytes = 0
        self.files = 0
        self.cells = 0
        self.pictures = 0
        self.picture_seconds = 0.0
        self.reads_pictures: bool | None = None
        self.short = self.late = False
        self.gone: LimitError | None = None

    @property
    def passwords(self) -> tuple[str, ...]:
        """All candidates; `secrets.tries` gives them while there is time."""
        return self.secrets.all

    @property
    def untouched(self) -> bool:
        """Whether nothing was opened yet: what ends it now is over it by itself."""
        return not (self.gone or self.files or self.bytes or self.cells or self.pictures)

    @property
    def room(self) -> int:
        """Bytes that one more file may have: for what is told a bound beforehand."""
        return max(0, min(self.limits.member_bytes, self.total_bytes - self.bytes))

    def file(self, depth: int) -> None:
        """Open one more file, `depth` containers deep."""
        if depth > self.limits.depth:
            raise LimitError(ProblemKind.TOO_DEEP, f"more than {self.limits.depth} containers inside each other")
        self.files += 1
        if self.files > self.limits.files:
            self._end(ProblemKind.TOO_MANY, f"more than {self.limits.files} files in one mail")

    def spend(self, count: int) -> None:
        """Unpack `count` more bytes; call it chunk by chunk, before keeping the chunk."""
        self.bytes += count
        if self.bytes > self.total_bytes:
            self._end(ProblemKind.TOO_BIG, f"more than {self.total_bytes} bytes unpacked from one mail")

    def member(self, unpacked: int, packed: int) -> None:
        """Check one member of a container against its own limits."""
        if unpacked > self.limits.member_bytes:
            raise LimitError(ProblemKind.TOO_BIG, f"a file of more than {self.limits.member_bytes} bytes")
        if unpacked > self.limits.ratio_floor_bytes and unpacked > packed * self.limits.ratio:
            raise LimitError(ProblemKind.RATIO, f"unpacks to more than {self.limits.ratio} times its size")

    def spend_cells(self, count: int) -> None:
        """Read `count` more cells of a table."""
        self.cells += count
        if self.cells > self.limits.cells:
            self._end(ProblemKind.TOO_BIG, f"more than {self.limits.cells} cells in one mail")

    def picture(self, pixels: int) -> None:
        """Read the text of one more picture, frame or page; the size is what its header says."""
        if pixels > self.limits.picture_pixels:
            raise LimitError(ProblemKind.TOO_BIG, f"a picture of more than {self.limits.picture_pixels} pixels")
        if self.pictures >= self.limits.pictures:
            self.short = True
            raise LimitError(ProblemKind.TOO_MANY, f"more than {self.limits.pictures} pictures in one mail")
        if self.picture_seconds >= self.limits.picture_seconds:
            self.late = True
            raise LimitError(ProblemKind.TIMED_OUT, f"pictures took {self.limits.picture_seconds:g} s")
        self.pictures += 1

    def text(self, chars: int) -> None:
        """Check the length of one text."""
        if chars > self.limits.text_chars:
            raise LimitError(ProblemKind.TOO_BIG, f"a text of more than {self.limits.text_chars} characters")

    def _end(self, kind: ProblemKind, detail: str) -> None:
        self.gone = LimitError(kind, detail, everything=True)
        raise self.gone
