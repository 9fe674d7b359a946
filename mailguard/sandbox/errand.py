"""An errand: one job as the one who asks sees it. What it sends may depend on the worker that it gets."""

from collections import OrderedDict
from dataclasses import dataclass
from typing import Protocol

Memory = OrderedDict[bytes, None]
"""What the one who asks wants to remember of a worker as long as it lives."""


class Errand(Protocol):
    """Asked for its bodies until it has its answer."""

    @property
    def job(self) -> str:
        """Its name."""

    @property
    def light(self) -> bool:
        """Whether it is expected to take less than waking a worker does: it may share a worker's turn with others."""

    def begin(self, memory: Memory) -> bytes:
        """The body for this worker; asked again when there is a second attempt, in a fresh one."""

    def more(self, answer: bytes, memory: Memory) -> bytes | None:
        """Another body for the same worker, or None when `answer` is the last."""


@dataclass(frozen=True, slots=True)
class Plain:
    """A job whose body is the same for every worker."""

    job: str
    body: bytes
    light: bool = False

    def begin(self, memory: Memory) -> bytes:
        """The body."""
        del memory
        return self.body

    def more(self, answer: bytes, memory: Memory) -> bytes | None:
        """Nothing: the first answer is the last."""
        del answer, memory
        return None
