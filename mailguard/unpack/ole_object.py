"""What was put into an Office document as an object (MS-OLEDS), and macros.

In: a compound file that is no document. Out: the file in `Package`, `CONTENTS` or `Ole10Native` as a part, objects inside it
as parts. Macros are programs: they are listed, never run and not read.
"""

from collections.abc import Iterator

from mailguard.model import Part, PartPath, Problem, ProblemKind, Table, Text
from mailguard.unpack import compound, ole_native, sniff
from mailguard.unpack.budget import Budget
from mailguard.unpack.header import clean_name

NAME = "Objects in Office documents (OLE)"
LIMITATIONS = "Macros are not read; objects of programs other than Office are a problem."

_NATIVE = "\x01ole10native"
_FILES = frozenset({"package", "contents", "\x01ole10native"})
_MACROS = frozenset({"vba", "project", "projectwm", "_vba_project_cur", "macros"})
# What describes an object, beside it.
_ABOUT = frozenset(
    {"\x01compobj", "\x01ole", "\x02olepres000", "\x03objinfo", "\x03pict", "\x03ocxname", "\x03eprint", "\x03linkinfo"}
)


def matches(part: Part, sniffed: str) -> bool:
    """A compound file of nothing else that is known."""
    del part
    return sniffed == sniff.OLE


def open_part(part: Part, budget: Budget) -> Iterator[Part | Text | Table | Problem]:
    """The files inside."""
    return compound.opened(part, budget, _contents, beside=True)


def _contents(part: Part, file: compound.Compound, budget: Budget) -> Iterator[Part | Text | Table | Problem]:
    names = file.names()
    for path in file.streams:
        low = path[0].lower()
        if len(path) == 1 and low in _FILES:
            name, data = ole_native.native(file.read(path)) if low == _NATIVE else ("", file.read(path))
            yield inside(part, name or "(object)", data, budget)
    for path, data in file.storages(_MACROS):
        yield inside(part, "/".join(path), data, budget)
    if not names & (_FILES | _MACROS) and not any(len(path) > 1 for path in file.streams):
        if names and names <= _ABOUT:
            yield Text(part.path, "")
        else:
            yield Problem(part.path, ProblemKind.UNKNOWN_FORMAT, "an object of another program")


def passed(part: Part, budget: Budget) -> str:
    """Why not all of it is read: macros are programs."""
    del budget
    return "macros" if compound.root_names(part.data) & _MACROS else ""


def inside(part: Part, name: str, data: bytes, budget: Budget) -> Part:
    """A file inside, to be opened."""
    budget.file(part.depth + 1)
    path: PartPath = (*part.path, clean_name(name) or "(object)")
    return Part(path, data, depth=part.depth + 1)
