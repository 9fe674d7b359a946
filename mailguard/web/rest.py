"""What of an approved hold is not sent yet: why it waits, and the answers that a person can give.

In: the store's counts, settings, a reader. Out: sentences and what may be pressed; or a `Refusal`. Who may answer is the
store's to say.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from mailguard.config import Release
from mailguard.config.opening import Opening
from mailguard.errors import ConflictError, RefusedError
from mailguard.lifecycle import HoldState
from mailguard.metrics import DECISIONS
from mailguard.store.stops import Stop
from mailguard.store.views import HoldView, Pause, Person, Rest
from mailguard.web import deciding, say, show
from mailguard.web.deciding import REASON_CHARACTERS, Refusal, Wish
from mailguard.web.site import Site
from mailguard.web.texts import Texts


@dataclass(frozen=True, slots=True)
class Shown:
    """`lines` say why it waits. asked: "deliver late?" is open; barred: why this reader cannot say so."""

    rest: Rest
    lines: tuple[str, ...] = ()
    asked: bool = False
    barred: str | None = None
    agreed: bool = False
    may_stop: bool = False


def shown(
    site: Site, t: Texts, view: HoldView, person: Person, pause: Pause | None, stops: Sequence[Stop] = ()
) -> Shown | None:
    """None when nothing of the hold is left to be sent, and no later mail may pass."""
    if view.row.state is not HoldState.APPROVED:
        return None
    releases, hold_id = site.store.releases, view.row.id
    rest = releases.rest(hold_id)
    if not rest.messages and not rest.room:
        return None
    return Shown(
        rest,
        tuple(lines(t, rest, pause, site.release, site.clock(), stops)) if rest.messages else (),
        asked=rest.asked_at is not None,
        barred=deciding.barred(site, view, person),
        agreed=person.id in rest.agreed,
        may_stop=releases.may_stop(hold_id, person.id),
    )


def lines(
    t: Texts, rest: Rest, pause: Pause | None, settings: Release, now: datetime, stops: Sequence[Stop] = ()
) -> list[str]:
    """Why something waits, the hardest reason first."""
    said = [_stopped(t, stop) for stop in stops] + _in_the_way(t, rest, pause, Opening.of(settings.hours), now)
    if rest.deferred:
        free = not said
        said.append(t("rest.deferred", n=rest.deferred, reply=rest.reply or "–"))
        if free and rest.next_at and rest.next_at > now:
            said.append(t("rest.next", at=show.short(t, rest.next_at)))
    if rest.under_way:
        said.append(t("rest.under_way", n=rest.under_way))
    if settings.per_minute and not pause and not stops:
        said.append(t("rest.rate", n=settings.per_minute))
    return said or [t("rest.queue", n=rest.messages)]


def _stopped(t: Texts, stop: Stop) -> str:
    what = t(f"stops.scope.{stop.scope.value}", title=stop.title)
    return t("rest.stopped", at=show.short(t, stop.at), name=show.somebody(t, stop.name), what=what)


def _in_the_way(t: Texts, rest: Rest, pause: Pause | None, opening: Opening, now: datetime) -> list[str]:
    """What lets nothing of it go now."""
    said = []
    if pause:
        said.append(t("rest.paused", at=show.short(t, pause.at), name=show.somebody(t, pause.name)))
    if rest.asked_at:
        said.append(t("rest.asked", at=show.short(t, rest.asked_at)))
    if not opening.open(now):
        said.append(t("rest.hours", at=show.short(t, opening.opens_at(now))))
    return said


def answer(site: Site, t: Texts, hold_id: str, person: Person, wish: Wish) -> HoldState:
    """The hold's state after DELIVER_LATE or STOP_REST; raises Refusal."""
    if len(wish.reason) > REASON_CHARACTERS:
        deciding.refuse(t, "reason_long")
    try:
        state = site.store.releases.decide_rest(
            hold_id, revision=wish.revision, choice=wish.choice, person_id=person.id, reason=wish.reason
        )
    except RefusedError as error:
        deciding.refuse(t, error.code)
    except ConflictError:
        raise Refusal(409, "conflict", say.changed(t, site.store.holds.get(hold_id), wish.revision)) from None
    DECISIONS.labels(wish.choice.value).inc()
    return state
