"""An Office file that is a ZIP of members (OPC, ECMA-376 part 2; ODF part 2): read under the budget.

In: the bytes. Out: members by name, each once, and what is wrong with one instead of its bytes. Relations between members as far as
text hangs on them. Names are as the directory has them, with a slash between folders.
"""

import io
import posixpath
import zipfile
import zlib
from collections.abc import Callable, Iterator, Mapping

from mailguard.model import Part, Problem, ProblemKind, Table, Text
from mailguard.unpack import field_code, markup
from mailguard.unpack.budget import Budget, LimitError
from mailguard.unpack.header import clean_name
from mailguard.unpack.member import CHUNK, counted

_ENCRYPTED = 0x1
FAULTS = (zipfile.BadZipFile, zlib.error, EOFError, ValueError, NotImplementedError, OSError, RuntimeError, KeyError)


class Package:
    """Raises one of `FAULTS` when the directory cannot be read, LimitError when it is too long."""

    def __init__(self, part: Part, budget: Budget) -> None:
        self._part, self._budget = part, budget
        self._archive = zipfile.ZipFile(io.BytesIO(part.data))
        self._infos = [info for info in self._archive.infolist() if not info.is_dir()]
        if len(self._infos) > budget.limits.files:
            raise LimitError(ProblemKind.TOO_MANY, f"more than {budget.limits.files} files in one document")
        self.names = [info.filename for info in self._infos]

    def path(self, name: str) -> tuple[str, ...]:
        """The path of a member in the mail."""
        return (*self._part.path, clean_name(name.rpartition("/")[2]) or "#")

    def members(self) -> Iterator[tuple[str, bytes | Problem]]:
        """Every member in the order of the directory, two of the same name both."""
        for info in self._infos:
            try:
                yield info.filename, self._read(info)
            except LimitError as limit:
                if limit.everything:
                    raise
                yield info.filename, Problem(self.path(info.filename), limit.kind, limit.detail)
            except FAULTS as error:
                kind = ProblemKind.ENCRYPTED if info.flag_bits & _ENCRYPTED else ProblemKind.DAMAGED
                yield info.filename, Problem(self.path(info.filename), kind, type(error).__name__)

    def part(self, name: str, data: bytes) -> Part:
        """A file inside, to be opened."""
        self._budget.file(self._part.depth + 1)
        return Part(self.path(name), data, depth=self._part.depth + 1)

    def _read(self, info: zipfile.ZipInfo) -> bytes:
        self._budget.member(info.file_size, max(info.compress_size, 1))
        with self._archive.open(info) as file:
            chunks = iter(lambda: file.read(CHUNK), b"")
            return b"".join(counted(chunks, info.compress_size, self._budget))


def opened(
    part: Part, budget: Budget, read: Callable[[Part, Package, Budget], Iterator[Part | Text | Table | Problem]]
) -> Iterator[Part | Text | Table | Problem]:
    """What `read` finds in it; a Problem where no directory can be read."""
    try:
        package = Package(part, budget)
    except FAULTS as error:
        yield Problem(part.path, ProblemKind.DAMAGED, type(error).__name__)
        return
    yield from read(part, package, budget)


class Relations:
    """The relations of one member (`_rels/….rels`). links: addresses outside; targets: members by relation id."""

    def __init__(self, name: str, data: bytes) -> None:
        self.links: list[str] = []
        self.targets: dict[str, tuple[str, str]] = {}
        folder, _, file = name.rpartition("_rels/")
        self.source = folder + file.removesuffix(".rels")
        self._folder = "/" + folder
        self.fault = markup.read(data, self)

    def start(self, tag: str, attributes: Mapping[str, str]) -> None:
        """One relation."""
        if markup.local(tag) != "Relationship":
            return
        target, kind = attributes.get("Target", ""), attributes.get("Type", "").rpartition("/")[2]
        if attributes.get("TargetMode") == "External":
            self.links.append(field_code.address(target))
        else:
            resolved = posixpath.normpath(posixpath.join(self._folder, target)).lstrip("/")
            self.targets[attributes.get("Id", "")] = (kind, resolved)

    def end(self, tag: str) -> None:
        """Relations hold nothing."""

    def data(self, text: str) -> None:
        """Relations hold nothing."""
