"""HTML as a reader sees it.

In: an HTML file or body. Out: its visible text with line ends at block elements, and each data table once more as a
Table. Attributes and comments are not shown by readers and not read.
"""

import html
import re
from collections.abc import Iterator
from typing import Any

import lxml.etree
import lxml.html

from mailguard.model import HTML, Part, Problem, Table, Text
from mailguard.unpack import charset, sniff
from mailguard.unpack.budget import Budget

NAME = "HTML"
LIMITATIONS = "Comments, attributes (alt, title, data-) and scripts are not read."

_META = re.compile(rb"<meta[^<>]{0,200}charset\s*=\s*[\"']?([\w.:-]{1,40})", re.IGNORECASE)
_SKIPPED = {"script", "style", "template"}
_BLOCKS = frozenset(
    [
        "address",
        "article",
        "aside",
        "blockquote",
        "body",
        "br",
        "center",
        "dd",
        "div",
        "dl",
        "dt",
        "fieldset",
        "figure",
        "footer",
        "form",
        "h1",
        "h2",
        "h3",
        "h4",
        "h5",
        "h6",
        "head",
        "header",
        "hr",
        "li",
        "main",
        "nav",
        "ol",
        "option",
        "p",
        "pre",
        "section",
        "select",
        "table",
        "tbody",
        "tfoot",
        "thead",
        "title",
        "tr",
        "ul",
    ]
)
_TOKEN = re.compile(r"<!--|-->|<(/?)([a-zA-Z][a-zA-Z0-9]*)[^<>]*>|<[!?/][^<>]*>|[^<-]+|.", re.DOTALL)
_SPACE = re.compile(r"[ \t\r\n\f]+")
_GAPS = re.compile(r"[ \t]*\n\s*")


def matches(part: Part, sniffed: str) -> bool:
    """By its first tags, or text that is declared as HTML."""
    declared = part.media_type in {"text/html", "application/xhtml+xml"} or part.path[-1] == HTML
    return sniffed == sniff.HTML or (declared and sniffed == sniff.TEXT)


def open_part(part: Part, budget: Budget) -> Iterator[Part | Text | Table | Problem]:
    """The text first, then the tables."""
    meta = _META.search(part.data[:4096])
    text = charset.decode(part.data, part.charset or (meta[1].decode("ascii") if meta else ""))
    budget.text(len(text))
    root = _tree(text)
    if root is None:
        yield Text(part.path, tagless(text))
        return
    yield Text(part.path, _visible(root))
    for rows in _tables(root):
        budget.spend_cells(sum(map(len, rows)))
        yield Table(part.path, rows)


def _tree(text: str) -> Any | None:
    """None where the parser would drop text: nothing to parse, or elements nested too deep for it."""
    parser = lxml.html.HTMLParser(encoding="utf-8", huge_tree=True)
    try:
        root = lxml.html.document_fromstring(text.replace("\0", "").encode("utf-8", "replace"), parser=parser)
    except (lxml.etree.LxmlError, ValueError, AssertionError):
        return None
    return None if any(error.type_name == "ERR_RESOURCE_LIMIT" for error in parser.error_log) else root


def _visible(root: Any) -> str:
    out: list[str] = []
    skipped = 0
    for event, element in lxml.etree.iterwalk(root, events=("start", "end", "comment", "pi")):
        if event in {"comment", "pi"}:
            out.append(_space(element.tail) if not skipped else "")
            continue
        tag = element.tag
        opened = event == "start"
        if tag in _SKIPPED:
            skipped += 1 if opened else -1
        out.append(_edge(tag, opened=opened))
        words = element.text if opened else element.tail
        if words and not skipped:
            out.append(_space(words))
    return _GAPS.sub("\n", "".join(out)).strip()


def _space(words: str | None) -> str:
    return _SPACE.sub(" ", words) if words else ""


def _edge(tag: str, *, opened: bool) -> str:
    if tag in _BLOCKS:
        return "\n"
    return "\t" if tag in {"td", "th"} and not opened else ""


def _tables(root: Any) -> Iterator[list[list[str]]]:
    """Tables that hold data: no table inside them, at least two rows and two columns."""
    outer = {id(above) for table in root.iter("table") for above in _next_table(table)}
    for table in root.iter("table"):
        if id(table) in outer:
            continue
        rows = [[_cell(cell) for cell in row.iterchildren("td", "th")] for row in table.iter("tr")]
        rows = [row for row in rows if any(row)]
        if len(rows) >= 2 and sum(1 for row in rows if len(row) >= 2) >= 2:
            yield rows


def _next_table(table: Any) -> Iterator[Any]:
    """The nearest table around; enough, since that one in turn marks its own."""
    yield from (above for above in [next(table.iterancestors("table"), None)] if above is not None)


def _cell(cell: Any) -> str:
    return _visible_cell(cell) if len(cell) else _space(cell.text).strip()


def _visible_cell(cell: Any) -> str:
    tail, cell.tail = cell.tail, None
    shown = _visible(cell)
    cell.tail = tail
    return shown


def tagless(text: str) -> str:
    """Without a tree: tags out, one pass, no nesting."""
    out: list[str] = []
    comment, skipped = False, ""
    for match in _TOKEN.finditer(text):
        token, tag = match[0], (match[2] or "").lower()
        if token in {"<!--", "-->"}:
            comment = token == "<!--"  # noqa: S105 - a token of HTML, no password
        elif tag in _SKIPPED:
            skipped = "" if match[1] else tag
        elif tag:
            out.append(_edge(tag, opened=not match[1]))
        elif not comment and not skipped and not token.startswith(("<!", "<?", "</")):
            out.append(_SPACE.sub(" ", token))
    return _GAPS.sub("\n", html.unescape("".join(out))).strip()
