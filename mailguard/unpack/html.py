"""HTML as a reader sees it, and what a reader may come upon.

In: an HTML file or body. Out: its text, hidden or not, with line ends at block elements; words of attributes on lines of
their own, addresses behind links beside their words; each data table once more as a Table; files in data: URIs as parts.
What styles write on the page is read; comments, data- attributes and what scripts hold in attached files only. Links are not read.
"""

import html
import re
from collections.abc import Iterator
from typing import Any

import lxml.etree
import lxml.html

from mailguard.model import HTML, Part, Problem, Table, Text, attached
from mailguard.unpack import charset, css, html_attributes, html_data, html_hidden, html_table, sniff
from mailguard.unpack.budget import Budget

NAME = "HTML"
LIMITATIONS = (
    "Of styles only what they write on the page is read, of scripts only JSON and Japanese in quotation marks; in the body of a"
    " mail no scripts, comments and attributes that no style shows, unless they have three telephone numbers or e-mail addresses."
)

_HIDDEN_IN_BODY = 3  # numbers and addresses: fewer are of the sender's template
_CLOSED = re.compile(r"</(?:html|body)\s*>", re.IGNORECASE)
_META = re.compile(rb"<meta[^<>]{0,200}charset\s*=\s*[\"']?([\w.:-]{1,40})", re.IGNORECASE)
_SKIPPED = {"script", "style"}
_ADDRESSES = {"href", "src", "action", "content", "style"}
_KEEPING = {"pre", "textarea"}
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
        "text",
        "textarea",
        "tfoot",
        "thead",
        "title",
        "tr",
        "ul",
    ]
)
_TOKEN = re.compile(r"<!--|-->|<(/?)([a-zA-Z][a-zA-Z0-9]*)[^<>]*>|<[!?/][^<>]*>|[^<-]+|.", re.DOTALL)
_SCRIPT = re.compile(r"<script\b[^<>]*>", re.IGNORECASE)
_SCRIPT_END = re.compile("</script", re.IGNORECASE)
_SPACE = re.compile(r"[ \t\r\n\f]+")
_BLANKS = re.compile(r"[ \t\r\f]+")
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
    if root is not None:
        html_table.unspan(root)
    page = _Page(comments=attached(part.path))
    if root is None:
        page.read_tagless(text)
    else:
        page.read(root)
    shown = page.text()
    yield Text(part.path, shown)
    if hidden := html_hidden.words(text, shown, 1 if attached(part.path) else _HIDDEN_IN_BODY):
        yield Text(part.path, hidden)
    if attached(part.path) and (strings := html_hidden.packed(text)):
        yield Text(part.path, strings)
    for rows in _tables(root) if root is not None else ():
        budget.spend_cells(sum(map(len, rows)))
        yield Table(part.path, rows)
    yield from html_attributes.data_parts(part, page.files, budget)
    yield from html_attributes.files_of_styles(part, text, budget)
    if attached(part.path):
        for number, script in enumerate(_scripts(text, root), 1):
            yield from html_data.objects(part, script, number, budget)


def _scripts(text: str, root: Any | None) -> Iterator[str]:
    if root is None:
        yield from (_SCRIPT_END.split(piece, maxsplit=1)[0] for piece in _SCRIPT.split(text)[1:])
    else:
        yield from (element.text for element in root.iter("script") if element.text)


def _tree(text: str) -> Any | None:
    """None where the parser would drop text: nothing to parse, or elements nested too deep for it."""
    parser = lxml.html.HTMLParser(encoding="utf-8", huge_tree=True)
    try:
        # What stands behind the page is shown in it (HTML §13.2.6.4.19); libxml2 leaves it out.
        whole = _CLOSED.sub("", text.replace("\0", ""))
        root = lxml.html.document_fromstring(whole.encode("utf-8", "replace"), parser=parser)
    except (lxml.etree.LxmlError, ValueError, AssertionError):
        return None
    return None if any(error.type_name == "ERR_RESOURCE_LIMIT" for error in parser.error_log) else root


class _Page:
    """The text of a page as it grows; `files` are its data: URIs. `notes`: attributes are read too; `comments`: what is hidden too."""

    def __init__(self, *, comments: bool = False, notes: bool = True) -> None:
        self.files: list[str] = []
        self._comments, self._notes = comments, notes
        self._out: list[str] = []
        self._pending: list[str] = []  # words of attributes, until the line they stand in ends
        self._links: list[int] = []
        self._skipped = self._kept = 0
        self._shown: set[str] = set()  # attributes that a style puts on the page
        self._unshown: dict[str, None] = {}  # names of tags and values of attributes with Japanese in them

    def text(self) -> str:
        self._break()
        if html_hidden.lists("".join(self._unshown)):
            self._pending += self._unshown
            self._break()
        return _GAPS.sub("\n", "".join(self._out)).strip()

    def read(self, root: Any) -> None:
        if self._notes:
            self._shown = set().union(*(css.attributes(style.text or "") for style in root.iter("style")))
        for event, element in lxml.etree.iterwalk(root, events=("start", "end", "comment", "pi")):
            if event == "start":
                self._start(element)
            elif event == "end":
                self._end(element)
            else:
                if (
                    event == "comment"
                    and element.text
                    and (self._comments or (self._notes and html_hidden.lists(element.text)))
                ):
                    self._pending.append(tagless(element.text))
                self._words(element.tail)

    def read_tagless(self, text: str) -> None:
        self._out.append(tagless(text))
        self._pending += css.words(text)
        for name, value in html_attributes.without_tree(text):
            self._attribute("input", name, value, "")
            if name == "href":
                self._pending.append(html_attributes.target(html.unescape(value)))

    def _start(self, element: Any) -> None:
        tag = element.tag
        self._skipped += tag in _SKIPPED
        self._kept += tag in _KEEPING
        self._edge(tag, opened=True)
        if self._notes:
            for name, value in element.items():
                self._attribute(tag, name, value, element.get("name") or element.get("property") or "")
            if not tag.isascii():
                self._unshown[tag] = None
            self._pending += css.words((tag == "style" and element.text) or element.get("style") or "")
            self._pending += [_space(element.get(name)) for name in sorted(self._shown) if element.get(name)]
            if self._comments and (data := html_data.words(element)):
                self._pending.append(_space(data))
        if tag == "a":
            self._links.append(len(self._out))
        self._words(element.text)

    def _end(self, element: Any) -> None:
        tag = element.tag
        if tag in {"a", "area"}:
            start = self._links.pop() if tag == "a" else len(self._out)
            self._target(element.get("href") or "", start)
        self._skipped -= tag in _SKIPPED
        self._kept -= tag in _KEEPING
        self._edge(tag, opened=False)
        self._words(element.tail)

    def _attribute(self, tag: str, name: str, value: str, meta: str) -> None:
        if html_attributes.is_data(value):
            self.files.append(value)
        elif words := html_attributes.written(tag, name, value, meta=meta):
            self._pending.append(tagless(words) if name == "srcdoc" else _space(words))
        elif not value.isascii() and name not in _ADDRESSES:
            self._unshown[_space(value)] = None

    def _target(self, href: str, start: int) -> None:
        target = html_attributes.target(href) if self._notes and href else ""
        # A link of very many pieces is not looked through again for each link inside it.
        if target and not html_attributes.told(target, "".join(self._out[max(start, len(self._out) - 100) :])):
            self._out.append(f" {target} ")

    def _words(self, words: str | None) -> None:
        if words and not self._skipped:
            self._out.append(_BLANKS.sub(" ", words) if self._kept else _space(words))

    def _edge(self, tag: str, *, opened: bool) -> None:
        edge = _edge(tag, opened=opened)
        if edge == "\n":
            self._break()
        self._out.append(edge)

    def _break(self) -> None:
        if self._pending:
            self._out += ["\n", "\n".join(self._pending), "\n"]
            self._pending.clear()


def _space(words: str | None) -> str:
    return _SPACE.sub(" ", words) if words else ""


def _edge(tag: str, *, opened: bool) -> str:
    if tag in _BLOCKS:
        return "\n"
    return "\t" if tag in {"td", "th"} and not opened else ""


def _tables(root: Any) -> Iterator[list[list[str]]]:
    """Tables that hold data: no table inside them, at least two rows and two columns."""
    for table in html_table.data_tables(root):
        rows = [[_cell(cell) for cell in row.iterchildren("td", "th")] for row in table.iter("tr")]
        rows = [row for row in rows if any(row)]
        if len(rows) >= 2 and sum(1 for row in rows if len(row) >= 2) >= 2:
            yield rows


def _cell(cell: Any) -> str:
    return _visible_cell(cell) if len(cell) else _space(cell.text).strip()


def _visible_cell(cell: Any) -> str:
    tail, cell.tail = cell.tail, None
    page = _Page(notes=False)
    page.read(cell)
    cell.tail = tail
    return page.text()


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
