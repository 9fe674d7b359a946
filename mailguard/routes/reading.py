"""A file of routes (rules/routes-example.toml is one) as it is written.

In: TOML. Out: `Routes`, or ConfigError "file: route: place: fact. Remedy.". Never half of a file.
"""

import re
import tomllib
from collections import Counter
from collections.abc import Collection
from pathlib import Path
from typing import Any

import msgspec

from mailguard.errors import ConfigError
from mailguard.routes.route import Point, Route
from mailguard.routes.routing import Routes

_WHERE = re.compile(r"(?P<fact>.+?)(?: - at `(?:key in )?\$\.?(?P<place>.*)`)?", re.DOTALL)
_ROUTE = re.compile(r"route\[(\d+)\]\.?")
_REMEDY = "Correct it; rules/routes-example.toml shows every key."


class _File(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    route: tuple[Route, ...]


def routes(path: Path, shown: Path | None = None, reasons: Collection[str] | None = None) -> Routes:
    """Read a file; raises ConfigError. shown: the name that errors give it; reasons: every code that there is."""
    shown = shown or path
    raw: dict[str, Any] = {}
    try:
        raw = tomllib.loads(path.read_text("utf-8"))
        found = msgspec.convert(raw, _File).route
    except OSError as error:
        raise ConfigError(f"{shown}: cannot be read ({error.strerror}). Name a file in holds.routes.") from None
    except (UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise ConfigError(f"{shown}: not valid TOML: {error}. Correct that line.") from None
    except msgspec.ValidationError as error:
        raise ConfigError(f"{shown}: {_said(str(error), raw)}. {_REMEDY}") from None
    for fact in (_names(found), _points(found), _codes(found, reasons)):
        if fact:
            raise ConfigError(f"{shown}: {fact}. {_REMEDY}")
    return Routes(found)


def _said(error: str, raw: dict[str, Any]) -> str:
    match = _WHERE.fullmatch(error)
    place, fact = (match["place"] or "", match["fact"]) if match else ("", error)
    fact = fact.replace(" | null", "")
    if not (number := _ROUTE.match(place)):
        return f"{place}: {fact}" if place else fact
    written = raw["route"][int(number[1])]
    name = written.get("name") if isinstance(written, dict) else None
    which = f'route "{name}"' if isinstance(name, str) and name else f"route number {int(number[1]) + 1}"
    rest = place[number.end() :]
    return f"{which}: {rest}: {fact}" if rest else f"{which}: {fact}"


def _names(found: tuple[Route, ...]) -> str:
    twice = [name for name, count in Counter(route.name for route in found).items() if count > 1]
    return f'route "{twice[0]}": another one has this name. A hold names the route it is on' if twice else ""


def _points(found: tuple[Route, ...]) -> str:
    """Routes are taken together: a point has one text."""
    known: dict[str, Point] = {}
    for route in found:
        for point in route.then.checklist:
            if known.setdefault(point.id, point) != point:
                return f'route "{route.name}": then.checklist: {point.id!r} has another text in a route above'
    return ""


def _codes(found: tuple[Route, ...], reasons: Collection[str] | None) -> str:
    for route in found if reasons is not None else ():
        for code in sorted(route.when.reasons or ()):
            if not any(one == code or (code.endswith("*") and one.startswith(code[:-1])) for one in reasons or ()):
                return f'route "{route.name}": when.reasons: {code!r} is no reason code'
    return ""
