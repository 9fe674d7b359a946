"""Programs of the system that open what no library does: what a handler asks for, and which there are.

In: the name of a tool, arguments, the bytes of a file. Out: what it wrote to its standard output. A tool is optional:
without it, with a tool that fails, and outside a scanner worker, there is a ToolError, which the handler turns into a
Problem of the part. Where and how a tool runs is not known here.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Protocol

from mailguard.model import ProblemKind

INPUT: Final = "{input}"
"""Stands among the arguments for the path of a file with the data."""

MOST_BYTES: Final = 100_000_000
"""Output of one run, unless the handler allows less; the limit of one member of a container."""


@dataclass(frozen=True, slots=True)
class Tool:
    """One program: where it stands, the package of Debian that brings it, and what cannot be read without it."""

    name: str
    path: str
    package: str
    reads: str


TOOLS: Final = (
    Tool("lha", "/usr/bin/lhasa", "lhasa", "LZH archives"),
    Tool("unar", "/usr/bin/unar", "unar", "RAR archives"),
    Tool("tesseract", "/usr/bin/tesseract", "tesseract-ocr tesseract-ocr-jpn", "pictures of text"),
)


class ToolError(Exception):
    """A tool gave no whole answer. `detail` says nothing of the file; `output` is what came until then, if anything."""

    def __init__(self, kind: ProblemKind, detail: str, output: bytes = b"") -> None:
        super().__init__(detail)
        self.kind = kind
        self.detail = detail
        self.output = output


class Tools(Protocol):
    """What a handler is given, as `budget.tools`. Charge what comes out to the budget."""

    def run(self, tool: str, arguments: Sequence[str], data: bytes, most: int = MOST_BYTES) -> bytes:
        """Run a tool of `TOOLS` on `data` and return what it wrote.

        arguments: as they are; "{input}" in one stands for the path of a file, without an extension, that holds `data`.
        Names that come from a file belong behind "--" or must not begin with a hyphen. most: bytes of output.
        Raises ToolError: UNKNOWN_FORMAT not installed, TIMED_OUT, TOO_BIG, CRASHED ended by a signal, DAMAGED an exit
        code other than 0.
        """


class NoTools:
    """Where nothing can be started, every tool is missing."""

    def run(self, tool: str, arguments: Sequence[str], data: bytes, most: int = MOST_BYTES) -> bytes:
        """Never returns."""
        del arguments, data, most
        raise not_installed(tool)


def not_installed(tool: str) -> ToolError:
    """The format is known, but nothing here reads it."""
    return ToolError(ProblemKind.UNKNOWN_FORMAT, f"program {tool} is not installed")
