"""The blocks of a RAR archive, versions 1.5 to 5, read by rarfile; nothing is unpacked, and no program is started.

In: the bytes, and a password where even the list is encrypted. Out: what holds bytes of a file, in order: files, older versions of
them, alternate streams and comments; copies and hard links of RAR 5, which hold none. Folders and symbolic links are left out.
Raises PasswordRequired, or what is in `FAULTS`.
"""

import io
import struct
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final

import rarfile

from mailguard.unpack import charset, rar_keys
from mailguard.unpack.header import clean_name

FAULTS: Final = (rarfile.Error, OSError, ValueError, EOFError, IndexError, struct.error)
"""What a broken list raises."""
COMMENT: Final = "(comment)"
_STREAMS = {"STM": "(stream)", "CMT": COMMENT}  # of service blocks; the others are rights, times and recovery records
_COPIES = {rarfile.RAR5_XREDIR_FILE_COPY, rarfile.RAR5_XREDIR_HARD_LINK}


@dataclass(frozen=True, slots=True)
class Packed:
    """What the archive says of one file. `info` is rarfile's own; data: its packed bytes, still encrypted when `locked`.

    crc: None where there is another checksum or none; short: of which only the lower 16 bits are kept. copy_of: the file whose
    bytes this one has, "" for itself.
    """

    name: str
    size: int
    data: bytes
    crc: int | None
    locked: bool
    stored: bool
    solid: bool
    info: Any
    copy_of: str = ""
    short: bool = False

    def fits(self, content: bytes, mac: bytes = b"") -> bool:
        """Whether these may be its bytes. mac: the key under which RAR 5 keeps the checksum of encrypted files."""
        crc = zlib.crc32(content)
        found = crc & 0xFFFF if self.short else rar_keys.keyed(crc, mac) if mac else crc
        return len(content) == self.size and self.crc in {None, found}


@dataclass(frozen=True, slots=True)
class Archive:
    """five: by the format of version 5. end: where its last block ends, the end of the file where none says that it is the last."""

    five: bool
    files: tuple[Packed, ...]
    end: int


def read(data: bytes, password: str = "") -> Archive:
    """All files. Raises PasswordRequired when the list is encrypted and this password does not open it."""
    start = rarfile._find_sfx_header(io.BytesIO(data))  # noqa: SLF001 - the mark may stand behind a program
    version, offset = start
    if not version:
        raise rarfile.NotRarFile
    five = version == rarfile.RAR_V5
    if password and not five and not rar_keys.opens_list(data, offset, password):
        raise rarfile.PasswordRequired
    blocks: list[Any] = []
    parser = (_Five if five else _Three)(
        io.BytesIO(data), password or None, True, None, False, blocks.append, offset, True
    )
    try:
        parser.parse()
    except rarfile.RarWrongPassword:
        raise rarfile.PasswordRequired from None
    if parser.needs_password() and parser.has_header_encryption() and not blocks[1:]:
        raise rarfile.PasswordRequired
    return Archive(five, tuple(_files(data, blocks)), _end(data, blocks, password))


class _Three(rarfile.RAR3Parser):  # type: ignore[misc]
    """Without its own reading of comments, for which it starts a program."""

    def process_entry(self, fd: Any, item: Any) -> None:
        """The callback is enough."""

    def _parse_subblocks(self, h: Any, hdata: bytes, pos: int) -> int:
        h.old_comments = hdata[pos:]
        return len(hdata)

    def _decrypt_header(self, fd: Any) -> Any:
        self.keys = getattr(self, "keys", None) or rar_keys.Keys(self._password)
        return rarfile.HeaderDecrypt(fd, *self.keys.three(fd.read(8)))


class _Five(rarfile.RAR5Parser):  # type: ignore[misc]
    """The same for version 5; nor does it hash as often as a file asks for."""

    def process_entry(self, fd: Any, item: Any) -> None:
        """The callback is enough."""

    def _check_password(self, check_value: bytes, kdf_count_shift: int, salt: bytes) -> None:
        if kdf_count_shift > rar_keys.MOST_SHIFT:
            raise rarfile.BadRarFile
        super()._check_password(check_value, kdf_count_shift, salt)

    def _gen_key(self, kdf_count: int, salt: bytes) -> Any:
        if kdf_count > rar_keys.MOST_SHIFT:
            raise rarfile.BadRarFile
        return super()._gen_key(kdf_count, salt)


def _end(data: bytes, blocks: list[Any], password: str) -> int:
    last = blocks[-1] if blocks and blocks[-1].type == rarfile.RAR_BLOCK_ENDARC else None
    if last is None or password:  # encrypted headers are padded
        return len(data)
    return int(last.header_offset + last.header_size)


def _files(data: bytes, blocks: list[Any]) -> Iterator[Packed]:
    for info in blocks:
        if comments := getattr(info, "old_comments", b""):
            yield from _old(comments)
        if info.type == rarfile.RAR_BLOCK_FILE and info.is_file():
            yield _packed(data, info, _name(info))
        elif info.type == rarfile.RAR_BLOCK_SUB and (name := _STREAMS.get(info.filename)):
            yield _packed(data, info, name)


def _packed(data: bytes, info: Any, name: str) -> Packed:
    redirected = info.file_redir if info.file_redir and info.file_redir[0] in _COPIES else None
    return Packed(
        name,
        info.file_size,
        data[info.data_offset : info.data_offset + info.add_size],
        info.CRC,
        bool(info.flags & rarfile.RAR_FILE_PASSWORD),
        info.compress_type == rarfile.RAR_M0,
        # Of a comment of version 3 the same bit says that it belongs to a file.
        info.type == rarfile.RAR_BLOCK_FILE and bool(info.flags & rarfile.RAR_FILE_SOLID),
        info,
        clean_name(redirected[2]) if redirected else "",
    )


def _name(info: Any) -> str:
    if info.extract_version < 50 and not info.flags & rarfile.RAR_FILE_UNICODE:
        return clean_name(charset.decode(info.orig_filename, "cp932").replace("\\", "/"))
    return clean_name(info.filename)


def _old(comments: bytes) -> Iterator[Packed]:
    """Comments before version 3, which stand in the header that they belong to."""
    at = 0
    while at + 13 <= len(comments):
        _, kind, _, length = rarfile.S_BLK_HDR.unpack_from(comments, at)
        if length < 13:
            return
        if kind == rarfile.RAR_BLOCK_OLD_COMMENT:
            size, version, method, crc = rarfile.S_COMMENT_HDR.unpack_from(comments, at + 7)
            info = rarfile.Rar3Info()
            info.flags, info.extract_version, info.compress_type, info.CRC = 0, version, method, crc
            content = comments[at + 13 : at + length]
            yield Packed(COMMENT, size, content, crc, False, method == rarfile.RAR_M0, False, info, short=True)
        at += length
