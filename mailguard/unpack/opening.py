"""Opening a mail down to text and tables.

In: raw bytes. Out: first `split` (undecoded leaves), then per leaf `decode` and `unpack`: a lazy stream of part lines and
leaves in tree order. One handler per format, in an explicit order; the first that matches opens the part.
Never raises on any input, never follows a link, never writes.
"""

from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import Protocol

from mailguard.model import Part, PartInfo, Problem, ProblemKind, Table, Text
from mailguard.unpack import (
    apple,
    archive,
    calendar,
    cms,
    compressed,
    csv,
    dbf,
    doc,
    embedded,
    encrypted_office,
    executable,
    html,
    image,
    json_data,
    ldif,
    libarchive_entries,
    lzh,
    mail,
    mbox,
    odf,
    ole_object,
    openpgp,
    openxml,
    outlook,
    pdf,
    plist,
    ppt,
    rar,
    rtf,
    rtf_groups,
    sevenzip,
    signature,
    sniff,
    sql_dump,
    sqlite,
    text,
    tnef,
    unseen,
    vcard,
    xls,
    xlsx,
    xml_data,
    yenc,
)
from mailguard.unpack import zip as zip_archive
from mailguard.unpack.budget import Budget, LimitError

Item = Part | Text | Table | Problem


class Handler(Protocol):
    """One format: a module of this package. LIMITATIONS is one sentence; the docs list it."""

    NAME: str
    LIMITATIONS: str

    def matches(self, part: Part, sniffed: str, /) -> bool:
        """Whether this handler opens the part; `sniffed` is its media type by content."""

    def open_part(self, part: Part, budget: Budget, /) -> Iterator[Item]:
        """What is inside: parts still to be opened, or leaves; an empty Text says that it was read and nothing is written in it."""


HANDLERS: tuple[Handler, ...] = (
    signature,
    cms,
    xlsx,
    openxml,
    odf,
    xls,
    doc,
    ppt,
    outlook,
    tnef,
    encrypted_office,
    ole_object,
    rtf,
    zip_archive,
    archive,
    compressed,
    sevenzip,
    rar,
    lzh,
    executable,
    pdf,
    image,
    apple,
    openpgp,
    yenc,
    vcard,
    ldif,
    mbox,
    mail,
    calendar,
    dbf,
    sqlite,
    plist,
    json_data,
    sql_dump,
    xml_data,
    csv,
    html,
    text,
)


_PASSING = (image, signature, ole_object)
"""Those that may find something in order without having read it: their `passed` says why."""

_LOOKED_THROUGH = (image, pdf, sqlite, dbf)
"""Formats with room for what their readers do not show."""

ARCHIVES = (zip_archive, archive, compressed, sevenzip, rar, lzh)


@dataclass(frozen=True, slots=True)
class Leaf:
    """What the work list ends in. `key` is the keyed digest of the file that held it: the CSV, not the ZIP around it.

    All sheets of a workbook have the workbook's key. `info` is that file's line in the part tree.
    """

    item: Text | Table | Problem
    key: bytes
    info: PartInfo


class _Opened:
    """A part on the work list: what is still to come out of it."""

    def __init__(self, part: Part, budget: Budget, digest: Callable[[bytes], bytes]) -> None:
        sniffed = _sniffed(part)
        self.part = part
        key = digest(part.data)
        self.info = PartInfo(part.path, sniffed, len(part.data), part.depth, key, passed=_passed(part, sniffed, budget))
        self.items = _items(self.info, part, budget)

    def leaf(self, item: Text | Table | Problem) -> Leaf:
        key = self.info.key
        return Leaf(replace(item, key=key) if isinstance(item, Problem) else item, key, self.info)

    def problem(self, kind: ProblemKind, detail: str) -> Leaf:
        return self.leaf(Problem(self.part.path, kind, detail))


def unpack(part: Part, budget: Budget, digest: Callable[[bytes], bytes]) -> Iterator[Leaf | PartInfo]:
    """Open `part` and all that is inside it. Every part gives its `PartInfo` before its leaves, one for each name."""
    work: list[_Opened] = []
    following: Part | None = part
    while following is not None or work:
        if following is not None:
            opened = _Opened(following, budget, digest)
            yield opened.info
            yield from (replace(opened.info, path=(*following.path[:-1], name)) for name in following.other_names)
            if budget.gone:
                yield opened.problem(budget.gone.kind, budget.gone.detail)
                return
            work.append(opened)
        following = None
        for out in _step(work):
            if isinstance(out, Part):
                following = out
            else:
                yield out
        if budget.gone:
            return


def _step(work: list[_Opened]) -> Iterator[Leaf | Part]:
    """One item of the innermost part; whatever a handler raises becomes a Problem of that part."""
    opened = work[-1]
    try:
        item = next(opened.items)
    except StopIteration:
        work.pop()
    except LimitError as limit:
        work.pop()
        yield opened.problem(limit.kind, limit.detail)
    except MemoryError:
        work.pop()
        yield opened.problem(ProblemKind.TOO_BIG, "MemoryError")
    except (KeyboardInterrupt, SystemExit, GeneratorExit):
        raise
    except BaseException as error:  # noqa: BLE001 - calamine's PanicException is no Exception; the text may quote the file
        work.pop()
        yield opened.problem(ProblemKind.DAMAGED, type(error).__name__)
    else:
        yield item if isinstance(item, Part) else opened.leaf(item)


def _sniffed(part: Part) -> str:
    try:
        return sniff.sniff(part.data)
    except Exception:  # noqa: BLE001 - a file that cannot even be looked at is of no known format
        return sniff.BINARY


def _items(info: PartInfo, part: Part, budget: Budget) -> Iterator[Item]:
    sniffed = info.media_type
    if sniffed == sniff.EMPTY:
        return
    if part.depth > budget.limits.depth:
        raise LimitError(ProblemKind.TOO_DEEP, f"more than {budget.limits.depth} containers inside each other")
    for handler in HANDLERS:
        if handler.matches(part, sniffed):
            items = _and_embedded(handler, part, sniffed, budget)
            yield from items if info.passed else _told(part, items, archive=handler in ARCHIVES)
            return
    name = sniffed if sniffed != sniff.BINARY else sniff.describe(part.data)
    behind = ", with a ZIP behind it" if sniff.zip_behind(part.data) else ""
    yield Problem(part.path, ProblemKind.UNKNOWN_FORMAT, name + behind)


def _told(part: Part, items: Iterator[Item], *, archive: bool) -> Iterator[Item]:
    """A part of which its reader says nothing was not read; an archive in which it finds nothing has files that it does not see."""
    first = next(items, None)
    if first is None and archive:
        first = Problem(part.path, ProblemKind.DAMAGED, "no file is found in it")
    yield first or Problem(part.path, ProblemKind.NOT_READ, "nothing is found in it")
    yield from items


def _passed(part: Part, sniffed: str, budget: Budget) -> str:
    for handler in _PASSING:
        with suppress(Exception):  # broken in whatever way: then it is opened, and says so
            if handler.matches(part, sniffed):
                return str(handler.passed(part, budget))
    return ""


def _and_embedded(handler: Handler, part: Part, sniffed: str, budget: Budget) -> Iterator[Item]:
    if sniffed in sniff.READABLE and handler not in {mail, mbox}:
        yield from embedded.packed(part, budget)
    shown: list[str] = []
    for item in handler.open_part(part, budget):
        yield item
        if handler in _LOOKED_THROUGH:
            shown.append(unseen.said(item))
        # The leaves of a mail come by themselves; what else it gives are its headers.
        if isinstance(item, Text | Table) and handler is not mail:
            yield from embedded.find(item, part.depth, budget)
    if handler in _LOOKED_THROUGH and (words := unseen.words(part.data, "\n".join(shown))):
        yield Text(part.path, words)


def warm() -> None:
    """Load codecs and libraries now: a worker that is locked down may not be able to later."""
    for codec in (
        "utf-8",
        "cp932",
        "euc_jp",
        "iso2022_jp",
        "utf-16-le",
        "utf-32-le",
        "cp1252",
        "gb18030",
        "big5",
        "cp949",
    ):
        b"".decode(codec)
    for codec in rtf_groups.CHARSETS.values():
        b"".decode(codec)
    sniff.describe(b"\0")
    with suppress(ImportError):  # mailguard[ocr] is optional
        from mailguard.unpack import picture  # noqa: F401, PLC0415 - see above
    libarchive_entries.installed()
