"""The message at the top of a page: what became of what a person did."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Alert:
    """tone: bad | good."""

    tone: str
    title: str
    text: str = ""
    remedy: str = ""
