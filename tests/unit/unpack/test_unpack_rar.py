"""RAR archives with passwords, comments, older versions and copies; without any program of the system."""

import pytest
import rar_samples
import unpack_samples as make

from mailguard.model import Part, ProblemKind, Table, Text
from mailguard.unpack import rar_keys
from mailguard.unpack.budget import Budget, Limits
from mailguard.unpack.opening import Leaf, unpack

LIST = make.csv()
PASSWORD = "Ab12#x9"


def leaves(data: bytes, *passwords: str):
    budget = Budget(Limits(), len(data), passwords=passwords)
    items = [leaf.item for leaf in unpack(Part(("a.rar",), data), budget, make.digest) if isinstance(leaf, Leaf)]
    return items, budget.secrets.taken()


ARCHIVES = {
    "version 3": rar_samples.three,
    "version 5": rar_samples.five,
    "version 5, checksums under a key": lambda *given, **more: rar_samples.five(*given, keyed=True, **more),
    "version 5, no check of the password": lambda *given, **more: rar_samples.five(*given, check=False, **more),
}


@pytest.mark.parametrize("hidden", [False, True], ids=["names seen", "names hidden"])
@pytest.mark.parametrize("kind", ARCHIVES)
def test_a_rar_opens_with_the_candidate_that_fits(kind: str, *, hidden: bool) -> None:
    data = ARCHIVES[kind]({"list.csv": LIST}, PASSWORD, hidden=hidden)
    items, opened = leaves(data, "wrong", "x" * 40, PASSWORD, "other")
    assert items == [Table(("a.rar", "list.csv"), make.ROWS)]
    assert {password for _, password in opened} == {PASSWORD}
    (closed,), opened = leaves(data, "wrong", "x" * 40)
    assert (closed.kind, closed.path[1:]) == (ProblemKind.ENCRYPTED, () if hidden else ("list.csv",))
    assert not opened


@pytest.mark.parametrize("kind", ARCHIVES)
def test_what_is_not_encrypted_is_read_beside_what_is(kind: str) -> None:
    data = ARCHIVES[kind]({"b.csv": LIST}, PASSWORD, clear={"a.csv": LIST})
    first, second = leaves(data)[0]
    assert first == Table(("a.rar", "a.csv"), make.ROWS)
    assert (second.path[1:], second.kind) == (("b.csv",), ProblemKind.ENCRYPTED)


@pytest.mark.parametrize("hidden", [False, True])
def test_a_file_may_not_ask_for_hours_of_hashing(monkeypatch, *, hidden: bool) -> None:
    monkeypatch.setattr(rar_keys, "MOST_SHIFT", rar_samples.SHIFT - 1)
    (closed,) = leaves(rar_samples.five({"list.csv": LIST}, PASSWORD, hidden=hidden), PASSWORD)[0]
    assert closed.kind is ProblemKind.ENCRYPTED


def test_a_comment_is_read_and_names_without_unicode_are_cp932() -> None:
    data = rar_samples.with_comment("山田 太郎 090-1234-5678".encode("cp932") + b"\0", {"名簿.csv": LIST})
    comment, table = leaves(data)[0]
    assert comment == Text(("a.rar", "(comment)"), "山田 太郎 090-1234-5678")
    assert table.path == ("a.rar", "名簿.csv")


def test_older_versions_of_a_file_are_read() -> None:
    assert leaves(rar_samples.old_version("list.csv", LIST))[0] == [Table(("a.rar", "list.csv;1"), make.ROWS)]


def test_a_copy_is_what_it_is_a_copy_of() -> None:
    items, _ = leaves(rar_samples.version_5({"a.csv": LIST}, {"b.csv": "a.csv"}))
    assert items == [Table(("a.rar", name), make.ROWS) for name in ("a.csv", "b.csv")]
