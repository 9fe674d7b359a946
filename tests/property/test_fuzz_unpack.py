"""Mutated files through `unpack`: never an exception, always parts, text or a named Problem.

cab, ISO 9660 and cpio are left out: their native readers may end the process, which the sandbox names `crashed`.
"""

import gzip
import sys
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mailguard.model import Part, PartInfo, Problem, ProblemKind, Table, Text
from mailguard.unpack import charset
from mailguard.unpack.budget import Budget, Limits
from mailguard.unpack.opening import Leaf, unpack

sys.path.append(str(Path(__file__).parents[1] / "unit" / "unpack"))
import archive_samples as archives
import outlook_samples as outlook
import unpack_samples as make

LIST = make.csv()
SEEDS = {
    "mail": make.mail(b"Content-Transfer-Encoding: base64\r\n\r\nYSxi\r\n", head="Subject: =?utf-8?B?5ZCN?=\r\n"),
    "zip": make.zipped({"a.zip": make.zipped({"名簿.csv": LIST})}),
    "csv": LIST,
    "7z": dict(archives.samples())["7z"],
    "tar": archives.tar({"a.csv": LIST}),
    "tar.gz": gzip.compress(archives.tar({"a.csv": LIST})),
    "rar": archives.rar({"a.csv": LIST}),
    "lzh": archives.lzh({"名簿.csv": LIST}),
    "tnef": outlook.tnef(outlook.attached("名簿.csv", LIST)),
    "pdf": make.pdf("Hello"),
}
LIMITS = Limits(total_floor_bytes=2_000_000, member_bytes=1_000_000, files=50, cells=10_000, text_chars=100_000)
WORDS = (
    b"\0" * 4,
    b"\xff" * 4,
    b"\x7f\xff\xff\xff",
    b"\x80",
    b"\r\n",
    b"--b",
    b"\x1b$B",
    b"PK\x03\x04",
    b'"',
    b"=?",
    b"(",
    b"<<",
)


@st.composite
def mutated(draw, seed):
    """Bytes changed, put in, taken out and repeated."""
    data = bytearray(seed)
    for _ in range(draw(st.integers(1, 6))):
        at = draw(st.integers(0, len(data)))
        span = draw(st.integers(0, 40))
        match draw(st.sampled_from(("put", "over", "out", "twice", "flip"))):
            case "put":
                data[at:at] = draw(st.sampled_from(WORDS) | st.binary(max_size=8))
            case "over":
                word = draw(st.sampled_from(WORDS))
                data[at : at + len(word)] = word
            case "out":
                del data[at : at + span]
            case "twice":
                data[at:at] = data[at : at + span]
            case _ if at < len(data):
                data[at] ^= 1 << draw(st.integers(0, 7))
    return bytes(data)


def check(data: bytes) -> None:
    outs = list(unpack(Part(("file",), data), Budget(LIMITS, len(data)), make.digest))
    assert isinstance(outs[0], PartInfo)
    for out in outs:
        assert isinstance(out, PartInfo) or isinstance(out.item, Text | Table | Problem)
        if isinstance(out, Leaf) and isinstance(out.item, Problem):
            assert out.item.kind in ProblemKind


@pytest.mark.parametrize("name", SEEDS)
@settings(max_examples=25, deadline=None)
@given(st.data())
def test_a_mutated_file_is_opened_or_named(name, data):
    check(data.draw(mutated(SEEDS[name])))


@settings(max_examples=200, deadline=None)
@given(
    mutated("山田,ﾔﾏﾀﾞ①".encode("cp932")) | st.binary(max_size=60),
    st.sampled_from(("", "utf-8", "iso-2022-jp", "euc-jp", "utf-7", "utf-16")),
)
def test_mutated_bytes_are_some_text(data, declared):
    assert isinstance(charset.decode(data, declared), str)
