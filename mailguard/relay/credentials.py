"""A login and its password, as a client of the relay says them. In: text. Out: the same; never shown in a log."""

from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Credentials:
    """Of one login at the relay."""

    login: str
    password: str = field(repr=False)
