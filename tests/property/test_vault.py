import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailguard.errors import StoreError
from mailguard.pieces import APART, cut
from mailguard.store import masks
from mailguard.store.keys import Keys
from mailguard.store.vault import Vault

VAULT = Vault(Keys(b"d" * 32, b"k" * 32))
large = st.binary(min_size=1, max_size=40).map(lambda data: data * (APART // len(data) + 1))
pieces = st.one_of(
    st.binary(max_size=60),
    large,
    st.sampled_from([b"\r\n", b"\n", b"\r\n\r\n", b"--b\r\n", b"\r\n--b--\r\n", b"--", b"\n\n"]),
)
mails = st.lists(pieces, max_size=12).map(b"".join)


@given(mails)
def test_what_was_packed_is_unpacked_byte_for_byte(content):
    pieces = cut(content, VAULT.digester)
    parts = {piece.key: pieces.data(piece) for piece in pieces.apart}
    assert VAULT.unpack(VAULT.skeleton(pieces), parts.__getitem__) == content
    assert all(len(part) >= APART for part in parts.values())


@given(mails)
def test_no_piece_contains_a_boundary_line(content):
    pieces = cut(content, VAULT.digester)
    assert pieces.clean
    for piece in pieces.apart:
        assert b"\n--" not in pieces.data(piece)


@given(mails)
def test_what_was_sealed_opens_only_where_it_was_sealed(content):
    sealed = VAULT.seal(content, "blob:1")
    assert VAULT.open(sealed, "blob:1") == content
    with pytest.raises(StoreError):
        VAULT.open(sealed, "blob:2")


@given(st.binary(min_size=1, max_size=200), st.data())
def test_an_altered_byte_is_noticed(content, data):
    sealed = bytearray(VAULT.seal(content, "x:1"))
    sealed[data.draw(st.integers(0, len(sealed) - 1))] ^= data.draw(st.integers(1, 255))
    with pytest.raises(StoreError):
        VAULT.open(bytes(sealed), "x:1")


def test_sealing_twice_gives_different_bytes():
    assert VAULT.seal(b"same", "x:1") != VAULT.seal(b"same", "x:1")


@given(st.text(st.characters(codec="ascii"), max_size=30), st.text(st.characters(codec="ascii"), max_size=30))
def test_mails_to_different_people_share_the_attachment(one, other):
    attachment = b"A" * APART
    mails = [
        b"To: %s\r\n\r\n--b\r\n\r\nhello\r\n--b\r\nContent-Id: <%s>\r\n\r\n%s\r\n--b--\r\n" % (to, to, attachment)
        for to in (one.encode().hex().encode(), other.encode().hex().encode())
    ]
    parts = [{piece.key for piece in cut(mail, VAULT.digester).apart} for mail in mails]
    assert parts[0] == parts[1]
    assert len(parts[0]) == 1


def test_a_mail_of_boundary_lines_is_cut_in_bounded_time():
    content = b"--\r\n" * 2_000_000
    pieces = cut(content, VAULT.digester)
    assert not pieces.clean
    assert b"".join(pieces.data(piece) if piece else literal for literal, piece in pieces.runs()) == content


@given(st.emails())
def test_a_mask_hides_at_least_half(address):
    mask = masks.address(address)
    shown = len(mask.replace("*", "")) if mask != "***@***" else 1
    assert shown * 2 <= max(len(address), 2)
    assert address not in masks.reply(f"550 <{address}> unknown", address)
