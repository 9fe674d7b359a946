"""A policy file (rules/policy.toml, rules/policy-relaxed.toml) as it is written: what holds, where, from which number on.

In: TOML. Out: `Thresholds`, or ConfigError "file: place: fact. Remedy.". A limit that is not written holds nothing.
"""

import tomllib
from pathlib import Path
from types import MappingProxyType
from typing import Annotated, Literal

import msgspec
from msgspec import Meta

from mailguard.errors import ConfigError
from mailguard.model import Kind, Problem, ProblemKind
from mailguard.policy.faults import Tables, fault

Number = Annotated[int, Meta(ge=1, le=1_000_000)]
Share = Annotated[float, Meta(ge=0, le=1)]
MediaType = Annotated[str, Meta(pattern=r"^(audio|font|video)/\*$|^[a-z]+/[a-z0-9][a-z0-9.+-]*$")]
HIGH_RISK = "body_high_risk"
SCOPES = {"attachment": "attachment", "body": "body", "headers": "header", "file_name": "file_name"}
MEASURES = {"values": "findings", "persons": "persons", "names": "names"}
REASONS = frozenset(
    {
        "recipient_mismatch",
        HIGH_RISK,
        "visible_addresses",
        "attachment_forbidden",
        "every_mailing",
        "differs_from_earlier_runs",
    }
    | {f"{scope}_{measure}" for scope in SCOPES.values() for measure in MEASURES.values()}
    | {f"problem_{kind}" for kind in ProblemKind}
)  # every code that a verdict may carry


class Scope(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What holds in one place. kinds: other numbers than `values` for single kinds."""

    values: Number | None = None  # so many different values of one kind
    organisation: Number | None = None  # instead of `values` where they stand for an organisation
    persons: Number | None = None  # so many persons with another identifier beside the name, or in a list
    names: Number | None = None  # so many persons at all
    confidence: Share | None = None  # findings below it do not count here
    ignore: frozenset[Kind] = frozenset()  # kinds that do not count here
    kinds: dict[Kind, Number] = {}

    def limit(self, kind: Kind, *, organisation: bool = False) -> int | None:
        """From how many different values on a kind holds."""
        own = self.organisation if organisation else None
        return self.kinds.get(kind) or own or self.values


class Headers(Scope, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Limits for the header block alone; without them it counts with the body."""

    visible_addresses: Number  # more different outside addresses than this in To and Cc hold

    @property
    def counts(self) -> bool:
        """Whether the header block has limits of its own."""
        return bool(self.values or self.organisation or self.persons or self.names or self.kinds)


class Monitor(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What is only watched: it passes, and is counted. rules: ids of rules, kinds, or reason codes."""

    all: bool = False
    rules: frozenset[str] = frozenset()

    def __post_init__(self) -> None:
        for rule in sorted(self.rules):
            if rule not in REASONS and not set(rule.split(".")[:2]) & {str(kind) for kind in Kind}:
                raise ValueError(f"monitor.rules: {rule!r} is no rule, kind or reason")


class Report(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """When a leak would have to be reported (個人情報保護法施行規則7条; My Number: 番号法29条の4)."""

    persons: Annotated[int, Meta(ge=0)] = 1_000  # more than so many; public bodies: 100
    special_care: frozenset[Kind] = frozenset({Kind.SPECIAL_CARE})
    financial: frozenset[Kind] = frozenset({Kind.CARD, Kind.BANK_ACCOUNT})
    my_numbers: Annotated[int, Meta(ge=0)] = 100  # more than so many


class Pictures(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Images larger than an icon whose text nothing here reads, and that no HTML body shows.

    unread: whether one holds always, in a mailing, or never. A mailing has one source, and one subject or the same
    picture, within `hours`, and more than `recipients` recipients: tools send one message to each.
    """

    unread: Literal["always", "mailing", "never"] = "mailing"
    recipients: Annotated[int, Meta(ge=0, le=1_000)] = 5
    hours: Annotated[int, Meta(ge=1, le=720)] = 24


class EarlierRuns(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What differs from the earlier runs of the same mailing. hold: it holds by itself; factor: of recipients that are more."""

    hold: bool = False
    factor: Annotated[float, Meta(ge=1, le=1_000)] = 3


class Thresholds(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """One policy file."""

    confidence: Share  # findings below it do not count
    high_risk: frozenset[Kind]  # kinds of which one holds, wherever it stands
    attachment: Scope
    body: Scope
    headers: Headers
    file_name: Scope | None = None  # without it the names of files count with their content
    pictures: Pictures = Pictures()
    harmless: frozenset[MediaType] = frozenset()  # files of these types pass unread; all others that nothing reads hold
    monitor: Monitor = Monitor()
    report: Report = Report()
    earlier_runs: EarlierRuns = EarlierRuns()

    def __post_init__(self) -> None:
        if self.attachment.values is None:
            raise ValueError("attachment: values is missing: files full of personal data would pass")
        if self.body.persons is None or self.body.names is None:
            raise ValueError("body: persons or names is missing: lists of persons in a body would pass")
        for name in SCOPES:
            scope: Scope | None = getattr(self, name)
            dropped = sorted(scope.ignore & self.high_risk) if scope else []
            if dropped:
                raise ValueError(f"{name}.ignore: names {dropped[0]}, which is in high_risk")

    def passes(self, problem: Problem) -> bool:
        """Whether it is a file that nothing reads, of a type that is said to hold no personal data."""
        if problem.kind is not ProblemKind.UNKNOWN_FORMAT or " " in problem.detail:
            return False  # the detail says more than a type
        main = problem.detail.partition("/")[0]
        return not self.harmless.isdisjoint({problem.detail, f"{main}/*"})

    def sure(self, scope: Scope) -> float:
        """The confidence from which on a finding counts in a scope."""
        return self.confidence if scope.confidence is None else scope.confidence


_TABLES: Tables = MappingProxyType(
    {
        "": Thresholds,
        "attachment": Scope,
        "body": Scope,
        "file_name": Scope,
        "headers": Headers,
        "pictures": Pictures,
        "monitor": Monitor,
        "report": Report,
        "earlier_runs": EarlierRuns,
    }
)


def thresholds(path: Path, shown: Path | None = None) -> Thresholds:
    """Read a policy file; raises ConfigError. shown: the name that errors give it."""
    shown = shown or path
    try:
        return msgspec.convert(tomllib.loads(path.read_text("utf-8")), Thresholds)
    except OSError as error:
        raise ConfigError(f"{shown}: cannot be read ({error.strerror}). Name a policy file in policy.file.") from None
    except (UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise ConfigError(f"{shown}: not valid TOML: {error}. Correct that line.") from None
    except msgspec.ValidationError as error:
        found = fault(str(error), path.read_text("utf-8"), _TABLES)
        place = f"{found.place}: " if found.place else ""
        raise ConfigError(f"{shown}:{found.line}: {place}{found.fact}. {found.remedy}.") from None
