"""Shapes for the templates: times, sizes, the tree of parts, bars, pages. Pure.

In: rows of the store. Out: small frozen values that a template only prints.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta, timezone
from enum import StrEnum

from mailguard.lifecycle import MessageState, RecipientState
from mailguard.model import (
    BODY,
    FILE_NAME,
    HEADERS,
    HTML,
    MAIL,
    SENDERS,
    UNNAMED,
    Finding,
    Inspection,
    Kind,
    PartPath,
    Problem,
)
from mailguard.store.views import HoldRow
from mailguard.web.texts import Texts

JAPAN = timezone(timedelta(hours=9), "JST")  # no summer time since 1951; needs no zone files
ARRIVING = timedelta(seconds=60)
OPENED = frozenset({"mail", "other", "list"})  # where a password was found
_COLUMN = "列 "
_LINES = re.compile(r"([0-9]+)(?:〜([0-9]+))?行目")
CONSTANTS = frozenset({BODY, HTML, HEADERS, SENDERS[-1], UNNAMED, MAIL})


def when(t: Texts, at: datetime) -> str:
    """A moment in Japan's time, in full."""
    return at.astimezone(JAPAN).strftime(t("time.full"))


def short(t: Texts, at: datetime) -> str:
    """A moment in Japan's time, without the year."""
    return at.astimezone(JAPAN).strftime(t("time.short"))


def iso(at: datetime) -> str:
    """A moment for programs."""
    return at.astimezone(UTC).isoformat().replace("+00:00", "Z")


def where(t: Texts, place: str) -> str:
    """Where a finding stands, as the detectors say it in Japanese: a column, lines, the name of the file."""
    if place == FILE_NAME:
        return t("where.file_name")
    if place.startswith(_COLUMN):
        return t("where.column", name=place.removeprefix(_COLUMN))
    if lines := _LINES.fullmatch(place):
        return t("where.lines", first=lines[1], last=lines[2]) if lines[2] else t("where.line", n=lines[1])
    return place


def somebody(t: Texts, name: str) -> str:
    """A name, or that it is not for this reader to know."""
    return name or t("somebody")


def left(t: Texts, row: HoldRow, now: datetime) -> str:
    """How long a hold can still be decided."""
    minutes = int((row.expires_at - now).total_seconds() // 60)
    if minutes < 0:
        return t("time.over")
    days, rest = divmod(minutes, 24 * 60)
    hours, minutes = divmod(rest, 60)
    if days:
        return t("time.days", days=days, hours=hours)
    return t("time.hours", hours=hours, minutes=minutes) if hours else t("time.minutes", minutes=minutes)


def receiving(row: HoldRow, now: datetime) -> bool:
    """Whether mail of this hold came in within the last minute."""
    return row.messages > 0 and now - row.last_seen <= ARRIVING


def step(t: Texts, name: str) -> str:
    """One step of a path; what a mail gives no name has ours."""
    return t(f"part.{name}") if name in CONSTANTS else name


def path(t: Texts, steps: PartPath) -> str:
    """「list.zip › 会員.csv」."""
    return t("path.separator").join(step(t, name) for name in steps)


def size(t: Texts, count: int) -> str:
    """A size as people say it."""
    if count < 1000:
        return t("size.b", n=count)
    return t("size.kb", n=count / 1000) if count < 1_000_000 else t("size.mb", n=count / 1_000_000)


@dataclass(slots=True)
class Node:
    """A part in the tree, with what was found in it. number: among the parts of the inspection."""

    name: str
    media_type: str = ""
    size: int = 0
    opened: str = ""
    number: int | None = None
    found: dict[Kind, int] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)
    children: "dict[str, Node]" = field(default_factory=dict)


def tree(inspection: Inspection) -> list[Node]:
    """The parts as a tree; a path that only a finding or a problem names has its place too."""
    root = Node("")
    for number, part in enumerate(inspection.parts):
        node = _node(root, part.path)
        node.number = number if node.number is None else node.number
        node.media_type, node.size = part.media_type, part.size
        node.opened = part.opened if part.opened in OPENED else node.opened
    for finding in inspection.findings:
        found = _node(root, finding.path).found
        found[finding.kind] = found.get(finding.kind, 0) + finding.count
    for problem in inspection.problems:
        _node(root, problem.path).problems.append(problem)
    return list(root.children.values())


def _node(root: Node, steps: PartPath) -> Node:
    for name in steps:
        root = root.children.setdefault(name, Node(name))
    return root


@dataclass(frozen=True, slots=True)
class Group:
    """All findings of one kind."""

    kind: Kind
    count: int
    findings: tuple[Finding, ...]


def groups(findings: Sequence[Finding]) -> list[Group]:
    """Findings by kind, in the order of the kinds."""
    by_kind: dict[Kind, list[Finding]] = {}
    for finding in findings:
        by_kind.setdefault(finding.kind, []).append(finding)
    ordered = sorted(by_kind.items(), key=lambda item: list(Kind).index(item[0]))
    return [Group(kind, sum(finding.count for finding in found), tuple(found)) for kind, found in ordered]


@dataclass(frozen=True, slots=True)
class Slice:
    """One stretch of a bar, in percent from the left."""

    state: str
    count: int
    start: float
    width: float


def bar(counts: Mapping[RecipientState, int] | Mapping[MessageState, int], order: Sequence[StrEnum]) -> list[Slice]:
    """Counts as stretches that fill a bar."""
    numbers = {str(state): count for state, count in counts.items() if count}
    total = sum(numbers.values())
    slices, start = [], 0.0
    for state in order:
        if count := numbers.get(str(state), 0):
            width = 100 * count / total
            slices.append(Slice(str(state), count, round(start, 3), round(width, 3)))
            start += width
    return slices


RECIPIENT_ORDER = (
    RecipientState.ACCEPTED,
    RecipientState.REFUSED,
    RecipientState.WAITING,
    RecipientState.WITHDRAWN,
    RecipientState.SUPPRESSED,
)
MESSAGE_ORDER = (
    MessageState.RELEASED,
    MessageState.PARTLY,
    MessageState.FAILED,
    MessageState.RELEASING,
    MessageState.HELD,
    MessageState.REJECTED,
    MessageState.EXPIRED,
    MessageState.WITHDRAWN,
)


def release_state(messages: Mapping[MessageState, int]) -> MessageState:
    """One word for the release of all messages of an approved hold."""
    counts = {state: count for state, count in messages.items() if count}
    if counts.keys() & {MessageState.HELD, MessageState.RELEASING}:
        return MessageState.RELEASING
    if counts.keys() == {MessageState.FAILED}:
        return MessageState.FAILED
    if counts.keys() == {MessageState.WITHDRAWN}:
        return MessageState.WITHDRAWN
    short = counts.keys() & {MessageState.PARTLY, MessageState.FAILED, MessageState.WITHDRAWN}
    return MessageState.PARTLY if short else MessageState.RELEASED


@dataclass(frozen=True, slots=True)
class Pager:
    """A page of a longer list; numbers start with 1."""

    page: int
    per: int
    total: int

    @classmethod
    def at(cls, page: int, per: int, total: int) -> "Pager":
        """The page asked for, or the last one there is."""
        return cls(min(page, max(1, -(-total // per))), per, total)

    @property
    def offset(self) -> int:
        """Rows before this page."""
        return (self.page - 1) * self.per

    @property
    def last(self) -> int:
        """The number of the last row on this page."""
        return min(self.offset + self.per, self.total)

    @property
    def more(self) -> bool:
        """Whether another page follows."""
        return self.last < self.total


def unfinished(messages: Mapping[MessageState, int]) -> bool:
    """Whether some message of a hold may still change its state."""
    return any(messages.get(state, 0) for state in (MessageState.HELD, MessageState.RELEASING))
