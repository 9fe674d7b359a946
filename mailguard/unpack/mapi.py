"""Properties of a mail, contact or appointment of Outlook (MS-OXPROPS), as winmail.dat and .msg keep them.

In: properties with their strings decoded. Out: text of all that is written, the bodies and the attachments as parts.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace

from mailguard.model import BODY, HEADERS, HTML, UNNAMED, Part, PartPath, Problem, ProblemKind, Text
from mailguard.unpack import charset, cid, header
from mailguard.unpack.budget import Budget
from mailguard.unpack.lzfu import inflated

Properties = list[tuple[int, str | bytes]]
"""Property id and value; strings are text, all else bytes."""

STRING8, STRING, OBJECT, BINARY = 0x001E, 0x001F, 0x000D, 0x0102
MULTIPLE = 0x1000
"""Types of properties (MS-OXCDATA 2.11.1), and the flag of those with several values."""

INTERNET_CODE_PAGE, MESSAGE_CODE_PAGE = 0x3FDE, 0x3FFD
DATA, EMBEDDED = 0x3701, "(message)"
_BODY, _RTF, _HTML, _TRANSPORT_HEADERS = 0x1000, 0x1009, 0x1013, 0x007D
_FILE_NAME, _LONG_FILE_NAME, _DISPLAY_NAME, _MIME_TAG, _CONTENT_ID = 0x3704, 0x3707, 0x3001, 0x370E, 0x3712
_LABELS = {
    0x0037: "Subject", 0x0C1A: "From", 0x0E04: "To", 0x0E03: "Cc", 0x0E02: "Bcc", 0x3001: "氏名", 0x3003: "メール",
    0x39FE: "メール", 0x3A08: "電話", 0x3A1B: "電話", 0x3A09: "電話", 0x3A2F: "電話", 0x3A1C: "携帯電話", 0x3A1A: "電話", 0x3A1F: "電話",
    0x3A24: "FAX", 0x3A25: "FAX", 0x3A15: "住所", 0x3A29: "住所", 0x3A2A: "郵便番号", 0x3A5B: "郵便番号", 0x3A5D: "住所",
    0x3A11: "姓", 0x3A06: "名", 0x3A16: "会社", 0x3A17: "役職", 0x3A18: "部署",
}  # fmt: skip
# Its class, kinds of addresses, Message-IDs and their like: written by programs for programs.
_MACHINES = frozenset({0x001A, 0x0064, 0x0066, 0x0075, 0x0077, 0x0C1E, 0x1035, 0x1039, 0x1042, 0x3002, 0x3703})
_ONE_OFF = bytes.fromhex("812b1fa4bea310199d6e00dd010f5402")  # MS-OXCDATA 2.2.5.1
_UNICODE = 0x80  # in the second byte of its flags
_CODE_PAGES = {65001: "utf-8", 50220: "iso2022_jp", 50221: "iso2022_jp", 50222: "iso2022_jp", 51932: "euc_jp", 20932: "euc_jp", 20127: ""}  # fmt: skip


@dataclass(slots=True)
class Message:
    """One message. attachments: the properties of each."""

    properties: Properties = field(default_factory=list)
    recipients: list[Properties] = field(default_factory=list)
    attachments: list[Properties] = field(default_factory=list)


def code_page(number: int) -> str:
    """The charset of a Windows code page, "" for none."""
    return _CODE_PAGES.get(number, f"cp{number}" if number else "")


def text(raw: bytes, kind: int, declared: str) -> str:
    """A string property, without the NUL that ends it."""
    if kind & ~MULTIPLE == STRING:
        return raw.decode("utf-16-le", "replace").rstrip("\0")
    return charset.decode(raw.rstrip(b"\0"), declared)


def first(properties: Properties, *wanted: int) -> str | bytes | None:
    """The first of these properties that is there; an empty one only if none has a value."""
    found: list[str | bytes] = [value for name in wanted for key, value in properties if key == name]
    return next((value for value in found if value), found[0] if found else None)


def contents(part: Part, message: Message, budget: Budget, within: PartPath = ()) -> Iterator[Part | Text | Problem]:
    """Everything in a message that lies `within` the part."""
    path, depth = part.path + within, part.depth + len(within)
    said = [*_lines(message.properties, budget), *(line for each in message.recipients for line in _recipient(each))]
    if said:
        yield _text((*path, HEADERS), "\n".join(said), budget)
    shown = b""
    for key, value in message.properties:
        if not value:
            continue
        if key == _BODY:
            told = value if isinstance(value, str) else charset.decode(value)
            yield _text((*path, BODY), told, budget)
        elif key == _HTML:
            shown += value.encode("utf-8", "replace") if isinstance(value, str) else value
            declared = "utf-8" if isinstance(value, str) else ""
            page = value.encode("utf-8", "replace") if isinstance(value, str) else value
            yield _inside((*path, HTML), page, depth, budget, "text/html", declared)
        elif key == _RTF and isinstance(value, bytes):
            yield from _rich(path, value, depth, budget)
    cids = cid.named(shown)
    for attachment in message.attachments:
        yield from _attachment(path, attachment, depth, budget, cids)


def _text(path: PartPath, told: str, budget: Budget) -> Text:
    budget.text(len(told))
    return Text(path, told)


def _inside(path: PartPath, data: bytes, depth: int, budget: Budget, media_type: str = "", declared: str = "") -> Part:
    budget.file(depth + 1)
    return Part(path, data, media_type, declared, depth + 1)


def _rich(path: PartPath, packed: bytes, depth: int, budget: Budget) -> Iterator[Part | Problem]:
    try:
        data = inflated(packed)
    except ValueError:
        yield Problem((*path, "(rtf)"), ProblemKind.DAMAGED, "compressed RTF")
        return
    budget.spend(len(data))
    yield _inside((*path, "(rtf)"), data, depth, budget)


def _lines(properties: Properties, budget: Budget) -> Iterator[str]:
    """What is written, each value once; what has a name for people under it."""
    seen: set[str] = set()
    for key, value in sorted(properties, key=lambda found: found[0] not in _LABELS):
        if isinstance(value, bytes):
            for told in one_offs(value):
                if told not in seen:
                    seen.add(told)
                    yield told
        elif key == _TRANSPORT_HEADERS:
            fields = header.parse(value.encode("utf-8", "replace"), budget.limits).fields
            yield from (f"{name}: {header.decode(raw)}" for name, raw in fields)
        elif key not in _MACHINES and key not in {_BODY, _HTML} and value.strip() and value not in seen:
            seen.add(value)
            yield f"{_LABELS[key]}: {value}" if key in _LABELS else value


def _recipient(properties: Properties) -> Iterator[str]:
    """A line for one recipient: the name, then all addresses."""
    texts = [(key, value) for key, value in properties if isinstance(value, str) and key not in _MACHINES]
    told = dict.fromkeys(value.strip() for _, value in sorted(texts, key=lambda found: found[0] != _DISPLAY_NAME))
    told.update(dict.fromkeys(each for _, value in properties if isinstance(value, bytes) for each in one_offs(value)))
    if shown := [value for value in told if value]:
        yield " ".join(shown)


def one_offs(data: bytes) -> Iterator[str]:
    """Names and addresses in the entry ids of people who are in no address book, as members of a list are kept."""
    for raw in data.split(_ONE_OFF)[1:]:
        if len(raw) < 4:
            continue
        wide = raw[3] & _UNICODE
        plain = raw[4:].decode("utf-16-le", "replace") if wide else charset.decode(raw[4:])
        name, _, address = (*plain.split("\0", 3)[:3], "", "", "")[:3]
        yield f"{name} {address}".strip()


def _attachment(
    path: PartPath, properties: Properties, depth: int, budget: Budget, cids: frozenset[str]
) -> Iterator[Part | Text | Problem]:
    names = [header.clean_name(str(name)) for name in _names(properties)]
    name, *others = dict.fromkeys(filter(None, names)) or (UNNAMED,)
    if name in {BODY, HTML, HEADERS}:
        name = f"{name} (1)"
    data = first(properties, DATA)
    if not isinstance(data, bytes):
        yield Problem((*path, name), ProblemKind.NOT_READ, "an attachment that is not in the message")
        return
    tag, own = first(properties, _MIME_TAG), first(properties, _CONTENT_ID)
    inside = _inside((*path, name), data, depth, budget, tag.lower() if isinstance(tag, str) else "")
    yield replace(inside, inline=isinstance(own, str) and own in cids, other_names=tuple(others))


def _names(properties: Properties) -> Iterable[str | bytes]:
    """The long name and what is shown; the short one (NAME~1.CSV) where there is no long one."""
    long = [value for key, value in properties if key == _LONG_FILE_NAME and value]
    short = [] if long else [value for key, value in properties if key == _FILE_NAME]
    return [*long, *short, *(value for key, value in properties if key == _DISPLAY_NAME)]
