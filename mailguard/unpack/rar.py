"""RAR archives, versions 1.3 to 5: listed by rarfile, unpacked by unar (The Unarchiver), with libarchive where it fails.

In: a RAR file. Out: its files as parts, each of the size and the checksum that the archive has for it. Of a set of
volumes each is a Problem: the rest of its files is in another mail.
"""

import io
import zlib
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from itertools import chain

import rarfile

from mailguard.model import Part, PartPath, Problem, ProblemKind
from mailguard.unpack import libarchive_entries, sniff
from mailguard.unpack.budget import Budget, LimitError
from mailguard.unpack.header import clean_name
from mailguard.unpack.libarchive_entries import BrokenError, MissingError
from mailguard.unpack.member import collect, opened, sliced
from mailguard.unpack.tools import INPUT, ToolError

NAME = "RAR"
LIMITATIONS = (
    "Needs unar (Debian: unar) for most methods. Volumes, and encrypted files without their password, are problems."
)

_MARK_5 = b"Rar!\x1a\x07\x01\x00"
_FAULTS = (rarfile.Error, OSError, ValueError, EOFError)
_ARGUMENTS = ("-quiet", "-no-recursion", "-forks", "skip", "-output-directory", "-")
_Read = Callable[[bytes, list["_Member"], Budget], Iterable[bytes | None]]


@dataclass(frozen=True, slots=True)
class _Member:
    """crc is None where the archive keeps another checksum or none."""

    name: str
    size: int
    packed: int
    crc: int | None
    encrypted: bool

    def fits(self, content: bytes) -> bool:
        return len(content) == self.size and self.crc in {None, zlib.crc32(content)}


def matches(part: Part, sniffed: str) -> bool:
    """By content."""
    del part
    return sniffed == sniff.RAR


def open_part(part: Part, budget: Budget) -> Iterator[Part | Problem]:
    """Every file as a part."""
    try:
        members = _listed(part, budget)
    except rarfile.PasswordRequired:
        yield Problem(part.path, ProblemKind.ENCRYPTED, "a password is needed to see the files")
        return
    except _FAULTS as error:
        yield Problem(part.path, ProblemKind.DAMAGED, type(error).__name__)
        return
    contents = _contents(part, members, budget)
    for number, (member, content) in enumerate(zip(members, contents, strict=True)):
        name = member.name or f"#{number}"
        if content is None:
            yield _unread((*part.path, name), member)
        else:
            yield from opened(part, name, sliced(content), len(part.data), budget)


def _listed(part: Part, budget: Budget) -> list[_Member]:
    """The files in their order. Raises PasswordRequired when the list itself is encrypted and no password opens it."""
    for password in chain(("",), budget.secrets.tries()):
        archive = rarfile.RarFile(io.BytesIO(part.data), part_only=True)
        if password:
            try:
                archive.setpassword(password)
            except _FAULTS:
                continue
        if archive.infolist() or not archive.needs_password():
            budget.secrets.fits(part.path)
            return [
                _Member(clean_name(info.filename), info.file_size, info.compress_size, info.CRC, info.needs_password())
                for info in archive.infolist()
                if info.is_file()
            ]
    raise rarfile.PasswordRequired


def _contents(part: Part, members: list[_Member], budget: Budget) -> list[bytes | None]:
    """What each file holds, None where nobody can tell; tried without a password, then with each."""
    best: list[bytes | None] = [None] * len(members)
    passwords = budget.secrets.tries() if any(member.encrypted for member in members) else ()
    for read in chain((_unar(""),), map(_unar, passwords), (_libarchive,)):
        for number, content in enumerate(read(part.data, members, budget)):
            if best[number] is None and content is not None and members[number].fits(content):
                best[number] = content
                budget.secrets.fits(part.path)
        if None not in best:
            break
    return best


def _unar(password: str) -> _Read:
    """One run for all files: their bytes follow each other."""

    def read(data: bytes, members: list[_Member], budget: Budget) -> Iterable[bytes | None]:
        secret = ("-password", password) if password else ()
        try:
            content = budget.tools.run("unar", (*_ARGUMENTS, *secret, INPUT), data, budget.room)
        except ToolError as error:
            content = error.output
        at = 0
        for member in members:
            piece = content[at : at + member.size]
            # A file that unar leaves out takes no room.
            fits = member.fits(piece)
            at += member.size if fits else 0
            yield piece if fits else None

    return read


def _libarchive(data: bytes, members: list[_Member], budget: Budget) -> Iterable[bytes | None]:
    if any(member.encrypted for member in members) or not members:
        return
    form = "rar5" if _MARK_5 in data else "rar"
    try:
        for entry in libarchive_entries.entries(data, form):
            yield collect(entry.chunks, len(data), budget, (BrokenError,))[0]
    except (MissingError, BrokenError, LimitError):
        return


def _unread(path: PartPath, member: _Member) -> Problem:
    if member.encrypted:
        return Problem(path, ProblemKind.ENCRYPTED, "a password is needed")
    return Problem(path, ProblemKind.DAMAGED, "its bytes cannot be had, or are not what their checksum says")
