"""Who did something, by name; of a deputy also for whom: 佐藤(代 鈴木) was decided by 鈴木 for 佐藤.

In: rows of the store and the names of people. Out: a name for a reader.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from mailguard.store.views import AuditRow
from mailguard.web.texts import Texts


def acted(t: Texts, name: str, absent: str) -> str:
    """`name`, or both names when it is the deputy of `absent`."""
    return t("who.deputy", name=name, absent=absent) if absent else name


@dataclass(frozen=True, slots=True)
class Names:
    """Who did what stands in the record."""

    t: Texts
    known: Mapping[str, str]

    def of(self, row: AuditRow) -> str:
        """The name of a person, or a word for what is none."""
        name = self.known.get(row.actor) or self.t.known("actor", row.actor)
        absent = row.acting_for
        return acted(self.t, name, self.known.get(absent, absent))
