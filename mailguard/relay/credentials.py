"""A login at the next hop.

In: a name and a password. Out: the same, held so that no log, no text of an error and no repr shows the password.
"""

from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Credentials:
    """Both as the client gave them; not empty, and never changed."""

    login: str
    password: str = field(repr=False)
