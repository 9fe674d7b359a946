"""XML that is data: exports, configurations, spreadsheets of 2003.

In: an XML file. Out: tables of its repeated elements, and text; attributes and texts alike. Entities stay as they are, nothing is
fetched. What is no well-formed XML is read as text, and so is what is HTML.
"""

import re
from collections.abc import Iterator
from typing import Any

import lxml.etree

from mailguard.model import BODY, HTML, Part, Problem, ProblemKind, Table, Text
from mailguard.unpack import sniff, text
from mailguard.unpack.budget import Budget
from mailguard.unpack.records import Records

NAME = "XML"
LIMITATIONS = "A file that declares entities is a problem, and read as text."

_BEGIN = re.compile(rb"(?:\xef\xbb\xbf)?\s*<(?:\?xml\s|!--|[A-Za-z_])", re.IGNORECASE)
_TYPES = {"text/xml", "application/xml", "application/rss+xml", "application/atom+xml"}
_NO_DATA = re.compile(rb"<!doctype\s+html|<html\b|http://www\.w3\.org/(?:1999/xhtml|2000/svg)", re.IGNORECASE)
_ENTITY = re.compile(rb"<!DOCTYPE[^>]{0,1000}<!ENTITY", re.IGNORECASE)
_LOOK = 100_000
_NAMING = ("name", "key", "label", "field")
_BYTE_ORDER_MARKS = (b"\xff\xfe", b"\xfe\xff")


def matches(part: Part, sniffed: str) -> bool:
    """By its first tag; never the body of a mail, and no page."""
    if sniffed not in {sniff.TEXT, sniff.HTML} or part.path[-1] in {BODY, HTML}:
        return False
    head = part.data[:4096].replace(b"\0", b"").lstrip(b"".join(_BYTE_ORDER_MARKS))
    if _BEGIN.match(head) is None or _NO_DATA.search(head):
        return False
    return sniffed == sniff.TEXT or b"<?xml" in head or part.media_type in _TYPES


def open_part(part: Part, budget: Budget) -> Iterator[Part | Text | Table | Problem]:
    """Text, then tables."""
    budget.text(len(part.data))
    parser = lxml.etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False)
    try:
        root = lxml.etree.fromstring(part.data, parser)
    except (lxml.etree.LxmlError, ValueError):
        yield from text.open_part(part, budget)
        return
    if _ENTITY.search(part.data[:_LOOK].replace(b"\0", b"")):
        yield Problem(part.path, ProblemKind.DAMAGED, "a document type declaration with entities")
        yield from text.open_part(part, budget)
        return
    records = Records()
    records.add(_value(root))
    records.lines += [
        str(comment.text).strip() for comment in root.iter(lxml.etree.Comment, lxml.etree.PI) if comment.text
    ]
    records.lines += [str(pi.text).strip() for pi in _before(root) if pi.text]
    yield from records.items(part, budget)


def _before(root: Any) -> list[Any]:
    """Comments and instructions beside the outermost element."""
    return [*root.itersiblings(preceding=True), *root.itersiblings()]


def _value(element: Any) -> object:
    """Attributes and children under their names, repeated ones as a list; a plain text where there is nothing else."""
    found: dict[str, object] = {}
    naming = _naming(element)
    for name, written in element.attrib.items():
        if name != naming:
            _put(found, _local(name), str(written))
    own = (element.text or "") + "".join(child.tail or "" for child in element)
    for child in element:
        if isinstance(child.tag, str):
            _put(found, _title(child), _value(child))
    if own.strip():
        if not found:
            return own.strip()
        _put(found, _title(element), own.strip())
    return found or ""


def _put(found: dict[str, object], name: str, value: object) -> None:
    if name in found:
        before = found[name]
        if isinstance(before, list):
            before.append(value)
        else:
            found[name] = [before, value]
    else:
        found[name] = value


def _title(element: Any) -> str:
    """Its name; or what it says that it is: <field name="氏名">."""
    naming = _naming(element)
    return str(element.get(naming)) if naming else _local(element.tag)


def _naming(element: Any) -> str | None:
    """The attribute that says what its text is."""
    plain = not len(element) and (element.text or "").strip()
    return next((key for key in _NAMING if element.get(key)), None) if plain else None


def _local(name: str) -> str:
    return name.rpartition("}")[2]
