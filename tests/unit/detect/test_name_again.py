"""Columns that write the same persons once more are nobody else: kana, Latin letters, the other order, halves and whole names."""

import csv
import io

import pytest
from people import (
    CHILDREN,
    FAMILIES,
    FAMILY_KANA,
    FAMILY_LATIN,
    GIVEN_KANA,
    GIVEN_LATIN,
    GIVENS,
    KANA,
    MAILS,
    MANY,
    NAMES,
    NOTHING,
    PHONES,
    joined,
    table,
)  # fmt: skip

from mailguard.model import Kind

HIRAGANA = [text.translate({code: code - 0x60 for code in range(0x30A1, 0x30F7)}) for text in KANA]
WESTERN = joined(GIVEN_LATIN, FAMILY_LATIN)


@pytest.fixture
def read(engine):
    def read(rows):
        text = io.StringIO()
        csv.writer(text).writerows(rows)
        return engine.file("list.csv", text.getvalue().encode())

    return read


def kinds_of(found):
    return [finding.kind for finding in found.findings]


@pytest.mark.parametrize("kana", [KANA, [text.replace(" ", "") for text in KANA], HIRAGANA])
@pytest.mark.parametrize("first", ["name", "kana"])
def test_furigana_without_a_header_is_nobody_else(read, kana, first):
    columns = (NAMES, kana) if first == "name" else (kana, NAMES)
    found = read(table(None, *columns, PHONES))
    assert (found.persons, found.households, found.persons_exact) == (MANY, MANY, True)
    assert kinds_of(found)[:2] == [Kind.NAME, Kind.NAME_KANA][:: 1 if first == "name" else -1]


def test_children_in_kana_are_persons_beside_their_parents(read):
    children = joined(FAMILY_KANA, [*GIVEN_KANA[1:], GIVEN_KANA[0]])
    assert read(table(None, NAMES, children, PHONES)).persons == 2 * MANY


@pytest.mark.parametrize("whole", [joined(FAMILIES, GIVENS), joined(GIVENS, FAMILIES), NOTHING])
@pytest.mark.parametrize("yomi", [KANA, joined(GIVEN_KANA, FAMILY_KANA), NOTHING])
def test_an_old_export_of_google_contacts(read, whole, yomi):
    header = ["Name", "Given Name", "Family Name", "Yomi Name", "Given Name Yomi", "Additional Name Yomi", "Family Name Yomi", "E-mail 1 - Value"]  # fmt: skip
    found = read(table(header, whole, GIVENS, FAMILIES, yomi, GIVEN_KANA, NOTHING, FAMILY_KANA, MAILS))
    assert (found.persons, found.persons_exact) == (MANY, True)


@pytest.mark.parametrize(
    ("header", "columns"),
    [
        (["氏名", "ローマ字", "電話"], (NAMES, joined(FAMILY_LATIN, GIVEN_LATIN))),
        (["氏名", "Name", "電話"], (NAMES, WESTERN)),
        (["姓", "名", "Last Name", "First Name", "電話"], (FAMILIES, GIVENS, FAMILY_LATIN, GIVEN_LATIN)),
        (["Display Name", "First Name", "Last Name", "電話"], (WESTERN, GIVEN_LATIN, FAMILY_LATIN)),
        (None, (NAMES, WESTERN)),
    ],
)
def test_a_name_in_latin_letters_is_nobody_else(read, header, columns):
    found = read(table(header, *columns, PHONES))
    assert (found.persons, found.persons_exact) == (MANY, True)


def test_who_is_written_once_only_still_counts(read):
    latin = [*joined(FAMILY_LATIN, GIVEN_LATIN), "Yamada Jiro"]
    found = read(table(["氏名", "ローマ字", "電話"], [*NAMES, ""], latin, [*PHONES, "080-3123-9999"]))
    assert (found.persons, found.persons_exact) == (MANY + 1, True)


def test_insured_persons_who_are_mostly_the_insurers_are_counted_once_each(read):
    insured = [*NAMES[: MANY - 2], *joined(FAMILIES, CHILDREN)[MANY - 2 :]]
    assert read(table(["契約者氏名", "被保険者氏名", "電話"], NAMES, insured, PHONES)).persons == MANY + 2


def test_long_lists_are_read_the_same(read):
    rows = [[f"{f}　{g}", f"{fk} {gk}", f"{gl} {fl}", f"090-{4000 + n}-{1000 + 7 * n}"]
            for n, (f, fk, fl, g, gk, gl) in enumerate((f, fk, fl, g, gk, gl)
            for f, fk, fl in zip(FAMILIES, FAMILY_KANA, FAMILY_LATIN, strict=True)
            for g, gk, gl in zip(GIVENS, GIVEN_KANA, GIVEN_LATIN, strict=True))]  # fmt: skip
    rows = [*rows, *([*row[:3], row[3].replace("090", "080")] for row in rows)]
    found = read(rows)
    assert (found.persons, found.households, found.persons_exact) == (72, 72, True)
