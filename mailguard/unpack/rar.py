"""RAR archives, versions 1.3 to 5: listed by rarfile, unpacked by unar (The Unarchiver), with libarchive where it fails.

In: a RAR file. Out: its files as parts, older versions, alternate streams and comments too, each of the size and the checksum that the
archive has for it. What is encrypted is decrypted here (AES, from version 2.9 on), and unpacked from an archive written anew. Of a
set of volumes each is a Problem: the rest of its files is in another mail.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import chain

import rarfile

from mailguard.model import Part, PartPath, Problem, ProblemKind
from mailguard.unpack import libarchive_entries, rar_blocks, rar_clear, rest, sniff
from mailguard.unpack.budget import Budget, LimitError
from mailguard.unpack.libarchive_entries import BrokenError, MissingError
from mailguard.unpack.member import collect, opened, sliced
from mailguard.unpack.rar_blocks import Archive, Packed
from mailguard.unpack.rar_keys import Keys
from mailguard.unpack.tools import INPUT, ToolError

NAME = "RAR"
LIMITATIONS = (
    "Needs unar (Debian: unar) for most methods. Volumes, and encrypted files without their password, or with one of more than 28"
    " characters in archives of version 3, are problems."
)

_ARGUMENTS = ("-quiet", "-no-recursion", "-forks", "skip", "-output-directory", "-")
_BLOCK = 16  # bytes of AES
_OLD = 29  # versions before this one have an encryption that only unar knows


def matches(part: Part, sniffed: str) -> bool:
    """By content."""
    del part
    return sniffed == sniff.RAR


def open_part(part: Part, budget: Budget) -> Iterator[Part | Problem]:
    """Every file as a part."""
    try:
        archive = _listed(part, budget)
    except rarfile.PasswordRequired:
        yield Problem(part.path, ProblemKind.ENCRYPTED, "a password is needed to see the files")
        return
    except rar_blocks.FAULTS as error:
        yield Problem(part.path, ProblemKind.DAMAGED, type(error).__name__)
        return
    yield from rest.parts(part, [part.data[archive.end :]], budget)
    contents = _Contents(part, archive, budget)
    contents.read()
    for number, (file, content) in enumerate(zip(archive.files, contents.best, strict=True)):
        name = file.name or f"#{number}"
        if content is None:
            yield _unread((*part.path, name), file)
        else:
            yield from opened(
                part, name, sliced(_ended(content) if name == rar_blocks.COMMENT else content), len(part.data), budget
            )


def _listed(part: Part, budget: Budget) -> Archive:
    """The files in their order. Raises PasswordRequired when the list itself is encrypted and no password opens it."""
    for password in chain(("",), budget.secrets.tries()):
        try:
            archive = rar_blocks.read(part.data, password)
        except rarfile.PasswordRequired:
            continue
        except rar_blocks.FAULTS:
            if password:  # of a wrong one all may come
                continue
            raise
        budget.secrets.fits(part.path)
        return archive
    raise rarfile.PasswordRequired


@dataclass(slots=True)
class _Contents:
    """What each file holds, as far as it is found by now; None where nobody can tell."""

    part: Part
    archive: Archive
    budget: Budget
    best: list[bytes | None] = field(default_factory=list)
    _clear: list[bytes | None] = field(default_factory=list)
    _macs: list[bytes] = field(default_factory=list)

    def read(self) -> None:
        """Without a password, then with each."""
        files = self.archive.files
        self.best = [None] * len(files)
        self._macs = [b""] * len(files)
        self._clear = [None if file.locked else file.data for file in files]
        as_it_is = not any(file.locked for file in files)
        if as_it_is:
            self._keep(range(len(files)), self._unar(self.part.data, files))
        self._from_clear()
        for password in self.budget.secrets.tries() if not as_it_is else ():
            if self._whole():
                break
            self._with(password)
        if as_it_is and not self._whole():
            self._keep(range(len(files)), self._libarchive(self.part.data))
        self._copy()

    def _whole(self) -> bool:
        return all(
            content is not None or file.copy_of for content, file in zip(self.best, self.archive.files, strict=True)
        )

    def _with(self, password: str) -> None:
        """One candidate for all that is still closed."""
        keys, tried, before = Keys(password), False, self.best.count(None)
        closed = [number for number, file in enumerate(self.archive.files) if file.locked and self.best[number] is None]
        for number in closed:
            file = self.archive.files[number]
            self._clear[number] = keys.packed(file.info, file.data)
            if self._clear[number] is not None:
                self._macs[number], tried = keys.mac(file.info), True
        if tried:
            self._from_clear()
        if any(self.archive.files[number].info.extract_version < _OLD for number in closed):
            found = self._unar(self.part.data, self.archive.files, "-password", password)
            self._keep(range(len(self.archive.files)), found)
        if self.best.count(None) < before:
            self.budget.secrets.fits(self.part.path)
        for number in closed:
            if self.best[number] is None:
                self._clear[number] = None

    def _from_clear(self) -> None:
        """What is still missing and in the clear."""
        files = self.archive.files
        for number, file in enumerate(files):
            packed = self._clear[number]
            if file.stored and packed is not None:
                self._keep([number], [packed[: file.size]])
        numbers = self._together()
        if all(self.best[number] is not None for number in numbers):
            return
        clear = [(files[number], self._clear[number] or b"") for number in numbers]
        data = rar_clear.archive(clear, five=self.archive.five)
        self._keep(numbers, self._unar(data, [file for file, _ in clear], macs=[self._macs[n] for n in numbers]))
        if any(self.best[number] is None for number in numbers):
            self._keep(numbers, self._libarchive(data))

    def _together(self) -> list[int]:
        """Files to unpack in one run: all in the clear; when they are packed as one, only those before the first that is not."""
        numbers = [number for number, file in enumerate(self.archive.files) if not file.copy_of]
        if any(file.solid for file in self.archive.files):
            closed = next((at for at, number in enumerate(numbers) if self._clear[number] is None), len(numbers))
            return numbers[:closed]
        return [number for number in numbers if self._clear[number] is not None and self.best[number] is None]

    def _keep(self, numbers: Sequence[int], contents: Sequence[bytes | None]) -> None:
        for number, content in zip(numbers, contents, strict=False):
            if (
                self.best[number] is None
                and content is not None
                and self.archive.files[number].fits(content, self._macs[number])
            ):
                self.best[number] = content

    def _unar(
        self, data: bytes, files: Sequence[Packed], *secret: str, macs: Sequence[bytes] = ()
    ) -> list[bytes | None]:
        """One run for all files: their bytes follow each other."""
        try:
            content = self.budget.tools.run("unar", (*_ARGUMENTS, *secret, INPUT), data, self.budget.room)
        except ToolError as error:
            content = error.output
        at, found = 0, []
        for number, file in enumerate(files):
            piece = content[at : at + file.size]
            # A file that unar leaves out takes no room.
            fits = file.fits(piece, macs[number] if macs else b"")
            at += file.size if fits else 0
            found.append(piece if fits else None)
        return found

    def _libarchive(self, data: bytes) -> list[bytes | None]:
        found: list[bytes | None] = []
        try:
            for entry in libarchive_entries.entries(data, "rar5" if self.archive.five else "rar"):
                found.append(collect(entry.chunks, len(self.part.data), self.budget, (BrokenError,))[0])  # noqa: PERF401 - those before a fault are kept
        except (MissingError, BrokenError, LimitError):
            pass
        return found

    def _copy(self) -> None:
        names = {file.name: number for number, file in enumerate(self.archive.files) if not file.copy_of}
        for number, file in enumerate(self.archive.files):
            if file.copy_of in names and file.copy_of:
                self.best[number] = self.best[names[file.copy_of]]


def _ended(comment: bytes) -> bytes:
    """Some versions end a comment as C does, and fill the last block."""
    text, _, rest = comment.partition(b"\0")
    return text if len(rest) < _BLOCK else comment


def _unread(path: PartPath, file: Packed) -> Problem:
    if file.locked:
        return Problem(path, ProblemKind.ENCRYPTED, "a password is needed")
    return Problem(path, ProblemKind.DAMAGED, "its bytes cannot be had, or are not what their checksum says")
