"""OpenDocument files (ODF 1.3): texts, spreadsheets, presentations and drawings, all members of them.

In: an odt, ods, odp, odg or one of their templates. Out: sheets as tables under their names; else one text with its tables; notes,
headers, comments, tracked changes, properties and embedded objects in the text; files inside as parts.
"""

from collections.abc import Iterator

from mailguard.model import Part, Problem, ProblemKind, Table, Text
from mailguard.unpack import markup, odf_unlock, package, rest, sniff
from mailguard.unpack.budget import Budget
from mailguard.unpack.header import clean_name
from mailguard.unpack.odf_lock import LockError, Manifest
from mailguard.unpack.odf_story import OdfStory
from mailguard.unpack.package import Package

NAME = "OpenDocument (odt, ods, odp)"
LIMITATIONS = "Who made or commented it, settings, and preview pictures are not read; without the password, a problem."

_SKIPPED = frozenset({"mimetype", "layout-cache"})  # when they are what they are for
_LONGEST_TYPE = 120
_MANIFEST = "meta-inf/manifest.xml"
_PREVIEW = ("thumbnails/", "objectreplacements/")
_PREVIEW_BYTES = 500_000
_PREVIEWS = frozenset({"image/png", "image/jpeg", sniff.METAFILE, sniff.BINARY})


def matches(part: Part, sniffed: str) -> bool:
    """By its member `mimetype`."""
    del part
    return sniffed.startswith(sniff.OPEN_DOCUMENT)


def open_part(part: Part, budget: Budget) -> Iterator[Part | Text | Table | Problem]:
    """Text and tables, then files inside and problems."""
    return package.opened(part, budget, _contents)


def _contents(part: Part, package: Package, budget: Budget) -> Iterator[Part | Text | Table | Problem]:
    document = _Document(part, package, budget)
    for name, content in package.members():
        document.member(name, content)
        if document.manifest.locks:
            yield from _unlocked(part, package, document.manifest, budget)
            return
    if "content.xml" not in package.names:
        yield Problem(part.path, ProblemKind.DAMAGED, "a document without its content")
    if document.texts or not document.tables:
        yield Text(part.path, "\f".join(document.texts))
    yield from document.tables
    yield from document.others


class _Document:
    """Grows with each member."""

    def __init__(self, part: Part, package: Package, budget: Budget) -> None:
        self.texts: list[str] = []
        self.tables: list[Table] = []
        self.others: list[Part | Problem] = []
        self.manifest = Manifest(b"")
        self._part, self._package, self._budget = part, package, budget
        self._sheets = "spreadsheet" in sniff.sniff(part.data)
        self._chars = 0

    def member(self, name: str, content: bytes | Problem) -> None:
        """Sort it in."""
        low = name.lower()
        if isinstance(content, Problem):
            self.others.append(content)
        elif low == _MANIFEST:
            self.manifest = Manifest(content)
            self._story(name, content)
        elif (
            (low in _SKIPPED and not _strange(low, content))
            or (low.startswith(_PREVIEW) and _preview(content))
            or not (content or low == "content.xml")
        ):
            return
        elif low.endswith((".xml", ".rdf", ".xlb")):
            self._story(name, content)
        else:
            self.others.append(self._package.part(name, content))

    def _story(self, name: str, content: bytes) -> None:
        story = OdfStory(self._budget, sheets=self._sheets and name == "content.xml")
        fault = markup.read(content, story)
        text = "\n".join(filter(None, (story.flow.text(), *story.notes)))
        self._chars += len(text)
        self._budget.text(self._chars)
        if text:
            self.texts.append(text)
        for title, rows in zip(story.names, story.flow.tables, strict=False):
            self.tables.append(Table((*self._part.path, clean_name(title)) if self._sheets else self._part.path, rows))
        if fault:
            self.others.append(Problem(self._package.path(name), *fault))


def _unlocked(part: Part, package: Package, manifest: Manifest, budget: Budget) -> Iterator[Part | Problem]:
    """The document in the clear under the same name, or that it cannot be had; then the members that cannot be read."""
    found = list(package.members())
    members = [(name, content) for name, content in found if not isinstance(content, Problem)]
    try:
        data = odf_unlock.unlocked(part.path, members, manifest, budget)
    except LockError:
        yield Problem(part.path, ProblemKind.ENCRYPTED, "encrypted in an unknown way")
    else:
        if data is None:
            yield Problem(part.path, ProblemKind.ENCRYPTED, "a password is needed")
        else:
            budget.file(part.depth + 1)
            yield Part(part.path, data, depth=part.depth + 1)
    yield from (content for _, content in found if isinstance(content, Problem))


def _strange(name: str, content: bytes) -> bool:
    return len(content) > _LONGEST_TYPE if name == "mimetype" else rest.tells(content)


def _preview(content: bytes) -> bool:
    return len(content) < _PREVIEW_BYTES and (not content or sniff.sniff(content) in _PREVIEWS)
