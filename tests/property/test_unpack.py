"""Whatever bytes come: an answer, no exception, no more than the budget."""

import sys
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mailguard.model import Part, PartInfo, Problem, Table, Text
from mailguard.unpack.budget import Budget, Limits
from mailguard.unpack.mail import split
from mailguard.unpack.opening import Leaf, unpack
from mailguard.unpack.transfer import decode

sys.path.insert(0, str(Path(__file__).parents[1] / "unit" / "unpack"))
import unpack_samples as make

SAMPLES = [data for _, data in make.samples()] + [
    make.zipped({"名簿.zip": make.zipped({"会員.csv": make.csv(), "a.xlsx": make.saved(make.workbook())})}),
    make.encrypted(make.zipped({"会員.csv": make.csv()})),
]
SMALL = Limits(
    total_bytes=20_000,
    total_floor_bytes=20_000,
    files=5,
    depth=2,
    member_bytes=10_000,
    cells=50,
    text_chars=500,
    pages=2,
)


def check(data: bytes, limits: Limits) -> None:
    budget = Budget(limits, len(data))
    for out in unpack(Part(("file",), data), budget, make.digest):
        assert isinstance(out, PartInfo | Leaf)
        assert not isinstance(out, Leaf) or (len(out.key) == 16 and isinstance(out.item, Text | Table | Problem))
        item = out.item if isinstance(out, Leaf) else None
        assert not isinstance(item, Text) or len(item.text) <= limits.text_chars
        assert not isinstance(item, Table) or sum(map(len, item.rows)) <= limits.cells
    overrun = 1 << 20  # a chunk is counted before it is kept, and never more than one is in hand
    assert budget.bytes <= budget.total_bytes + overrun
    assert budget.files <= limits.files + 1


@given(st.binary(max_size=4_000))
def test_random_bytes(data: bytes) -> None:
    check(data, Limits())


@pytest.mark.parametrize("number", range(len(SAMPLES)))
@settings(max_examples=40, deadline=None)
@given(st.data())
def test_samples_with_flipped_bits_and_cut_ends(number: int, data: st.DataObject) -> None:
    broken = bytearray(SAMPLES[number])
    for place in data.draw(st.lists(st.integers(0, len(broken) - 1), max_size=8)):
        broken[place] ^= data.draw(st.integers(1, 255))
    cut = bytes(broken[: data.draw(st.integers(0, len(broken)))]) if data.draw(st.booleans()) else bytes(broken)
    check(cut, Limits())
    check(cut, SMALL)


PIECES = [b"\r\n", b"\n", b"--b", b"--b--", b"--", b"Content-Type: multipart/mixed; boundary=b", b"Content-Type: message/rfc822",
          b"Content-Transfer-Encoding: base64", b"YQ==", b"x", b"Subject: =?utf-8?B?", b'filename="', b"\x1b$B", b"\x8e\xff", b": "]  # fmt: skip


@given(st.lists(st.sampled_from(PIECES), max_size=60).map(b"".join))
def test_a_mail_of_any_pieces_is_split_and_opened(content: bytes) -> None:
    mail = split(content, Limits())
    budget = Budget(Limits(), len(content))
    for raw in mail.parts:
        part = decode(raw, budget)
        if isinstance(part, Part):
            list(unpack(part, budget, make.digest))


@given(st.lists(st.binary(max_size=200).filter(lambda data: b"--b" not in data), min_size=1, max_size=5))
def test_every_byte_of_every_part_comes_out(bodies: list[bytes]) -> None:
    mail = split(make.mail(*[b"Content-Type: application/octet-stream\r\n\r\n" + body for body in bodies]), Limits())
    assert [part.raw for part in mail.parts] == bodies
    assert mail.problems == ()
