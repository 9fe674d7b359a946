"""All members of a Word, PowerPoint or Excel file, one after the other: which are text, which are files, which are neither.

In: members of a package. Out: texts by member, tables, parts to be opened, problems. What is not known to be harmless is opened.
"""

from mailguard.model import Part, Problem
from mailguard.unpack import markup, sniff
from mailguard.unpack.budget import Budget
from mailguard.unpack.openxml_story import Story
from mailguard.unpack.package import Package, Relations

_XML = (".xml", ".vml", ".rels")
_TYPES = "[content_types].xml"
_PREVIEW_BYTES = 200_000
# Settings of printers, fonts, styles and keys of controls, when they are bytes of no known format.
_TECHNICAL = (
    "printersettings",
    "/fonts/",
    "fontdata",
    "customproperty",
    "/ctrlprops/",
    ".ds_store",
    "xl/styles.bin",
    "attachedtoolbars",
    "webextension",
)
_PREVIEWS = frozenset({"image/jpeg", "image/png", "image/gif", "image/bmp", sniff.METAFILE})


class Sweep:
    """Grows with each member."""

    def __init__(self, package: Package, budget: Budget) -> None:
        self.texts: list[tuple[str, str]] = []
        self.tables: list[list[list[str]]] = []
        self.others: list[Part | Problem] = []
        self._package, self._budget = package, budget
        self._chars = 0

    def member(self, name: str, content: bytes | Problem) -> None:
        """Sort it in."""
        low = name.lower()
        if isinstance(content, Problem):
            self.others.append(content)
        elif low == _TYPES or self._harmless(low, content):
            return
        elif low.endswith(".rels"):
            self._links(name, content)
        elif low.endswith(_XML) or content.startswith(b"<?xml"):
            self.story(name, content)
        else:
            self.others.append(self._package.part(name, content))

    def story(self, name: str, content: bytes) -> None:
        """Text and tables of one XML member."""
        custom = name.lower().startswith("customxml/")
        story = Story(self._budget, custom=custom)
        fault = markup.read(content, story)
        if fault and name.lower().endswith(".vml"):
            self.others.append(self._package.part(name, content))  # some are HTML rather than XML
            return
        self.add(name, story.flow.text())
        self.tables += story.flow.tables
        if fault:
            self.others.append(Problem(self._package.path(name), *fault))

    def add(self, name: str, text: str) -> None:
        """One more text; together they are no longer than one text may be."""
        if text:
            self._chars += len(text)
            self._budget.text(self._chars)
            self.texts.append((name, text))

    def _links(self, name: str, content: bytes) -> None:
        relations = Relations(name, content)
        self.add(name, "\n".join(dict.fromkeys(relations.links)))
        if relations.fault:
            self.others.append(Problem(self._package.path(name), *relations.fault))

    def _harmless(self, low: str, content: bytes) -> bool:
        if low.endswith(_XML) or not content:
            return not low.endswith(_XML)
        if "thumbnail" in low and len(content) < _PREVIEW_BYTES:
            return sniff.sniff(content) in _PREVIEWS
        return any(word in low for word in _TECHNICAL) and sniff.sniff(content) == sniff.BINARY
