"""What formulas of a sheet say that no cell shows yet: texts in quotation marks (ECMA-376 part 1 §18.17).

In: the XML of a sheet. Out: the rows that have such texts, each formula as one cell, joined texts joined. Programs write values as formulas
to keep zeros in front; Excel works them out when the file is opened.
"""

import html
import re

_ROW = re.compile(rb"<(?:\w+:)?row\b")
_FORMULA = re.compile(rb"<(?:\w+:)?f\b[^<>]{0,500}>([^<]{0,10000})</(?:\w+:)?f>")
_TEXT = re.compile(r'"((?:[^"]|"")*)"')
_JOINED = re.compile(r'\s*"(?:[^"]|"")*"(?:\s*&\s*"(?:[^"]|"")*")*\s*')
_QUOTES = (b'"', b"&quot;", b"&#34;")


def rows(sheet: bytes) -> list[list[str]]:
    """Empty where no formula has a text of its own."""
    if not any(quote in sheet for quote in _QUOTES) or b"f>" not in sheet:
        return []
    found = ([text for formula in _FORMULA.findall(row) if (text := _said(formula))] for row in _ROW.split(sheet)[1:])
    return [row for row in found if row]


def _said(formula: bytes) -> str:
    if not any(quote in formula for quote in _QUOTES):
        return ""
    written = html.unescape(formula.decode("utf-8", "replace"))
    texts = [text.replace('""', '"') for text in _TEXT.findall(written)]
    return ("" if _JOINED.fullmatch(written) else " ").join(texts).strip()
