"""What is wrong with a policy file, in words: the line, the place, the fact, the remedy.

In: what msgspec says of a file, and its text. Out: a `Fault`. Never decides what is wrong.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import msgspec

from mailguard.model import Kind

Tables = Mapping[str, type[msgspec.Struct]]

_WHERE = re.compile(r"(?P<fact>.+?)(?: - at (?:`key` in )?`\$\.?(?P<place>.*)`)?", re.DOTALL)
_OWN = re.compile(r"(?P<place>[a-z_.]+): (?P<fact>.*)", re.DOTALL)  # what our own checks say names its place itself
_CORRECT = "Correct it, or take the shipped rules/policy.toml"
_SAID = (
    (re.compile("Object contains unknown field `(.*)`"), r"unknown key '\1'", "Known are: {known}"),
    (re.compile("Object missing required field `(.*)`"), r"\1 is missing", _CORRECT),
    (re.compile(r"Expected `(?:int|float)` (>=|<=) ([0-9]+)(?:\.0)?"), r"is no number \1 \2", _CORRECT),
    (re.compile(r"Expected `(\w+)`, got `(\w+)`"), r"is \2, not \1", _CORRECT),
)
_ENUM = re.compile("Invalid enum value (.*)")
_OF_KINDS = frozenset({"ignore", "kinds", "high_risk", "special_care", "financial"})
_NAMED = re.compile("'([^']+)'")
_TABLE = re.compile(r"\s*\[+\s*([^\[\]]+?)\s*\]+")


@dataclass(frozen=True, slots=True)
class Fault:
    """line: from 1. place: a key as the file has it, with a dot between table and key; "" where the whole file lacks something."""

    line: int
    place: str
    fact: str
    remedy: str


def fault(error: str, text: str, tables: Tables) -> Fault:
    """The fault behind a message of msgspec. tables: what each table of the file may have; "" the file itself."""
    match = _OWN.fullmatch(_WHERE.sub(r"\g<fact>", error)) or _WHERE.fullmatch(error)
    place, said = (match["place"] or "", match["fact"]) if match else ("", error)
    said = said.replace(" | null", "")
    fact, remedy = _words(said, re.sub(r"\[.*", "", place), tables)
    named = _NAMED.search(fact)
    return Fault(_line(text, re.sub(r"\[.*", "", place), named[1] if named else ""), place, fact, remedy)


def _words(said: str, place: str, tables: Tables) -> tuple[str, str]:
    """(fact, remedy)."""
    if match := _ENUM.fullmatch(said):
        if place.rpartition(".")[2] in _OF_KINDS:
            return f"{match[1]} is no kind", f"Kinds are: {' '.join(Kind)}"
        return f"{match[1]} may not stand here", _CORRECT
    for pattern, fact, remedy in _SAID:
        if match := pattern.fullmatch(said):
            known = tables[place].__struct_fields__ if place in tables else ()
            return match.expand(fact), remedy.format(known=" ".join(known))
    return said, _CORRECT


def _line(text: str, place: str, named: str) -> int:
    """The line of the key or word that is named within its table, else of the place, else of its table, else the first."""
    above, _, last = place.rpartition(".")
    rows = list(_rows(text))
    quoted = (f'"{named}"', f"'{named}'")
    looks = (
        [n for n, table, key, _ in rows if named and not key and table.rpartition(".")[2] == named],
        [n for n, table, key, line in rows if table in {above, place} and _names(key, line, named, quoted)],
        [n for n, table, key, _ in rows if table == above and key == last],
        [n for n, table, key, _ in rows if table == place and not key],
    )
    return next((found[0] for found in looks if found), 1)


def _names(key: str, line: str, named: str, quoted: tuple[str, ...]) -> bool:
    return bool(named) and (key == named or any(word in line for word in quoted))


def _rows(text: str) -> Iterator[tuple[int, str, str, str]]:
    """(number, table, key, line); the line of a table itself has no key."""
    table = ""
    for number, line in enumerate(text.splitlines(), 1):
        if match := _TABLE.match(line):
            table = match[1]
            yield number, table, "", line
        elif line.strip() and not line.lstrip().startswith("#"):
            yield number, table, line.partition("=")[0].strip().strip("\"'"), line
