"""What a page carries for its scripts: JSON in script elements, objects assigned in scripts, data- attributes.

In: the elements of an attached page. Out: JSON as parts, and lines of words. A script itself is neither run nor read: of one
that has Japanese in it, what stands between quotation marks, and in comments, is kept.
"""

import json
import re
from collections.abc import Iterator
from typing import Any

from mailguard.model import Part
from mailguard.unpack import escapes
from mailguard.unpack.budget import Budget

_ASSIGNED = re.compile(r"[=(]\s{0,20}(?=[{\[])")
_TRIES = 20  # objects of a script that are no JSON; each may be looked through to its end
_QUOTED = re.compile(
    r"""([}\n])|"((?:[^"\\\n]|\\.)*)"?|'((?:[^'\\\n]|\\.)*)'?|`([^`]*)`?|//([^\n]*)|/\*((?:[^*]+|\*(?!/))*)"""
)  # may stay open: linear
_DATA_ATTRIBUTE = "data-"
_FIGURES = re.compile(r"\+?[0-9(][0-9()-]{8,18}[0-9]")


def words(element: Any) -> str:
    """The data- attributes of an element, as one line, if one of them holds writing, an address or a telephone number."""
    values = [value.strip() for name, value in element.items() if name.startswith(_DATA_ATTRIBUTE)]
    return " ".join(map(escapes.undone, values)) if any(map(_writing, values)) else ""


def objects(part: Part, script: str, number: int, budget: Budget) -> Iterator[Part]:
    """The JSON in a script, a line per object, and the words of the rest of it, as parts."""
    found, rest = _json(script)
    for what, text in (("script", "\n".join(found)), ("words of script", _lines(rest))):
        if text:
            data = text.encode("utf-8", "replace")
            budget.file(part.depth + 1)
            budget.spend(len(data))
            yield Part((*part.path, f"({what} {number})"), data, "", "utf-8", part.depth + 1)


def _writing(value: str) -> bool:
    return not value.isascii() or "@" in value or _FIGURES.fullmatch(value) is not None or "\\u" in value


def _json(script: str) -> tuple[list[str], str]:
    """The whole, or what is assigned or handed over; and what is left."""
    try:
        return [json.dumps(json.loads(script), ensure_ascii=False)], ""
    except (ValueError, RecursionError):
        pass
    decoder, at, told, failed = json.JSONDecoder(), 0, 0, 0
    found, rest = [], []
    while failed < _TRIES and (match := _ASSIGNED.search(script, at)):
        at = match.end()
        try:
            value, end = decoder.raw_decode(script, at)
        except (ValueError, RecursionError):
            failed += 1
        else:
            found.append(json.dumps(value, ensure_ascii=False))
            rest.append(script[told:at])
            at = told = end
    return found, "".join([*rest, script[told:]])


def _lines(script: str) -> str:
    """The quoted words of a script with Japanese in it: a line per object or line."""
    if escapes.undone(script).isascii():
        return ""
    kept = (
        "\n" if match[1] else match[2] or match[3] or match[4] or match[5] or match[6] or ""
        for match in _QUOTED.finditer(script)
    )
    lines = " ".join(map(escapes.undone, kept)).split("\n")
    return "\n".join(line for line in (" ".join(line.split()) for line in lines) if line)
