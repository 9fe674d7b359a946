"""Archives: every file comes out under its name, everything else is a named Problem."""

import bz2
import gzip
import io
import lzma
import struct
import tarfile
import zlib

import libarchive
import py7zr
import pytest
from archive_samples import Programs, cab, lzh, rar, tar
from unpack_samples import ROWS, csv, digest, opened, zipped

from mailguard.model import Part, PartInfo, Problem, ProblemKind, Table
from mailguard.unpack import libarchive_files, streams
from mailguard.unpack.budget import Budget, Limits
from mailguard.unpack.member import CHUNK, leads_outside
from mailguard.unpack.opening import unpack

NAME = "顧客ソ表.csv"
LIST = csv()


def seven_zip(members: dict[str, bytes], password: str | None = None, *, hidden: bool = False, filters=None) -> bytes:
    out = io.BytesIO()
    with py7zr.SevenZipFile(out, "w", password=password, header_encryption=hidden, filters=filters) as archive:
        for name, data in members.items():
            archive.writestr(data, name)
    return out.getvalue()


def written(form: str, packing: str | None = None) -> bytes:
    parts: list[bytes] = []
    with libarchive.custom_writer(lambda data: parts.append(bytes(data)) or len(data), form, packing) as archive:
        archive.add_file_from_memory("list.csv", len(LIST), LIST)
    return b"".join(parts)


def compressed(packing: str) -> bytes:
    return written("raw", packing)


def read(data: bytes, name: str = "file", tools=None, passwords=(), limits=None) -> dict[tuple[str, ...], object]:
    """What is at each path: the rows of a table, or the kind of a Problem."""
    budget = Budget(limits or Limits(), len(data), tools or Programs(), passwords)
    leaves = [out.item for out in unpack(Part((name,), data), budget, digest) if not isinstance(out, PartInfo)]
    return {leaf.path: leaf.rows if isinstance(leaf, Table) else leaf.kind for leaf in leaves}


@pytest.mark.parametrize(
    ("data", "name"),
    [
        pytest.param(tar({NAME: LIST}), NAME, id="pax"),
        pytest.param(tar({NAME: LIST}, tarfile.GNU_FORMAT, "cp932"), NAME, id="tar with cp932 names"),
        pytest.param(tar({"list.csv": LIST}, tarfile.USTAR_FORMAT), "list.csv", id="ustar"),
        pytest.param(written("cpio"), "list.csv", id="cpio"),
        pytest.param(written("ar_bsd"), "list.csv", id="ar"),
        pytest.param(written("iso9660"), "list.csv", id="iso"),
        pytest.param(cab({NAME: LIST}), NAME, id="cab"),
        pytest.param(seven_zip({NAME: LIST}), NAME, id="7z"),
        pytest.param(seven_zip({NAME: LIST}, filters=[{"id": py7zr.FILTER_PPMD, "order": 6, "mem": 24}]), NAME, id="ppmd"),
        pytest.param(rar({"list.csv": LIST}), "list.csv", id="rar"),
        pytest.param(lzh({NAME: LIST}), NAME, id="lzh"),
    ],
)  # fmt: skip
def test_a_list_in_an_archive_comes_out_under_its_name(data, name) -> None:
    assert read(data) == {("file", name): ROWS}


def test_a_tar_of_version_7_has_no_magic_number() -> None:
    data = bytearray(tar({"list.csv": LIST}, tarfile.USTAR_FORMAT))
    data[257:265] = b"\0" * 8
    data[148:156] = b" " * 8
    data[148:156] = b"%06o\0 " % sum(data[:512])
    assert read(bytes(data)) == {("file", "list.csv"): ROWS}


@pytest.mark.parametrize(
    ("data", "name", "inner"),
    [
        (gzip.compress(LIST), "会員.csv.gz", "会員.csv"),
        (gzip.compress(LIST[:20]) + gzip.compress(LIST[20:]) + b"\0" * 100, "会員.csv.gz", "会員.csv"),
        (bz2.compress(LIST[:20]) + bz2.compress(LIST[20:]), "会員.csv.BZ2", "会員.csv"),
        (lzma.compress(LIST), "会員.csv.xz", "会員.csv"),
        (lzma.compress(LIST, lzma.FORMAT_ALONE), "会員.csv.lzma", "会員.csv"),
        (compressed("zstd"), "会員.csv.zst", "会員.csv"),
        (compressed("lz4"), "会員.csv.lz4", "会員.csv"),
        (compressed("lzip"), "会員.csv.lz", "会員.csv"),
        (compressed("compress"), "会員.csv.Z", "会員.csv"),
        (gzip.compress(LIST), ".gz", "(attachment)"),
    ],
    ids=["gz", "two gz and padding", "two bz2", "xz", "lzma", "zst", "lz4", "lz", "Z", "no name"],
)
def test_a_compressed_file_keeps_its_name_without_the_ending(data, name, inner) -> None:
    assert read(data, name) == {(name, inner): ROWS}


def test_a_compressed_tar_is_two_containers() -> None:
    assert read(gzip.compress(tar({NAME: LIST})), "a.tgz") == {("a.tgz", "a.tar", NAME): ROWS}


def test_the_name_inside_a_gzip_file_is_a_name_of_the_file_too() -> None:
    raw = "山田太郎様.csv".encode("cp932")
    data = gzip.compress(LIST)
    named = data[:3] + b"\x08" + data[4:10] + raw + b"\0" + data[10:]
    paths = [out.path for out in opened(named, "a.gz") if isinstance(out, PartInfo)]
    assert ("a.gz", "山田太郎様.csv") in paths


@pytest.mark.parametrize("pack", [gzip.compress, bz2.compress, lzma.compress])
def test_what_is_cut_off_or_followed_by_other_bytes_is_damaged_and_read_all_the_same(pack) -> None:
    data = pack(LIST * 100)
    for broken in (data[:-5], data + b"garbage"):
        kinds = [type(out.item) for out in opened(broken) if not isinstance(out, PartInfo)]
        assert kinds == [Problem, Table]


@pytest.mark.parametrize("around", [streams.GZIP, streams.ZLIB, streams.DEFLATE])
@pytest.mark.parametrize("more", [0, 60, 180])
def test_what_zlib_holds_back_at_the_end_of_a_chunk_is_read(around, more) -> None:
    data = bytes(CHUNK + more)
    packer = zlib.compressobj(9, zlib.DEFLATED, around)
    packed = packer.compress(data) + packer.flush()
    assert b"".join(streams.one(streams.Inflate(around), packed)) == data
    with pytest.raises(EOFError):
        list(streams.one(streams.Inflate(around), packed[:-1]))


@pytest.mark.parametrize(
    "data",
    [
        gzip.compress(b"\0" * 3_000_000),
        bz2.compress(b"\0" * 3_000_000),
        lzma.compress(b"\0" * 3_000_000),
        seven_zip({"a": b"\0" * 3_000_000}),
    ],
    ids=["gz", "bz2", "xz", "7z"],
)
def test_a_bomb_is_named(data) -> None:
    assert set(read(data).values()) == {ProblemKind.RATIO}


@pytest.mark.parametrize(
    "data",
    [
        pytest.param(cab({NAME: LIST}, size=1 << 31), id="longer than it is"),
        pytest.param(cab({NAME: LIST}, flags=0xC400), id="unknown flags"),
        pytest.param(cab({NAME: LIST}, checksum=1), id="a wrong checksum"),
        pytest.param(cab({NAME: LIST})[:-1], id="cut off"),
    ],
)
def test_a_cabinet_that_is_not_what_it_says_never_comes_to_libarchive(data, monkeypatch) -> None:
    monkeypatch.setattr(libarchive_files, "opened", lambda *_: iter([Part(("opened",), LIST)]))
    assert list(read(data).values()) == [ProblemKind.DAMAGED]


def test_fields_of_an_image_that_go_on_in_themselves_never_come_to_libarchive(monkeypatch) -> None:
    data = written("iso9660")
    assert b"CE\x1c\x01" in data
    where, size = len(data) // 2048, struct.Struct("<I").pack
    loop = b"CE\x1c\x01" + b"".join(size(number) + size(0) for number in (where, 0, 28))
    first = data.index(b"CE\x1c\x01")
    endless = data[:first] + loop + data[first + len(loop) :] + bytes(-len(data) % 2048) + loop.ljust(2048, b"\0")
    monkeypatch.setattr(libarchive_files, "opened", lambda *_: iter([Part(("opened",), LIST)]))
    assert list(read(endless).values()) == [ProblemKind.DAMAGED]


def test_an_archive_of_too_many_files_is_named() -> None:
    data = tar({f"{number}.csv": b"a" for number in range(30)})
    assert ProblemKind.TOO_MANY in read(data, limits=Limits(files=20)).values()


@pytest.mark.parametrize("hidden", [False, True])
def test_7z_with_a_password(hidden) -> None:
    data = seven_zip({"list.csv": LIST}, "secret-7", hidden=hidden)
    path = ("file",) if hidden else ("file", "list.csv")
    assert read(data) == {path: ProblemKind.ENCRYPTED}
    assert read(data, passwords=("wrong",)) == {path: ProblemKind.ENCRYPTED}
    assert read(data, passwords=("wrong", "secret-7")) == {("file", "list.csv"): ROWS}


def test_the_names_in_an_encrypted_rar_are_seen() -> None:
    assert read(rar({"meibo.csv": LIST}, encrypted=True)) == {("file", "meibo.csv"): ProblemKind.ENCRYPTED}


def test_a_rar_whose_bytes_are_not_those_of_its_checksum_is_damaged() -> None:
    data = rar({"list.csv": LIST, "b.csv": LIST})
    at = data.index(LIST)
    assert read(data[:at] + b"X" + data[at + 1 :]) == {
        ("file", "list.csv"): ProblemKind.DAMAGED,
        ("file", "b.csv"): ROWS,
    }


def test_without_programs_what_libraries_read_is_read_and_the_rest_is_named() -> None:
    without = Programs("lha", "unar")
    assert read(lzh({NAME: LIST}), tools=without) == {("file", NAME): ROWS}
    assert read(rar({"list.csv": LIST}), tools=without) == {("file", "list.csv"): ROWS}
    old = lzh({"list.csv": LIST}).replace(b"-lh0-", b"-lz5-")
    assert set(read(old, tools=without).values()) <= {ProblemKind.DAMAGED, ProblemKind.UNKNOWN_FORMAT}


def test_lzh_whose_files_are_shorter_than_they_claim_is_damaged() -> None:
    assert ProblemKind.DAMAGED in read(lzh({"list.csv": LIST})[:-20]).values()


@pytest.mark.parametrize(
    "archive", [zipped({NAME: LIST}), seven_zip({NAME: LIST}), lzh({NAME: LIST})], ids=["zip", "7z", "lzh"]
)
def test_a_program_that_is_an_archive_is_opened(archive) -> None:
    stub = b"MZ" + bytes(range(256)) * 40
    assert read(stub + archive, "送付.exe") == {("送付.exe", "送付", NAME): ROWS}


def test_any_other_program_is_unknown() -> None:
    assert read(b"MZ" + bytes(1000)) == {("file",): ProblemKind.UNKNOWN_FORMAT}
    late = b"MZ" + struct.pack("<I", 7) * 500_000 + zipped({"a.csv": LIST})
    assert read(late) == {("file",): ProblemKind.UNKNOWN_FORMAT}


def test_no_problem_quotes_the_archive() -> None:
    for data in (tar({"a": LIST})[:700], seven_zip({"a": LIST})[:-3], rar({"a": LIST})[:-30], lzh({"a": LIST})[:-20]):
        for out in opened(data):
            if not isinstance(out, PartInfo) and isinstance(out.item, Problem):
                assert "山田" not in out.item.detail


@pytest.mark.parametrize("data", [seven_zip({}), zipped({}), rar({})], ids=["7z", "zip", "rar"])
def test_an_archive_with_nothing_in_it_is_named(data) -> None:
    assert read(data) == {("file",): ProblemKind.DAMAGED}


@pytest.mark.parametrize(
    "name", ["../../evil.csv", "/abs.csv", "C:\\x\\y.csv", "a/../../b.csv", "..\\a.csv", "\\\\host\\a.csv"]
)
@pytest.mark.parametrize("pack", [zipped, tar, seven_zip], ids=["zip", "tar", "7z"])
def test_a_name_that_leads_out_of_the_archive_is_named_and_the_file_read(monkeypatch, pack, name: str) -> None:
    monkeypatch.setattr(py7zr.py7zr, "check_archive_path", lambda _: True)  # py7zr writes no such names
    data = pack({name: LIST})
    monkeypatch.undo()
    leaves = [out.item for out in opened(data, "a") if not isinstance(out, PartInfo)]
    assert {leaf.kind for leaf in leaves if isinstance(leaf, Problem)} == {ProblemKind.AMBIGUOUS}
    assert [leaf.rows for leaf in leaves if isinstance(leaf, Table)] == [ROWS]


@pytest.mark.parametrize("name", ["a..b.csv", "..csv", "a/b.csv", "会員:一覧.csv", "x/...", "表\\ソ.csv"])
def test_a_name_with_dots_or_folders_is_a_name(name: str) -> None:
    assert not leads_outside(name)


def test_two_members_of_one_name_are_both_read_and_named() -> None:
    data = zipped({"a.csv": LIST, "b.csv": LIST}).replace(b"b.csv", b"a.csv")
    leaves = [out.item for out in opened(data, "a.zip") if not isinstance(out, PartInfo)]
    assert [leaf.kind for leaf in leaves if isinstance(leaf, Problem)] == [ProblemKind.AMBIGUOUS]
    assert [leaf.rows for leaf in leaves if isinstance(leaf, Table)] == [ROWS, ROWS]
