"""OpenDocument files with a password: opened by the right one, named without."""

import io
import zipfile

import odf_samples
import office_samples as office
import pytest
import unpack_samples as make

from mailguard.model import Part, ProblemKind, Table
from mailguard.unpack import odf_lock
from mailguard.unpack.budget import Budget, Limits
from mailguard.unpack.opening import Leaf, unpack

PASSWORD = "会社Ab12#x9"
ROWS = "".join(
    "<table:table-row>"
    + "".join(f"<table:table-cell><text:p>{cell}</text:p></table:table-cell>" for cell in row)
    + "</table:table-row>"
    for row in make.ROWS
)
SHEET = office.odf("spreadsheet", f'<table:table table:name="会員">{ROWS}</table:table>', {"note.csv": make.csv()})
WAYS = {"AES": odf_samples.aes, "Blowfish": odf_samples.blowfish, "as a whole": odf_samples.whole}


def leaves(data: bytes, *passwords: str):
    budget = Budget(Limits(), len(data), passwords=passwords)
    items = [leaf.item for leaf in unpack(Part(("a.ods",), data), budget, make.digest) if isinstance(leaf, Leaf)]
    return items, budget.secrets.taken()


@pytest.mark.parametrize("way", WAYS)
def test_a_document_opens_with_the_candidate_that_fits(way: str) -> None:
    items, opened = leaves(WAYS[way](SHEET, PASSWORD), "wrong", PASSWORD, "other")
    assert items == [Table(("a.ods", "会員"), make.ROWS), Table(("a.ods", "note.csv"), make.ROWS)]
    assert opened == [(("a.ods",), PASSWORD)]


@pytest.mark.parametrize("way", WAYS)
def test_a_document_stays_closed_without_it(way: str) -> None:
    (closed,), opened = leaves(WAYS[way](SHEET, PASSWORD), "wrong")
    assert (closed.kind, closed.detail) == (ProblemKind.ENCRYPTED, "a password is needed")
    assert not opened


@pytest.mark.parametrize(
    ("said", "instead"),
    [
        (b"aes256-cbc", b"camellia256-cbc"),
        (b'iteration-count="1000"', b'iteration-count="999999999"'),
        (b'key-size="32"', b'key-size="0"'),
        (b'initialisation-vector="', b'initialisation-vector="AA'),
        (b'salt="', b'x="'),
        (b"#sha256-1k", b"#crc32"),
        (b"</manifest:manifest>", b"<"),
    ],
)
def test_what_is_encrypted_in_another_way_is_named(said: bytes, instead: bytes) -> None:
    data = odf_samples.aes(SHEET, PASSWORD)
    items, _ = leaves(make.rezipped(data, lambda _, content: content.replace(said, instead)), PASSWORD)
    if said.startswith(b"</"):  # a manifest that breaks off behind what it says
        assert isinstance(items[0], Table)
    else:
        assert [item.kind for item in items] == [ProblemKind.ENCRYPTED]


def test_a_file_may_not_ask_for_much_memory() -> None:
    data = odf_samples.whole(SHEET, PASSWORD)
    greedy = make.rezipped(data, lambda _, content: content.replace(b'memory="64"', b'memory="9999999"'))
    assert [item.kind for item in leaves(greedy, PASSWORD)[0]] == [ProblemKind.ENCRYPTED]


def test_argon2id_takes_one_thread_whatever_the_lanes(monkeypatch) -> None:
    """A scanner worker may start none."""
    threads = []
    core = odf_lock.low_level.core
    monkeypatch.setattr(
        odf_lock.low_level, "core", lambda given, kind: threads.append(given.threads) or core(given, kind)
    )
    leaves(odf_samples.whole(SHEET, PASSWORD), PASSWORD)
    assert threads == [1]


def test_members_are_counted_as_they_are_unpacked() -> None:
    """The manifest comes first, so that nothing was read before it is known that a password is needed."""
    data = odf_samples.aes(SHEET, PASSWORD)
    told = odf_samples.members(data)
    first = {name: told[name] for name in sorted(told, key=lambda name: name != "META-INF/manifest.xml")}
    bomb = make.zipped({**first, "Pictures/a.png": bytes(3_000_000)})
    items, _ = leaves(bomb, PASSWORD)
    assert next(item for item in items if isinstance(item, Table)) == Table(("a.ods", "会員"), make.ROWS)
    assert [(item.path[-1], item.kind) for item in items[2:]] == [("a.png", ProblemKind.RATIO)]
    budget = Budget(Limits(total_bytes=2_000_000, ratio=10_000), len(bomb), passwords=(PASSWORD,))
    out = [leaf.item for leaf in unpack(Part(("a.ods",), bomb), budget, make.digest) if isinstance(leaf, Leaf)]
    assert [item.kind for item in out] == [ProblemKind.TOO_BIG]


def test_a_locked_member_that_unpacks_to_too_much_is_named() -> None:
    bomb = office.odf("spreadsheet", "", {"note.csv": bytes(3_000_000)})
    items, _ = leaves(odf_samples.aes(bomb, PASSWORD), PASSWORD)
    assert ProblemKind.RATIO in {item.kind for item in items}


def test_two_members_of_one_name_are_both_opened() -> None:
    data = odf_samples.aes(SHEET, PASSWORD)
    out = io.BytesIO(data)
    with zipfile.ZipFile(out, "a") as archive, pytest.warns(UserWarning, match="Duplicate"):
        archive.writestr("mimetype", "application/vnd.oasis.opendocument.spreadsheet" + " 山田太郎 090-1234-5678" * 9)
    items, _ = leaves(out.getvalue(), PASSWORD)
    assert any("山田太郎" in getattr(item, "text", "") for item in items)
