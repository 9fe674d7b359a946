"""A list in bytes of an archive that no file of it owns: behind it, in gaps, comments, fields for other programs."""

import bz2
import gzip
import io
import lzma
import struct
import tarfile
import zipfile
import zlib

import libarchive
import py7zr
import pytest
import unpack_samples as make
from archive_samples import Programs, cab, lzh, rar, tar

from mailguard.model import Part, PartInfo, Problem, Table, Text
from mailguard.unpack import ends, rest
from mailguard.unpack.budget import Budget, Limits
from mailguard.unpack.opening import unpack

LIST = "\r\n".join(f"山田 太郎{number},090-1234-56{number:02d}" for number in range(20)).encode("cp932")
SEEN = "090-1234-5607"
HELLO = {"a.txt": b"hello"}
ZIP = make.zipped(HELLO)
SKIPPABLE = b"\x50\x2a\x4d\x18" + struct.pack("<I", len(LIST)) + LIST


def written(form: str, packing: str | None = None) -> bytes:
    parts: list[bytes] = []
    with libarchive.custom_writer(lambda data: parts.append(bytes(data)) or len(data), form, packing) as archive:
        archive.add_file_from_memory("a.txt", 5, b"hello")
    return b"".join(parts)


def seven_zip() -> bytes:
    out = io.BytesIO()
    with py7zr.SevenZipFile(out, "w") as archive:
        archive.writestr(b"hello", "a.txt")
    return out.getvalue()


def with_zip_field(**fields: bytes) -> bytes:
    out, info = io.BytesIO(), zipfile.ZipInfo("a.txt")
    for name, value in fields.items():
        setattr(info, name, value)
    with zipfile.ZipFile(out, "w") as archive:
        archive.writestr(info, "hello")
    return out.getvalue()


def with_zip_comment() -> bytes:
    out = io.BytesIO(ZIP)
    with zipfile.ZipFile(out, "a") as archive:
        archive.comment = LIST
    return out.getvalue()


def zip_with_gap() -> bytes:
    data = bytearray(make.zipped({"a.txt": b"hello", "b.txt": b"x"}))
    second = data.rfind(b"PK\3\4")
    data[second:second] = LIST
    last, end = data.rfind(b"PK\1\2"), data.rfind(b"PK\5\6")
    struct.pack_into("<I", data, last + 42, second + len(LIST))
    struct.pack_into("<I", data, end + 16, struct.unpack_from("<I", data, end + 16)[0] + len(LIST))
    return bytes(data)


def zip_member(packed: bytes, method: int, size: int, crc: int, told: int) -> bytes:
    """told: packed bytes by the directory."""
    fixed = struct.pack("<5H", 20, 0, method, 0, 33)
    local = b"PK\3\4" + fixed + struct.pack("<3I2H", crc, len(packed), size, 5, 0) + b"a.txt" + packed
    listed = b"PK\1\2\x14\0" + fixed + struct.pack("<3I2H", crc, told, size, 5, 0) + bytes(14) + b"a.txt"
    return local + listed + b"PK\5\6" + struct.pack("<4H2IH", 0, 0, 1, 1, len(listed), len(local), 0)


def behind_deflate() -> bytes:
    packer = zlib.compressobj(9, zlib.DEFLATED, -15)
    packed = packer.compress(b"hello") + packer.flush() + LIST
    return zip_member(packed, 8, 5, zlib.crc32(b"hello"), len(packed))


def gzip_field(flag: int, field: bytes) -> bytes:
    return b"\x1f\x8b\x08" + bytes([flag]) + bytes(6) + field + gzip.compress(b"hello")[10:]


def tar_entry(kind: bytes, **fields: object) -> bytes:
    out, info = io.BytesIO(), tarfile.TarInfo("a.txt")
    info.type = kind
    for name, value in fields.items():
        setattr(info, name, value)
    with tarfile.open(fileobj=out, mode="w", format=tarfile.PAX_FORMAT) as archive:
        archive.addfile(info)
    return out.getvalue()


TEXT = LIST.decode("cp932").replace("\r\n", " ")
SAMPLES = {
    "zip: behind": ZIP + LIST,
    "zip: in front": LIST + ZIP,
    "zip: comment": with_zip_comment(),
    "zip: comment of a member": with_zip_field(comment=LIST),
    "zip: extra field": with_zip_field(extra=struct.pack("<2H", 0x7777, len(LIST)) + LIST),
    "zip: long field of a known kind": with_zip_field(extra=struct.pack("<2H", 0x5455, len(LIST)) + LIST),
    "zip: gap": zip_with_gap(),
    "zip: behind a deflated member": behind_deflate(),
    "zip: behind a stored member": zip_member(b"hello" + LIST, 0, 5, zlib.crc32(b"hello"), 5),
    "gzip: comment": gzip_field(16, LIST + b"\0"),
    "gzip: extra field": gzip_field(4, struct.pack("<H", len(LIST)) + LIST),
    "gzip: behind": gzip.compress(b"hello") + LIST,
    "bzip2: behind": bz2.compress(b"hello") + LIST,
    "xz: behind": lzma.compress(b"hello") + LIST,
    "zstd: behind": written("raw", "zstd") + LIST,
    "zstd: a frame that is skipped": written("raw", "zstd") + SKIPPABLE,
    "lz4: behind": written("raw", "lz4") + LIST,
    "lz4: a frame that is skipped": written("raw", "lz4") + SKIPPABLE,
    "tar: behind": tar(HELLO) + LIST,
    "tar: another tar behind": tar(HELLO) + tar({"b.csv": LIST}),
    "tar: padding": tar(HELLO, tarfile.USTAR_FORMAT)[:520] + LIST[:500].ljust(504, b"\0") + tar(HELLO, tarfile.USTAR_FORMAT)[1024:],
    "tar: comment": tar_entry(tarfile.REGTYPE, pax_headers={"comment": TEXT}),
    "tar: target of a link": tar_entry(tarfile.SYMTYPE, linkname=TEXT),
    "tar: owner": tar_entry(tarfile.REGTYPE, uname=TEXT),
    "cpio: behind": written("cpio") + LIST,
    "iso: behind": written("iso9660") + LIST,
    "cab: behind": cab(HELLO) + LIST,
    "7z: behind": seven_zip() + LIST,
    "rar: behind": rar(HELLO) + LIST,
    "lzh: behind": lzh(HELLO) + LIST,
}  # fmt: skip
PLAIN = {
    "zip": ZIP, "gzip": gzip.compress(b"hello"), "zstd": written("raw", "zstd"), "lz4": written("raw", "lz4"), "tar": tar(HELLO) + bytes(9_000),
    "cpio": written("cpio"), "iso": written("iso9660"), "cab": cab(HELLO), "7z": seven_zip(), "rar": rar(HELLO) + b"\0" * 80, "lzh": lzh(HELLO),
    "gnu tar": tar({"長い" * 60 + ".txt": b"hello"}, tarfile.GNU_FORMAT),
}  # fmt: skip


def read(data: bytes) -> list[object]:
    budget = Budget(Limits(), len(data), Programs())
    return [out.item for out in unpack(Part(("a",), data), budget, make.digest) if not isinstance(out, PartInfo)]


@pytest.mark.parametrize("place", SAMPLES)
def test_what_no_file_owns_is_read_or_named(place: str) -> None:
    items = read(SAMPLES[place])
    said = "".join(
        item.text if isinstance(item, Text) else str(item.rows) for item in items if isinstance(item, Text | Table)
    )
    assert SEEN in said or any(isinstance(item, Problem) for item in items)


@pytest.mark.parametrize("form", PLAIN)
def test_an_archive_with_nothing_beside_its_files_is_its_files(form: str) -> None:
    assert [item.text for item in read(PLAIN[form])] == ["hello"]


def test_noise_is_no_list_and_much_of_it_is_named() -> None:
    noise = bytes(range(256)) * 2
    assert not list(rest.parts(Part(("a",), b""), [noise, b"short", b"\0" * 5_000, b"ab" * 200], Budget(Limits(), 0)))
    assert [type(item) for item in read(ZIP + noise * 4)] == [Text, Problem]


def test_an_end_that_is_cut_off_is_no_end() -> None:
    for kind, data in (("application/zstd", written("raw", "zstd")), ("application/x-lz4", written("raw", "lz4"))):
        assert ends.behind(data + b"x", kind) == b"x"
        assert not ends.behind(data[:-3], kind)


def test_a_field_that_many_members_share_is_looked_at_once() -> None:
    """Thousands of entries of the directory may stand for one header with a long field."""
    noise = bytes(range(128, 256)) * 400
    field = struct.pack("<2H", 0x9999, len(noise)) + noise
    fixed = struct.pack("<5H3I2H", 20, 0, 0, 0, 33, 0, 0, 0, 1, len(field))
    header = b"PK\x03\x04" + fixed + b"f" + field
    listed = (b"PK\x01\x02" + struct.pack("<H", 20) + fixed[:-2] + bytes(2) + bytes(14) + b"f") * 300
    end = b"PK\x05\x06" + struct.pack("<4H2IH", 0, 0, 300, 300, len(listed), len(header), 0)
    found = make.opened(header + listed + end, "a.zip")
    assert [item.path for item in found if isinstance(item, PartInfo) and rest.NAME in item.path] == [
        ("a.zip", rest.NAME)
    ]
