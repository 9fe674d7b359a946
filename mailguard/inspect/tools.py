"""The tools of `unpack` as programs of the sandbox: what is asked goes to the runner, how it ended becomes a ToolError.

In: what a handler asks. Out: what the program wrote, whole, or why not; no word of the file.
"""

from collections.abc import Sequence

from mailguard.model import ProblemKind
from mailguard.sandbox import End, Programs, Ran
from mailguard.unpack.tools import MOST_BYTES, ToolError, not_installed


class SandboxTools:
    """Fits `unpack.tools.Tools`."""

    def __init__(self, programs: Programs) -> None:
        self._programs = programs

    def run(self, tool: str, arguments: Sequence[str], data: bytes, most: int = MOST_BYTES) -> bytes:
        """Run it and return its whole output."""
        ran = self._programs.run(tool, arguments, data, most)
        if ran.end is End.EXITED and ran.code == 0:
            return ran.output
        raise _error(tool, ran, most)


def _error(tool: str, ran: Ran, most: int) -> ToolError:
    match ran.end:
        case End.MISSING:
            return not_installed(tool)
        case End.LATE:
            return ToolError(ProblemKind.TIMED_OUT, f"{tool} ran past its time")
        case End.TOO_BIG:
            return ToolError(ProblemKind.TOO_BIG, f"more than {most} bytes from {tool}")
        case End.KILLED:
            return ToolError(ProblemKind.CRASHED, f"{tool} was ended by signal {ran.code}", ran.output)
        case End.REFUSED:
            return ToolError(ProblemKind.DAMAGED, f"a name that {tool} cannot be given")
        case End.EXITED:
            return ToolError(ProblemKind.DAMAGED, f"{tool} failed with {ran.code}", ran.output)
