"""A document of headed sections as Markdown, as a page to read and to print, or for programs.

In: documents. Out: text. Whatever stands in them is text, never markup. A page is A4 on paper, and readable at 360 px.
"""

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from jinja2 import Environment
from markupsafe import Markup, escape

from mailguard.leak.words import FILL

FORMATS = {"md": "text/markdown; charset=utf-8", "html": "text/html; charset=utf-8", "json": "application/json"}
STYLE = Path(__file__).with_name("paper.css").read_text("utf-8")
_SPECIAL = re.compile(r"([\\`*_{}\[\]<>#|!~])")  # CommonMark §2.4; & stays, an entity is only a letter
_PAGE = """<!doctype html>
<html lang="ja"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<title>{{ documents[0].title }}</title>
{% if style %}<style>{{ style }}</style>{% else %}<link rel="stylesheet" href="{{ sheet }}">{% endif %}
</head><body>
{% if back %}<p class="back"><a href="{{ back }}">← {{ back_text }}</a></p>{% endif %}
{% for document in documents %}<article>
<h1>{{ document.title }}</h1>
{% for line in document.to %}<p class="to">{{ line|filled }}</p>{% endfor %}
{% for line in document.sender %}<p class="from">{{ line|filled }}</p>{% endfor %}
{% for section in document.sections %}<section><h2>{% if section.number %}{{ section.number }}. {% endif %}{{ section.title }}</h2>
{% for line in section.lines %}<p>{% if line.label %}<b>{{ line.label }}</b>: {% endif %}{{ line.text|filled }}</p>
{% endfor %}</section>
{% endfor %}</article>
{% endfor %}</body></html>
"""


@dataclass(frozen=True, slots=True)
class Line:
    """「label: text」, or the text alone."""

    label: str
    text: str


@dataclass(frozen=True, slots=True)
class Section:
    """number: of the item in the form of the commission; 0: none."""

    title: str
    lines: tuple[Line, ...]
    number: int = 0


@dataclass(frozen=True, slots=True)
class Document:
    """kind: report | notice | not_due | not_left. receiver: its id in the configuration, "" for none."""

    kind: str
    receiver: str
    title: str
    to: tuple[str, ...]
    sender: tuple[str, ...]
    sections: tuple[Section, ...]


def written(documents: Sequence[Document], form: str, *, sheet: str = "", back: str = "", back_text: str = "") -> str:
    """As `md`, `html` or `json`. sheet: where a page finds `STYLE`; without it the page brings it along."""
    if form == "json":
        return json.dumps([_plain(document) for document in documents], ensure_ascii=False, indent=1) + "\n"
    if form == "html":
        environment = Environment(autoescape=True, trim_blocks=True, lstrip_blocks=True)
        environment.filters["filled"] = _filled
        page = environment.from_string(_PAGE)
        style = "" if sheet else Markup(STYLE)  # noqa: S704 - our own file
        return page.render(documents=documents, style=style, sheet=sheet, back=back, back_text=back_text)
    return "\n\n---\n\n".join(_markdown(document) for document in documents) + "\n"


def _markdown(document: Document) -> str:
    head = "\n".join(f"{_plainly(line)}  " for line in (*document.to, "", *document.sender) if line)
    sections = [
        f"## {f'{section.number}. ' if section.number else ''}{_plainly(section.title)}\n\n"
        + "\n".join(
            f"- {f'**{_plainly(one.label)}**: ' if one.label else ''}{_plainly(one.text)}" for one in section.lines
        )
        for section in document.sections
    ]
    return "\n\n".join([f"# {_plainly(document.title)}", head, *sections])


def _plainly(text: str) -> str:
    """One line in which nothing is markup."""
    return _SPECIAL.sub(r"\\\1", " ".join(text.split()))


def _filled(text: str) -> Markup:
    """What is still to be filled in stands out."""
    return Markup(f"<mark>{FILL}</mark>").join(escape(part) for part in text.split(FILL))  # noqa: S704 - a constant


def _plain(document: Document) -> dict[str, object]:
    return {
        "kind": document.kind,
        "receiver": document.receiver,
        "title": document.title,
        "to": list(document.to),
        "from": list(document.sender),
        "sections": [
            {
                "number": section.number or None,
                "title": section.title,
                "lines": [{"label": line.label, "text": line.text} for line in section.lines],
            }
            for section in document.sections
        ],
    }
