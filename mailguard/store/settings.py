"""The settings that decide what is held and how long it is kept, as they were taken or agreed to: the newest are in force.

In: policy, rule files, routes, monitoring, own contacts, retention and what a decision takes as one text. Out: the same, sealed meanwhile. What a file
says counts only when it is in force here; what cannot be read is an error, never a laxer policy.
"""

import difflib
from collections.abc import Iterator
from typing import Any

import msgspec
from pydantic import ValidationError
from sqlalchemy import Connection, insert, select

from mailguard import config
from mailguard.errors import DamagedError
from mailguard.store.audit import Audit
from mailguard.store.context import Context
from mailguard.store.deciding import Deciding, changed
from mailguard.store.orders import Fact
from mailguard.store.schema import settings

LATER = ("routes", "rules", "deciding")  # of a content: what earlier versions did not settle
LINES = 60  # of a comparison that are shown
_NEWEST = select(settings).order_by(settings.c.serial.desc()).limit(1)


class Content(msgspec.Struct, frozen=True):
    """What stands in such a text. policy, routes, rules: files as they are, rules by their names; routes "": there are none.

    None: it was taken before this was settled.
    """

    policy: str
    monitor: bool
    own: dict[str, tuple[str, ...]]
    retention: dict[str, float | bool]
    routes: str | None = None
    rules: dict[str, str] | None = None
    deciding: Deciding | None = None

    @classmethod
    def of(cls, whole: config.Config, policy: str, routes: str, rules: dict[str, str]) -> "Content":
        """What a configuration and its files say."""
        own = {name: tuple(values) for name, values in whole.own.model_dump().items()}
        numbers = whole.retention.model_dump().items()  # 7 and 7.0 are one value, and are to be one text
        kept = {name: value if isinstance(value, bool) else float(value) for name, value in numbers}
        return cls(policy, whole.policy.monitor, own, kept, routes, rules, Deciding.of(whole))

    @property
    def whole(self) -> bool:
        """Whether everything is settled that is now."""
        return all(getattr(self, name) is not None for name in LATER)

    @property
    def text(self) -> str:
        """One text for equal content."""
        return msgspec.json.encode(self, order="sorted").decode()

    @classmethod
    def read(cls, text: str) -> "Content":
        """Raises DamagedError."""
        try:
            return msgspec.json.decode(text, type=cls)
        except msgspec.DecodeError:
            raise _altered() from None

    def apply(self, given: config.Config) -> config.Config:
        """A configuration in which these are the settings, but for the files. Raises DamagedError."""
        try:
            update = {
                "own": type(given.own).model_validate(self.own),
                "retention": type(given.retention).model_validate(self.retention),
                "policy": given.policy.model_copy(update={"monitor": self.monitor}),
            }
            if (deciding := self.deciding) is not None:
                update["holds"] = deciding.holds(given.holds)
                update["release"] = changed(given.release, late_hours=deciding.late_hours)
                update["stop_list"] = changed(given.stop_list, never_sources=deciding.never_sources)
        except ValidationError:
            raise _altered() from None
        return given.model_copy(update=update)


class Settings:
    """Those of one database."""

    def __init__(self, context: Context, audit: Audit) -> None:
        self._context, self._audit = context, audit

    def in_force(self) -> Content | None:
        """None as long as no service has taken any. Raises DamagedError."""
        with self._context.database.read() as tx:
            return now(self._context, tx)

    def take_first(self, text: str) -> Content:
        """In force from now on when nothing was before; what is in force then."""
        with self._context.database.write() as tx:
            if (known := now(self._context, tx)) is not None:
                return known
            self.put(tx, text, "config")
        return Content.read(text)

    def complete(self, whole: Content) -> Content:
        """What `whole` says is in force as well where nothing is known of it; what is in force then."""
        with self._context.database.write() as tx:
            known = now(self._context, tx)
            if known is None or known.whole:
                return known or whole
            open_ones = [name for name in LATER if getattr(known, name) is None]
            known = msgspec.structs.replace(known, **{name: getattr(whole, name) for name in open_ones})
            self.put(tx, known.text, "config")
        return known

    # Within a transaction of somebody else

    def put(self, tx: Connection, text: str, actor: str) -> None:
        """In force from now on."""
        digest = self._context.digester.of("settings", text)
        row = {"digest": digest, "taken_at": self._context.clock()}
        row["sealed"] = self._context.vault.seal(text.encode(), f"settings:{digest.hex()}")
        tx.execute(insert(settings), row)
        self._audit.changed(tx, actor, "settings.taken", "settings", ("settings",), digest=digest.hex())

    def named(self, text: str) -> str:
        """By what the record calls a text."""
        return f"settings:{self._context.digester.of('settings', text).hex()}"

    def compared(self, tx: Connection, text: str) -> tuple[Fact, ...]:
        """What a text changes, by name."""
        before, after = now(self._context, tx), Content.read(text)
        return tuple(Fact(name, was, shall) for name, was, shall in differences(before, after))


def now(context: Context, tx: Connection) -> Content | None:
    """The settings in force."""
    row = tx.execute(_NEWEST).one_or_none()
    if row is None:
        return None
    sealed = context.vault.open(row.sealed, f"settings:{row.digest.hex()}")
    return Content.read(sealed.decode("utf-8", "replace"))


def retention(context: Context, tx: Connection) -> config.Retention:
    """How long held bytes are kept: as agreed, else as this process was told. Raises DamagedError."""
    found = now(context, tx)
    if found is None:
        return context.retention
    try:
        return config.Retention.model_validate(found.retention)
    except ValidationError:
        raise _altered() from None


def holds(context: Context, tx: Connection) -> config.Holds:
    """What a decision takes: as agreed, else as this process was told. Raises DamagedError."""
    found = now(context, tx)
    if found is None or found.deciding is None:
        return context.settings
    try:
        return found.deciding.holds(context.settings)
    except ValidationError:
        raise _altered() from None


def differences(before: Content | None, after: Content) -> Iterator[tuple[str, str, str]]:
    """(name, before, after) of each."""
    old, new = _files(before), _files(after)
    said: set[tuple[str, str]] = set()
    for name in sorted(old | new):
        was, shall = texts = old.get(name, ""), new.get(name, "")
        changed = list(difflib.unified_diff(was.splitlines(), shall.splitlines(), lineterm="", n=0))[2:]
        if changed and texts not in said:  # a policy that is one of the rule files is told once
            gone, come = (_some([line[1:] for line in changed if line[0] == sign]) for sign in "-+")
            yield name, gone, come
        said.add(texts)
    past: dict[str, Any] = _flat(before) if before else {}
    for name, value in _flat(after).items():
        if past.get(name, "") != value:
            yield name, past.get(name, ""), value


def _files(content: Content | None) -> dict[str, str]:
    if content is None:
        return {}
    rules = {f"rules.{name}": text for name, text in (content.rules or {}).items()}
    return {"policy": content.policy, "routes": content.routes or "", **rules}


def _flat(content: Content) -> dict[str, str]:
    parts = {f"own.{name}": "、".join(values) for name, values in sorted(content.own.items())}
    parts |= {f"retention.{name}": str(value) for name, value in sorted(content.retention.items())}
    more = content.deciding.flat() if content.deciding else {}
    return {"monitor": "yes" if content.monitor else "no", **parts, **more}


def _some(lines: list[str]) -> str:
    more = [f"… (+{len(lines) - LINES})"] if len(lines) > LINES else []
    return "\n".join(lines[:LINES] + more)


def _altered() -> DamagedError:
    return DamagedError("database: the settings in force were altered. Restore a backup.")
