"""A mail read in pieces is a mail read whole: whatever its structure, whatever the worker knows or lacks."""

import base64

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from mailguard import pieces
from mailguard.inspect import engine as engine_module
from mailguard.inspect.engine import Engine
from mailguard.inspect.letter import Given, Letter, Need, Parcel
from mailguard.unpack.budget import Limits

CSV = "氏名,電話\r\n山田太郎,090-1234-5678\r\n鈴木花子,090-8765-4321\r\n"
PAGE = '<html><body>山田花子 様 <img src="cid:logo@x"> 03-1234-5678</body></html>'
TEXTS = (
    "佐藤一郎 様\r\n\r\nいつもありがとうございます。\r\n",
    "こんにちは。\r\n\r\n--\r\n署名 090-1111-2222\r\n",
    "",
    "\r\n\r\n\r\n行の前が空いている本文 tanaka@example.jp\r\n",
    " \x000 \r\n",
    "begin\n\n--b\nLF だけの行\n",
)
ENDS = (b"\r\n", b"\n")
HEADS = (b"Content-Type: text/plain; charset=utf-8", b"Content-Type: text/html; charset=utf-8", b"X-Nothing: 1", b"no header line", b"Content-Type: text/plain\r\n\tcharset=utf-8", b"")  # fmt: skip
GIF = b"GIF89a" + bytes.fromhex("2c012c01800000ffffff0000002c000000002c012c010002024401003b")
LISTED = (
    ("logo.gif", GIF),
    ("list.csv", CSV.encode("cp932")),
    ("page.html", PAGE.encode()),
    ("empty.txt", b""),
    ("odd.bin", b"\x00\x01" * 40),
)


@pytest.fixture(autouse=True, scope="module")
def small():
    """Pieces of 20 bytes and more, so that small mails have many; everything is worth telling."""
    before = pieces.APART, engine_module._WORTH_BYTES
    pieces.APART, engine_module._WORTH_BYTES = 20, 0
    yield
    pieces.APART, engine_module._WORTH_BYTES = before


@st.composite
def leaf(draw):
    if draw(st.booleans()):
        name, data = draw(st.sampled_from(LISTED))
        cid = draw(st.sampled_from([b"", b"Content-ID: <logo@x>\r\n"]))
        head = b'Content-Type: application/octet-stream; name="%b"\r\n%bContent-Transfer-Encoding: base64' % (
            name.encode(),
            cid,
        )
        return head + b"\r\n\r\n" + base64.encodebytes(data).replace(b"\n", b"\r\n")
    head = draw(st.sampled_from(HEADS))
    gap = draw(st.sampled_from([b"\r\n\r\n", b"\n\n", b"\r\n", b"\n\r\n\r\n", b"\r\n\r\n\r\n"]))
    body = draw(st.sampled_from((*TEXTS, PAGE)))
    return head + gap + body.encode() * draw(st.integers(1, 2))


@st.composite
def multipart(draw, inner):
    boundary = draw(st.sampled_from([b"b", b"b", b"bb", b"-", b"--b", b"a b", b"="]))
    kind = draw(st.sampled_from([b"mixed", b"related", b"alternative", b"digest"]))
    end = draw(st.sampled_from(ENDS))
    out = b'Content-Type: multipart/%b; boundary="%b"\r\n\r\n' % (kind, boundary)
    out += draw(st.sampled_from([b"", b"", b"This is a multi-part message in MIME format.\r\n" * 2, b"preamble " * 5 + b"\r\n\r\n" + b"more 03-1234-5678 " * 3]))  # fmt: skip
    for part in draw(st.lists(inner, min_size=0, max_size=3)):
        space = draw(st.sampled_from([b"", b"", b" ", b"\t"]))
        out += end + b"--" + boundary + space + end + part
    out += draw(st.sampled_from([end + b"--" + boundary + b"--" + end, b"", end + b"--" + boundary + b"--"]))
    return out + draw(st.sampled_from([b"", b"", "\r\n\r\nepilogue 山田太郎 様 090-0000-1111\r\n".encode()]))


@st.composite
def forwarded(draw, inner):
    return b"Content-Type: message/rfc822\r\n\r\nSubject: inner\r\n" + draw(inner)


structure = st.recursive(leaf(), lambda inner: st.one_of(multipart(inner), forwarded(inner)), max_leaves=6)
mails = st.builds(
    lambda head, body: head + body,
    st.sampled_from(
        [
            "From: a@example.jp\r\nSubject: お知らせ\r\n".encode(),
            "Subject: 山田太郎 様\r\nX-Note: 鈴木花子 様 090-2222-3333\r\n".encode(),
            b"\r\n",
        ]
    ),
    structure,
)


@pytest.fixture(scope="module")
def known(detector, digester):
    """A worker that has read many mails."""
    return Engine(detector, digester, Limits())


def read(engine: Engine, parcel: Parcel, *, sent: bool, given: tuple[Given, ...] = ()):
    """As a worker answers: once more with all bytes when it needs them."""
    try:
        return engine.read(parcel.letter(lambda _: sent, given))
    except Need:
        assert not sent
        return engine.read(parcel.letter(lambda _: True))


@settings(max_examples=250, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@example(b"Subject: x\r\n\r\n" + b"a long single body\r\n" * 4)
@example(b"Subject: x\r\n\r\n" + b"no line end at the end " * 4)
@example(b"Subject: x\r\n\r\n\x00" + b"holds NUL itself " * 4)
@example(b'Content-Type: multipart/mixed; boundary="b"\r\n\r\n' + b"only a preamble, large " * 4)
@example(
    b'Content-Type: multipart/mixed; boundary="b"\r\n\r\n'
    + b"a preamble, large " * 4
    + b"\r\n--b\r\n\r\nx\r\n--b--\r\n"
)
@example(b'Content-Type: multipart/mixed; boundary="b"\r\n\r\n--b\r\n\r\n' + b"x 0\r\n" * 9 + b"\r\r\n--b--\r\n")
@example(b'Content-Type: multipart/mixed; boundary="b"\n\n--b\n\n' + b"x 0\n" * 9 + b"\n--b--\n")
@example(
    b'Content-Type: multipart/mixed; boundary="b"\r\n\r\n--b\r\n\r\nx\r\n\r\n--b\r\nContent-Type: text/plain\n\n\r\n--b--\r\n'
)
@given(mails)
def test_read_in_pieces_is_read_whole(detector, digester, known, content):
    plain = Engine(detector, digester, Limits()).mail(content)
    parcel = Parcel(pieces.cut(content, digester))
    cold = Engine(detector, digester, Limits())
    answer = read(cold, parcel, sent=True)
    assert answer.inspection == plain
    assert read(cold, parcel, sent=False).inspection == plain  # it knows them now, or says that it needs them
    assert read(cold, parcel, sent=True).inspection == plain
    assert read(known, parcel, sent=False).inspection == plain
    other = Engine(detector, digester, Limits())
    assert read(other, parcel, sent=False, given=answer.fresh).inspection == plain
    assert Letter.plain(content) == parcel.letter(lambda _: True).whole()


def test_what_a_page_in_a_piece_shows_by_its_content_id_is_inline(detector, digester):
    page = b"Content-Type: text/html\r\n\r\n" + PAGE.encode()
    logo = (
        b'Content-Type: image/gif; name="logo.gif"\r\nContent-ID: <logo@x>\r\nContent-Transfer-Encoding: base64\r\n\r\n'
    )
    logo += base64.encodebytes(GIF).replace(b"\n", b"\r\n")
    content = (
        b'Content-Type: multipart/related; boundary="b"\r\n\r\n--b\r\n' + page + b"\r\n--b\r\n" + logo + b"--b--\r\n"
    )
    parcel = Parcel(pieces.cut(content, digester))
    assert len(parcel.keys) == 2
    whole = Engine(detector, digester, Limits())
    assert not whole.mail(content).problems
    assert whole.mail(content.replace(b"cid:", b"xyz:")).problems
    engine = Engine(detector, digester, Limits())
    for sent in (True, False):
        assert engine.read(parcel.letter(lambda _, sent=sent: sent)).inspection == whole.mail(content)


def test_the_examples_are_cut(digester):
    cut = Parcel(pieces.cut(b"Subject: x\r\n\r\n" + b"a long single body\r\n" * 4, digester))
    assert len(cut.apart) == 1
    assert cut.skeleton == b"Subject: x\r\n\r\n \x000 \r\n"


def test_what_another_worker_found_needs_no_bytes(detector, digester):
    content = (
        b'Content-Type: multipart/mixed; boundary="b"\r\n\r\n--b\r\n\r\n' + b"x 03-1234-5678\r\n" * 9 + b"\r\n--b--\r\n"
    )
    parcel = Parcel(pieces.cut(content, digester))
    first = Engine(detector, digester, Limits()).read(parcel.letter(lambda _: True))
    assert first.fresh
    lacking = Engine(detector, digester, Limits())
    with pytest.raises(Need):
        lacking.read(parcel.letter(lambda _: False))
    assert lacking.read(parcel.letter(lambda _: False, first.fresh)).inspection == first.inspection
    # A result counts for a leaf that holds its piece, under the leaf's own key: any other is as good as none.
    forged = [Given(given.pieces, b"another scan key", given.packed) for given in first.fresh]
    with pytest.raises(Need):
        Engine(detector, digester, Limits()).read(parcel.letter(lambda _: False, forged))
    # Nor one that came with another piece: whoever sent that piece could have made it up.
    two = Parcel(pieces.cut(content.replace(b"--b--", b"--b\r\n\r\n" + b"other\r\n" * 9 + b"--b--"), digester))
    both = Engine(detector, digester, Limits()).read(two.letter(lambda _: True))
    swapped = [Given((1 - given.pieces[0],), given.scan_key, given.packed) for given in both.fresh]
    with pytest.raises(Need):
        Engine(detector, digester, Limits()).read(two.letter(lambda _: False, swapped))
    assert Engine(detector, digester, Limits()).read(two.letter(lambda _: False, both.fresh)).inspection
    broken = [Given(given.pieces, given.scan_key, b"\xc1") for given in first.fresh]
    with pytest.raises(Need):
        Engine(detector, digester, Limits()).read(parcel.letter(lambda _: False, broken))
