"""The record of holds as files: CSV for a spreadsheet, JSON for programs, a page to be printed.

In: lines, Japanese, without addresses. Out: text. A cell that a spreadsheet would take for a formula is made text.
"""

import csv
import io
import json
from collections.abc import Sequence
from typing import NamedTuple

from jinja2 import Environment

FORMATS = {"csv": "text/csv; charset=utf-8", "json": "application/json", "html": "text/html; charset=utf-8"}
HEADINGS = ("保留番号", "区分", "日時", "担当", "項目", "内容")
_FORMULA = ("=", "+", "-", "@", "\t", "\r", "＝", "＋", "－", "＠")  # OWASP, CSV Injection
_PAGE = """<!doctype html>
<html lang="ja"><head><meta charset="utf-8"><title>保留と承認の記録</title>
<style>body{font-family:sans-serif;margin:2em}table{border-collapse:collapse;width:100%}
th,td{border:1px solid #888;padding:.3em .5em;text-align:left;vertical-align:top;overflow-wrap:anywhere}
tr{break-inside:avoid}thead{display:table-header-group}</style></head>
<body><h1>保留と承認の記録</h1><table><thead><tr>{% for heading in headings %}<th>{{ heading }}</th>{% endfor %}</tr></thead>
<tbody>{% for line in lines %}<tr>{% for cell in line %}<td>{{ cell }}</td>{% endfor %}</tr>
{% endfor %}</tbody></table></body></html>
"""


class Line(NamedTuple):
    """One fact: of which hold, of what sort, when (ISO 8601), who, what, and its value."""

    hold: str
    section: str
    at: str
    who: str
    item: str
    value: str


def written(lines: Sequence[Line], form: str) -> str:
    """As `csv`, `json` or `html`."""
    if form == "csv":
        return as_csv(HEADINGS, lines)
    if form == "json":
        return (
            json.dumps([dict(zip(HEADINGS, line, strict=True)) for line in lines], ensure_ascii=False, indent=1) + "\n"
        )
    return Environment(autoescape=True).from_string(_PAGE).render(headings=HEADINGS, lines=lines)


def as_csv(headings: Sequence[str], lines: Sequence[Sequence[str]]) -> str:
    """Rows of text for a spreadsheet."""
    out = io.StringIO()
    out.write("\ufeff")  # spreadsheets take it for UTF-8 then
    writer = csv.writer(out, lineterminator="\r\n")
    writer.writerow(headings)
    writer.writerows([_safe(cell) for cell in line] for line in lines)
    return out.getvalue()


def _safe(cell: str) -> str:
    return f"'{cell}" if cell.lstrip(" \n").startswith(_FORMULA) else cell
