"""JSON, also one value a line (JSON Lines) and GeoJSON.

In: a JSON file. Out: tables of its records, and text. What only looks like JSON is read as text.
"""

import json
from collections.abc import Iterator

from mailguard.model import BODY, HTML, Part, Problem, Table, Text
from mailguard.unpack import charset, sniff, text
from mailguard.unpack.budget import Budget
from mailguard.unpack.records import Records

NAME = "JSON, JSON Lines, GeoJSON"
LIMITATIONS = "Lists of more than 50 plain numbers (coordinates, measurements) are not read."

_READABLE = {sniff.TEXT, sniff.HTML, sniff.MAIL}
_BLANK = b" \t\r\n\0\xef\xbb\xbf\xff\xfe\x1a"


def matches(part: Part, sniffed: str) -> bool:
    """By its first and last signs; never the body of a mail."""
    if sniffed not in _READABLE or part.path[-1] in {BODY, HTML}:
        return False
    first, last = part.data[:64].lstrip(_BLANK)[:1], part.data[-64:].rstrip(_BLANK)[-1:]
    return (first, last) in {(b"{", b"}"), (b"[", b"]")}


def open_part(part: Part, budget: Budget) -> Iterator[Part | Text | Table | Problem]:
    """Text, then tables."""
    decoded = charset.decode(part.data, part.charset)
    budget.text(len(decoded))
    records = Records()
    try:
        records.add(_value(decoded.strip("\ufeff\0\x1a \t\r\n")))
    except (ValueError, RecursionError):
        yield from text.open_part(part, budget)
        return
    yield from records.items(part, budget)


def _value(decoded: str) -> object:
    """Raises ValueError where neither the whole nor each line is JSON."""
    try:
        return _paired(decoded)
    except ValueError:
        lines = [line for line in decoded.splitlines() if line.strip()]
        if len(lines) < 2:
            raise
        return [_paired(line) for line in lines]


def _paired(decoded: str) -> object:
    """A key that stands twice in an object keeps both values."""
    return json.loads(decoded, object_pairs_hook=_object)


def _object(pairs: list[tuple[str, object]]) -> dict[str, object]:
    found: dict[str, object] = dict(pairs)
    if len(found) == len(pairs):
        return found
    found = {}
    for key, value in pairs:
        found[key if key not in found else f"{key} ({len(found)})"] = value
    return found
