"""ZIP archives (APPNOTE 6.3.10): members one by one, counted by ourselves and never by what the archive claims.

In: a ZIP. Out: its members as parts. Names without the UTF-8 flag are cp932 as a rule. Where two unpackers would
disagree (overlaps, lying sizes, hidden members, other names in front), there is a Problem.
"""

import bz2
import io
import struct
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass

from mailguard.model import Part, Problem, ProblemKind, Table, Text
from mailguard.unpack import charset, libarchive_entries, rest, sniff, streams, zip_member, zip_rest
from mailguard.unpack.budget import Budget, LimitError
from mailguard.unpack.header import clean_name
from mailguard.unpack.member import FAULTS, OUTSIDE, collect, counted, leads_outside, sliced
from mailguard.unpack.passwords import encodings

NAME = "ZIP"
LIMITATIONS = (
    "Volumes, encrypted members whose password is not known, and members packed by methods that neither this nor libarchive"
    " reads (store, deflate, deflate64, bzip2; LZMA, xz, Zstandard, PPMd) are problems."
)

_LOCAL = struct.Struct("<4s5H3I2H")
_LOCAL_MARK = b"PK\x03\x04"
_UTF8 = 0x800
_ENCRYPTED = 0x1
_STREAMED = 0x8
_METHODS = _STORED, _DEFLATE, _DEFLATE64, _BZIP2 = 0, 8, 9, 12
_DESCRIPTOR = 24  # bytes of the longest data descriptor
_ALONE = {
    bytes(4),
    b"\xff" * 4,
}  # number of its disk, and of the one where the directory begins; ZIP64 says it elsewhere
_END_MARK = b"PK\x05\x06"


@dataclass(frozen=True, slots=True)
class _Member:
    """One member as its own header has it; `packed` starts at its data, `end` where that ends."""

    name: str
    offset: int
    start: int
    end: int
    method: int
    size: int
    crc: int
    encrypted: bool
    listed: bool = True


def matches(part: Part, sniffed: str) -> bool:
    """By content."""
    del part
    return sniffed == sniff.ZIP


def open_part(part: Part, budget: Budget) -> Iterator[Part | Text | Table | Problem]:
    """Every member as a part; folders are left out."""
    data = part.data
    if data.count(b"PK\x01\x02") > 2 * budget.limits.files:
        yield Problem(part.path, ProblemKind.TOO_MANY, f"more than {budget.limits.files} files in one archive")
        return
    try:
        members = list(_listed(data))
    except (zipfile.BadZipFile, struct.error, ValueError, NotImplementedError, EOFError, OSError) as error:
        yield Problem(part.path, ProblemKind.DAMAGED, type(error).__name__)
        members = list(_found(data, budget.limits.files))
    else:
        yield from _contradictions(part, members)
    if _is_volume(data):
        yield Problem(part.path, ProblemKind.DAMAGED, "one volume of several: the rest is elsewhere")
    for member in members:
        yield from _open(part, member, budget)
    with suppress(zipfile.BadZipFile, struct.error, ValueError, NotImplementedError, EOFError, OSError):  # told above
        places = ((member.offset, member.start, member.end) for member in members)
        yield from rest.parts(part, zip_rest.pieces(data, places), budget)


def _is_volume(data: bytes) -> bool:
    """Whether it is one of several (APPNOTE 8.5): marked at its beginning, or by the number of its disk at its end."""
    at = data.rfind(_END_MARK)
    return data.startswith(b"PK\x07\x08") or (0 <= at <= len(data) - 8 and data[at + 4 : at + 8] not in _ALONE)


def _listed(data: bytes) -> Iterator[_Member]:
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        for info in archive.infolist():
            if info.is_dir() and not info.file_size and not info.compress_size:
                continue
            local = _LOCAL.unpack_from(data, info.header_offset)
            if local[0] != _LOCAL_MARK:
                raise zipfile.BadZipFile
            start = info.header_offset + _LOCAL.size + local[9] + local[10]
            here = data[info.header_offset + _LOCAL.size :][: local[9]]
            raw = info.orig_filename.encode("utf-8" if info.flag_bits & _UTF8 else "cp437", "replace")
            yield _Member(
                _name(raw, info.flag_bits), info.header_offset, start, start + info.compress_size, info.compress_type,
                info.file_size, info.CRC, bool((info.flag_bits | local[2]) & _ENCRYPTED), here == raw,
            )  # fmt: skip


def _found(data: bytes, most: int) -> Iterator[_Member]:
    """Members of an archive whose directory is gone, by their local headers."""
    at = data.find(_LOCAL_MARK)
    while at >= 0 and most:
        most -= 1
        if len(data) - at < _LOCAL.size:
            return
        _, _, flags, method, _, _, crc, packed, size, name_size, extra_size = _LOCAL.unpack_from(data, at)
        start = at + _LOCAL.size + name_size + extra_size
        following = data.find(_LOCAL_MARK, start)
        end = start + packed if packed and not flags & _STREAMED else (following if following >= 0 else len(data))
        name = _name(data[at + _LOCAL.size :][:name_size], flags)
        yield _Member(name, at, start, min(end, len(data)), method, size, crc, bool(flags & _ENCRYPTED))
        at = following


def _name(raw: bytes, flags: int) -> str:
    return clean_name(raw.decode("utf-8", "replace") if flags & _UTF8 else charset.decode(raw, "cp932"))


def _contradictions(part: Part, members: list[_Member]) -> Iterator[Problem]:
    """What makes another unpacker see other members than this one."""
    ordered = sorted(members, key=lambda member: member.offset)
    reached, gaps = 0, []
    for member in ordered:
        if member.offset < reached:
            yield Problem(part.path, ProblemKind.DAMAGED, "members overlap")
            break
        gaps.append((reached, member.offset))
        reached = member.end
    gaps.append((reached, len(part.data)))
    if any(part.data.find(_LOCAL_MARK, start, end) >= 0 for start, end in gaps):
        yield Problem(part.path, ProblemKind.AMBIGUOUS, "a member that the directory does not list")
    if not all(member.listed for member in members):
        yield Problem(part.path, ProblemKind.AMBIGUOUS, "a member with two names")
    if len({member.name for member in members}) < len(members):
        yield Problem(part.path, ProblemKind.AMBIGUOUS, "two members of one name")


def _open(part: Part, member: _Member, budget: Budget) -> Iterator[Part | Problem]:
    path = (*part.path, member.name or f"#{member.offset}")
    try:
        budget.file(part.depth + 1)
        content, fault = _content(part, member, budget)
    except LimitError as limit:
        if limit.everything:
            raise
        yield Problem(path, limit.kind, limit.detail)
        return
    if content is None:
        yield Problem(path, ProblemKind.ENCRYPTED if member.encrypted else ProblemKind.UNKNOWN_FORMAT, fault)
        return
    if leads_outside(member.name):
        yield Problem(path, ProblemKind.AMBIGUOUS, OUTSIDE)
    if fault:
        yield Problem(path, ProblemKind.DAMAGED, fault)
    yield Part(path, content, depth=part.depth + 1)


def _content(part: Part, member: _Member, budget: Budget) -> tuple[bytes | None, str]:
    """The bytes of a member and what is wrong with them; None, and why, where nobody here gets at them."""
    if member.encrypted:
        return _decrypted(part, member, budget)
    return (_unpack if member.method in _METHODS else _by_libarchive)(part.data, member, budget)


def _by_libarchive(data: bytes, member: _Member, budget: Budget) -> tuple[bytes | None, str]:
    """LZMA, xz, Zstandard and PPMd, as far as the libarchive here reads them."""
    alone = data[member.offset : member.end + _DESCRIPTOR]
    try:
        entries = libarchive_entries.entries(alone, "zip")  # the archive is closed when nobody holds this any more
        entry = next(entries, None)
        content, fault = collect(entry.chunks, len(alone), budget) if entry else (b"", "empty")
    except (libarchive_entries.MissingError, libarchive_entries.BrokenError):
        fault = "not read"
    if fault or len(content) != member.size or zlib.crc32(content) != member.crc:
        return None, f"ZIP method {member.method}"
    return content, ""


def _decrypted(part: Part, member: _Member, budget: Budget) -> tuple[bytes | None, str]:
    """The bytes by the first candidate that fits; None, and why, without one."""
    sizes = member.end - member.start, member.size
    for password in budget.secrets.tries():
        for raw in encodings(password):
            try:
                chunks = zip_member.chunks(part.data, member.offset, member.end, sizes, raw)
                content = b"".join(counted(chunks, sizes[0], budget))
            except zip_member.UNKNOWN:
                return None, f"encrypted, and packed by ZIP method {member.method}"
            except zip_member.FAULTS:
                continue
            budget.secrets.fits(part.path)
            return content, ""
    return None, "a password is needed"


def _unpack(data: bytes, member: _Member, budget: Budget) -> tuple[bytes, str]:
    """The bytes of a member, as far as they can be had, and what is wrong with them."""
    packed = memoryview(data)[member.start : member.end]
    content, fault = collect(_chunks(data, packed, member), len(packed), budget, (*FAULTS, *zip_member.FAULTS))
    if not fault and len(content) != member.size:
        fault = "another size than it claims"
    if not fault and zlib.crc32(content) != member.crc:
        fault = "a wrong checksum"
    return content, fault


def _chunks(data: bytes, packed: memoryview, member: _Member) -> Iterator[bytes]:
    if member.method == _STORED:
        return sliced(packed)
    if member.method == _DEFLATE64:
        return zip_member.chunks(data, member.offset, member.end, (len(packed), member.size), None)
    return streams.only(bz2.BZ2Decompressor() if member.method == _BZIP2 else streams.Inflate(streams.DEFLATE), packed)
