"""What HTML says in attributes: words a reader may see, addresses behind links, and whole files in data: URIs.

In: an attribute of an element, or a page without a tree. Out: text, or a part. Other links, styles and scripts are never read.
"""

import binascii
import re
from collections.abc import Iterator
from urllib.parse import unquote, unquote_to_bytes

from mailguard.model import Part, Problem, ProblemKind
from mailguard.unpack import rest, sniff
from mailguard.unpack.budget import Budget
from mailguard.unpack.header import parameters
from mailguard.unpack.transfer import from_base64

DATA = "(data)"

_SHOWN = {"alt", "title", "aria-label", "placeholder", "label", "summary", "srcdoc"}
_VALUED = {"input", "option", "button", "data", "param"}
_META = {"description", "keywords", "author", "og:title", "og:description"}
_URI = re.compile(r"\s*(?:tel|sms|callto|mailto):", re.IGNORECASE)
_DATA = re.compile(r"\s*data:([^,]{0,500}),", re.IGNORECASE)
_STYLE_URI = re.compile(r"""url\(\s{0,5}["']?data:([^,"'()]{0,200}),([^"'()\s]*)""", re.IGNORECASE)
_MOST_STYLE_URIS = 1_000
_ATTRIBUTE = re.compile(r"""([a-zA-Z-]{1,20})\s*=\s*(?:"([^"]*)"|'([^']*)')""")
_FIGURES = re.compile(r"[^0-9]")


def written(tag: str, name: str, value: str, *, meta: str = "") -> str:
    """The words of an attribute that is shown, or typed by a person; "" for any other."""
    shown = name in _SHOWN or (name == "value" and tag in _VALUED) or (name == "content" and meta.lower() in _META)
    return value.strip() if shown else ""


def target(href: str) -> str:
    """Numbers and addresses a link leads to, with all that a mailto: link fills in (RFC 6068, RFC 3966)."""
    match = _URI.match(href)
    if match is None:
        return ""
    if "mailto" not in match[0].lower():
        return unquote(href[match.end() :]).split(";", 1)[0].strip()
    first, _, fields = href[match.end() :].partition("?")
    values = [field.partition("=")[2] for field in re.split("[&;]", fields) if field]
    return " ".join(unquote(value).strip() for value in (first, *values) if value)


def told(target: str, words: str) -> bool:
    """Whether the visible words say the same already, in whatever notation."""
    figures = _FIGURES.sub("", target)
    if "@" in target or not figures:
        return target in words
    national = "0" + figures[2:] if figures.startswith("81") else figures
    return national in _FIGURES.sub("", words)


def is_data(value: str) -> bool:
    """Whether an attribute holds a file (RFC 2397)."""
    return _DATA.match(value) is not None


def data_parts(part: Part, uris: list[str], budget: Budget) -> Iterator[Part | Problem]:
    """The files in data: URIs; pictures among them are shown within the page."""
    for number, uri in enumerate(uris, 1):
        match = _DATA.match(uri)
        assert match is not None
        path = (*part.path, DATA if number == 1 else f"{DATA} ({number})")
        packed = unquote_to_bytes(uri[match.end() :])
        try:
            data = from_base64(packed) if match[1].strip().lower().endswith(";base64") else packed
        except binascii.Error:
            yield Problem(path, ProblemKind.DAMAGED, "data: URI")
            continue
        media_type, found = parameters(match[1].encode("utf-8", "replace"))
        declared = next((value for name, value in found if name == "charset"), b"").decode("ascii", "replace")
        budget.file(part.depth + 1)
        budget.spend(len(data))
        yield Part(path, data, media_type, declared, part.depth + 1, inline=True)


def files_of_styles(part: Part, source: str, budget: Budget) -> Iterator[Part]:
    """Files in data: URIs of styles that are neither pictures nor fonts, whatever they say they are."""
    for number, match in enumerate(_STYLE_URI.finditer(source), 1):
        if number > _MOST_STYLE_URIS:
            return
        packed = unquote_to_bytes(match[2])
        try:
            data = from_base64(packed) if match[1].lower().endswith("base64") else packed
        except binascii.Error:
            continue
        if rest.tells(data) and not sniff.sniff(data).startswith("image/"):
            budget.file(part.depth + 1)
            budget.spend(len(data))
            yield Part((*part.path, f"(style {number})"), data, depth=part.depth + 1)


def without_tree(text: str) -> Iterator[tuple[str, str]]:
    """Name and value of everything that looks like an attribute."""
    for match in _ATTRIBUTE.finditer(text):
        yield match[1].lower(), match[2] or match[3] or ""


def link_words(uri: str) -> str:
    """What a link tells: numbers and addresses, and a web address that carries writing or an e-mail address."""
    told_by = target(uri)
    if told_by:
        return told_by
    plain = unquote(uri)
    return plain if "@" in plain or not plain.isascii() else ""
