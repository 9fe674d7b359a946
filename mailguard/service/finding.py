"""One line of `mailguard config check`: a fact, a warning, or a failure that `serve` would meet."""

from dataclasses import dataclass
from enum import StrEnum


class Weight(StrEnum):
    """FAILED: the service would not start, or not work."""

    OK = ""
    WARNING = "warning: "
    FAILED = "failed: "


@dataclass(frozen=True, slots=True)
class Finding:
    """`place`: fact."""

    place: str
    fact: str
    weight: Weight = Weight.OK

    def __str__(self) -> str:
        return f"{self.weight}{self.place}: {self.fact}"
