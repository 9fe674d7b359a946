"""From the record to a case.

In: the store, ids of holds and of mailings that monitoring let pass, what only people know. Out: a `Case`; one audit row for each hold says who asked.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from mailguard.config import ReportSection
from mailguard.errors import RefusedError
from mailguard.leak.case import Case, Event, Mailing
from mailguard.leak.words import ACTIONS, ACTORS, STATES
from mailguard.lifecycle import Choice, HoldState
from mailguard.model import Finding, Inspection, Kind, Problem, ProblemKind
from mailguard.policy import Report
from mailguard.presets import JAPANESE
from mailguard.store import Store
from mailguard.store.audit import CLI
from mailguard.store.calendar import TOKYO
from mailguard.store.departures import Departure, Step
from mailguard.store.views import Decided
from mailguard.store.watched_mailings import WatchedMailing

_ANSWERS = {"approved": Choice.APPROVE, "first_approval": Choice.APPROVE, "rejected": Choice.REJECT, "returned": Choice.RETURN, "answered": Choice.ANSWER,
            "withdrawn": Choice.WITHDRAW, "deliver_late": Choice.DELIVER_LATE, "late_first": Choice.DELIVER_LATE,
            "rest_stopped": Choice.STOP_REST}  # fmt: skip
PAGE = 500  # holds read at once
_LEFT_OUT = frozenset({"hold.viewed", "hold.exported", "hold.refused"})


@dataclass(frozen=True, slots=True)
class Wish:
    """holds, monitored, campaigns: ids. known: when somebody in the organisation knew; None: today in Japan. to: a receiver, "" for all."""

    holds: Sequence[str]
    known: date | None = None
    to: str = ""
    wrongful: bool = False
    encrypted: bool = False
    monitored: Sequence[str] = ()
    campaigns: Sequence[str] = ()


def gathered(store: Store, wish: Wish, settings: ReportSection, thresholds: Report, actor: str, now: datetime) -> Case:
    """Raises NotFoundError, and RefusedError for a day that is still to come."""
    made = now.astimezone(TOKYO)
    known = wish.known or made.date()
    if known > made.date():
        raise RefusedError("known_later", f"{known} is still to come. Name the day on which the leak was known.")
    viewer = None if actor == CLI else actor
    hold_ids = [*wish.holds, *_of_campaigns(store, wish.campaigns, viewer)]
    if not hold_ids and not wish.monitored:
        raise RefusedError(
            "nothing_named", "A report is about one hold or more, or what monitoring let pass. Name them."
        )
    noted = {"known": known.isoformat(), "to": wish.to}
    watched = store.watched_mailings.take(wish.monitored, actor, viewer, **noted) if wish.monitored else []
    departures = store.departures.take(hold_ids, actor, **noted) if hold_ids else []
    titles = {source.id: source.title for source in store.sources.all()}
    head, broken = store.departures.standing()
    return Case(
        (*map(_mailing, departures), *(_monitored(one, titles) for one in watched)),
        known,
        made,
        settings,
        thresholds,
        head,
        broken,
        wish.wrongful,
        wish.encrypted,
    )


def _of_campaigns(store: Store, campaigns: Sequence[str], viewer: str | None) -> list[str]:
    found: list[str] = []
    for campaign in campaigns:
        store.campaigns.get(campaign, viewer)  # says when there is none
        before = len(found)
        while rows := store.campaigns.holds(campaign, limit=PAGE, offset=len(found) - before):
            found += [row.id for row in rows]
    return found


def _mailing(departure: Departure) -> Mailing:
    view = departure.view
    row = view.row
    return Mailing(
        id=row.id,
        source=f"{row.source_title} ({row.source_id})" if row.source_id else row.source_title,
        subject=row.subject,
        state=_state(departure),
        reasons=row.reasons,
        inspection=view.inspection,
        persons=row.persons,
        exact=row.persons_exact,
        households=row.households,
        messages=row.messages,
        reached=departure.reached,
        doubtful=departure.doubtful,
        not_reached=departure.not_reached,
        waiting=departure.waiting,
        undecided=row.state in {HoldState.PENDING, HoldState.RETURNED},
        seen=row.first_seen,
        first_at=departure.first_at,
        last_at=departure.last_at,
        events=tuple(_event(departure, step) for step in departure.steps if step.action not in _LEFT_OUT),
        counting=row.counting,
    )


def _monitored(one: WatchedMailing, titles: Mapping[str, str]) -> Mailing:
    """What passed: its sums stand in for findings."""
    summary = one.summary
    key = "\0".join(map(bytes.hex, summary.contents)).encode()
    found = [
        Finding("monitored", Kind(kind), (), "", count, count, (), key=key) for kind, count in summary.kinds.items()
    ]
    problems = [Problem((), ProblemKind(kind), key=key) for kind in summary.problems]
    return Mailing(
        id=one.id,
        source=f"{titles.get(one.source_id, '')} ({one.source_id})".strip()
        if one.source_id
        else "未登録の送信システム",
        subject=summary.subject,
        state="監視のみ(保留せずに送信)",
        reasons=tuple(summary.reasons),
        inspection=Inspection(findings=tuple(found), problems=tuple(problems)),
        persons=summary.persons,
        exact=summary.exact,
        households=summary.households,
        messages=one.messages,
        reached=one.recipients,
        doubtful=0,
        not_reached=0,
        waiting=0,
        seen=one.first_at,
        first_at=one.first_at,
        last_at=one.last_at,
        monitored=True,
    )


def _state(departure: Departure) -> str:
    state = departure.view.row.state
    if departure.left and state is HoldState.WITHDRAWN:
        return "一部送信、残りは取り下げ"
    return STATES.get(state, state.value)


def _event(departure: Departure, step: Step) -> Event:
    name = ACTORS.get(step.name, step.name)
    who = f"{name}({step.organisation})" if step.organisation else name
    choice = _ANSWERS.get(step.action.removeprefix("hold."))
    made = [one for one in departure.view.decisions if one.choice is choice and one.at == step.at]
    return Event(step.at, who, ACTIONS.get(step.action, step.action), _words(made[0]) if made else "")


def _words(decided: Decided) -> str:
    """The preset, the reason that was typed, and how long the person had looked."""
    seconds = "" if decided.seconds is None else f"画面の表示から {decided.seconds:,}秒"
    return "、".join(word for word in (JAPANESE.get(decided.code, decided.code), decided.reason, seconds) if word)
