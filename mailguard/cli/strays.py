"""Rows that are not what the record says, in sentences. Values that the record keeps as digests are not shown."""

from collections.abc import Iterator, Sequence

from mailguard.store.imprint_checks import Stray, Wrong
from mailguard.store.imprints import DAMAGED, Imprint

MOST = 50
WHAT = {
    "person": "person",
    "deputy": "deputy",
    "source": "source",
    "smtp_login": "SMTP login",
    "settings": "settings in force",
    "contact": "published contact",
    "stop": "emergency stop",
    "exception": "exception from the stop",
    "pause": "pause of releases",
    "stop_entry": "stop-list entry",
    "stop_file": "stop-list file",
}
_HIDDEN = {"asked", "blocks", "key", "password", "path", "reason", "sealed", "shown", "title"}


def sentences(strays: Sequence[Stray]) -> list[str]:
    """One for each, the first ones."""
    more = [f"… and {len(strays) - MOST} rows more"] if len(strays) > MOST else []
    return [*map(_sentence, strays[:MOST]), *more]


def _sentence(stray: Stray) -> str:
    kind, _, key = stray.name.partition(":")
    what, record = f"{WHAT.get(kind, kind)} {key}".strip(), f"record {stray.seq}"
    match stray.wrong:
        case Wrong.PUT_IN:
            return f"{what}: no record speaks of it: it was put in."
        case Wrong.PUT_BACK:
            return f"{what}: {record} took it away, and it is there again."
        case Wrong.REMOVED:
            return f"{what}: it is gone, and {record} says it is there{_all(stray.said)}."
        case Wrong.CHANGED:
            return f"{what} is not what {record} says: {'; '.join(_differences(stray))}."


def _differences(stray: Stray) -> Iterator[str]:
    for name, said in stray.said.items():
        found = stray.found[name]
        if found == DAMAGED:
            yield f"{name} cannot be read"
        elif _hidden(name):
            yield f"{name} was changed"
        else:
            yield f"{name} is {_shown(found)}, the record says {_shown(said)}"


def _all(said: Imprint) -> str:
    shown = [f"{name} {_shown(value)}" for name, value in said.items() if not _hidden(name)]
    return f" ({', '.join(shown)})" if shown else ""


def _hidden(name: str) -> bool:
    """A digest tells nobody anything."""
    return name in _HIDDEN or name.endswith("_key")


def _shown(value: object) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, list):
        return ", ".join(map(str, value)) or "none"
    return "none" if value is None or value == "" else str(value)
