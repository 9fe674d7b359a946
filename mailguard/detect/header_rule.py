"""Words of headers, as rules files give them: those of each kind, and those that decide across kinds."""

from dataclasses import dataclass

from mailguard.model import Kind


@dataclass(frozen=True, slots=True)
class HeaderRule:
    """The headers of one kind. rank: the higher wins over a longer word. weak: content must agree."""

    kind: Kind
    rank: int = 0
    exact: tuple[str, ...] = ()
    contains: tuple[str, ...] = ()
    refused: tuple[str, ...] = ()
    weak: tuple[str, ...] = ()
    family: tuple[str, ...] = ()
    given: tuple[str, ...] = ()
    hits: tuple[str, ...] = ()
    misses: tuple[str, ...] = ()
    file: str = ""


@dataclass(frozen=True, slots=True)
class HeaderWords:
    """Words that decide across kinds. thing: 〜名 of no person; person: roles a name may have; kin: the same, only as the whole header; staff: of those who serve."""

    organisation: tuple[str, ...] = ()
    thing: tuple[str, ...] = ()
    person: tuple[str, ...] = ()
    kin: tuple[str, ...] = ()
    staff: tuple[str, ...] = ()
    filler: tuple[str, ...] = ()
    hits: tuple[str, ...] = ()
    misses: tuple[str, ...] = ()
