"""Dumps of databases as SQL: rows of INSERT statements, and of COPY as PostgreSQL writes it.

In: a text with such statements. Out: a Table for each database table, and the text around the rows.
"""

import re
from collections.abc import Iterator

from mailguard.model import BODY, HTML, Part, Problem, Table, Text
from mailguard.unpack import part_text, sniff
from mailguard.unpack.budget import Budget

NAME = "SQL dumps"
LIMITATIONS = "Values that are computed are read as they are written."

_HEAD = re.compile(
    r"(?:INSERT|REPLACE)\s(?:\s*IGNORE\s)?\s*INTO\s+([^\s(]{1,200})\s*(?:\(([^()]{0,20000})\)\s*)?VALUES\s*(?=\()"
    r"|^COPY\s+([^\s(]{1,200})\s*(?:\(([^()]{0,20000})\)\s*)?FROM\s+stdin[^\n;]{0,200};[^\n]{0,20}\n",
    re.IGNORECASE | re.MULTILINE,
)
_LOOK = 1_000_000
_TOKEN = re.compile(
    r"\s*(?:[NEBX]?'((?:[^'\\]|\\.|'')*+)'|\"((?:[^\"\\]|\\.|\"\")*+)\"|([(),;])|([^\s'\"(),;][^'\"(),;]*+))",
    re.DOTALL | re.IGNORECASE,
)
_ESCAPE = re.compile(r"\\(.)|''", re.DOTALL)
_ESCAPED = {"n": "\n", "r": "\r", "t": "\t", "0": ""}


def matches(part: Part, sniffed: str) -> bool:
    """By its first statement that has rows; never the body of a mail."""
    if sniffed not in {sniff.TEXT, sniff.HTML, sniff.MAIL} or part.path[-1] in {BODY, HTML}:
        return False
    head = part.data[:_LOOK].replace(b"\0", b"").upper()
    if b"INTO" not in head and b"COPY" not in head:
        return False
    return _HEAD.search(head.decode("latin-1")) is not None


def open_part(part: Part, budget: Budget) -> Iterator[Part | Text | Table | Problem]:
    """The tables, then the rest."""
    text = part_text.decoded(part, budget)
    yield from part_text.faults(part, text)
    tables: dict[tuple[str, str], list[list[str]]] = {}
    rest: list[str] = []
    at = 0
    while (head := _HEAD.search(text, at)) is not None:
        rest.append(text[at : head.start()])
        name, columns = head[1] or head[3], head[2] or head[4] or ""
        rows = tables.setdefault((name, columns), [_names(columns)] if columns else [])
        at = _values(text, head.end(), rows) if head[1] else _copied(text, head.end(), rows)
    for rows in tables.values():
        budget.spend_cells(sum(map(len, rows)))
        yield Table(part.path, rows)
    yield Text(part.path, "".join((*rest, text[at:])))


def _names(columns: str) -> list[str]:
    return [name.strip(' \t\r\n`"[]') for name in columns.split(",")]


def _values(text: str, at: int, rows: list[list[str]]) -> int:
    """Rows in brackets up to what is none; returns where that is."""
    row: list[list[str]] = [[]]
    depth = 0
    while (token := _TOKEN.match(text, at)) is not None:
        sign = token[3]
        if depth == 0 and sign not in {"(", ","}:
            return token.end() if sign == ";" else at
        at = token.end()
        depth += {"(": 1, ")": -1}.get(sign, 0)
        if depth == 0 and sign == ")":
            rows.append(["".join(cell) for cell in row])
            row = [[]]
        elif sign == "," and depth == 1:
            row.append([])
        elif depth and sign not in {"(", ")"}:
            row[-1].append(_cell(token))
    rows += [["".join(cell) for cell in row]] if any(row) else []
    return at


def _cell(token: re.Match[str]) -> str:
    quoted = token[1] if token[1] is not None else token[2]
    if quoted is not None:
        return _ESCAPE.sub(_unescaped, quoted)
    plain = (token[4] or token[3] or "").strip()
    return "" if plain.upper() == "NULL" else plain


def _copied(text: str, at: int, rows: list[list[str]]) -> int:
    end = text.find("\n\\.", at)
    body = text[at:] if end < 0 else text[at : end + 1]
    rows += [_copied_row(line.rstrip("\r")) for line in body.split("\n") if line and line != "\\."]
    return len(text) if end < 0 else end + 3


def _copied_row(line: str) -> list[str]:
    return ["" if cell == "\\N" else _ESCAPE.sub(_unescaped, cell) for cell in line.split("\t")]


def _unescaped(match: re.Match[str]) -> str:
    return _ESCAPED.get(match[1], match[1]) if match[1] else "'"
