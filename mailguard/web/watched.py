"""What would have been held if it were not only monitored, for the list of holds.

In: the counts of the store. Out: numbers and sentences. Shown while monitoring is on, and as long as there are counts.
"""

from dataclasses import dataclass

from mailguard.web import say
from mailguard.web.site import Site
from mailguard.web.texts import Texts


@dataclass(frozen=True, slots=True)
class Line:
    """One source on one day in Japan; messages 通数."""

    day: str
    source: str
    messages: int
    reasons: str


@dataclass(frozen=True, slots=True)
class Watched:
    """on: nothing at all is held now."""

    on: bool
    today: int
    days: tuple[Line, ...]

    @property
    def shown(self) -> bool:
        """Whether there is anything to say."""
        return self.on or bool(self.days)


def said(site: Site, t: Texts, viewer: str) -> Watched:
    """The last two weeks, of the sources that a person sees."""
    titles = {source.id: source.title for source in site.store.sources.all()}
    lines = tuple(
        Line(
            day.day,
            titles.get(day.source_id) or day.source_id or t("watched.undeclared"),
            day.messages,
            t("reasons.separator").join(
                f"{say.reason(t, code)} {t.count('count.messages', number)}" for code, number in day.reasons.items()
            ),
        )
        for day in site.store.watching.days(viewer=viewer)
    )
    return Watched(site.monitoring, site.store.watching.today(viewer), lines)
