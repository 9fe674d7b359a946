"""Several persons in one row live at its address: couples, parents and children, the joint addressees of New Year cards."""

import csv
import io

import pytest
from people import (
    ADDRESSES,
    CHILDREN,
    FAMILIES,
    FAMILY_KANA,
    GIVEN_KANA,
    GIVENS,
    KANA,
    MANY,
    NAMES,
    NOTHING,
    SPOUSES,
    joined,
    table,
)

HONORIFIC = ["様"] * MANY
WIVES = joined(FAMILIES, SPOUSES)
CALLED = [f"{name} 様" for name in SPOUSES]
BOTH = [f"{left}・{right}" for left, right in zip(SPOUSES, CHILDREN, strict=True)]


@pytest.fixture
def counted(engine):
    def read(rows):
        text = io.StringIO()
        csv.writer(text).writerows(rows)
        found = engine.file("list.csv", text.getvalue().encode())
        return found.persons, found.households, found.persons_exact

    return read


@pytest.mark.parametrize(
    ("header", "columns", "each"),
    [
        (["氏名", "敬称", "連名1", "連名2", "連名敬称"], (NAMES, HONORIFIC, SPOUSES, CHILDREN, HONORIFIC), 3),
        (["氏名", "連名1", "連名1敬称", "連名2"], (NAMES, CALLED, HONORIFIC, NOTHING), 2),
        (["姓", "名", "連名（姓）", "連名（名）", "連名（敬称）"], (FAMILIES, GIVENS, NOTHING, SPOUSES, HONORIFIC), 2),
        (["氏名", "フリガナ", "連名", "連名フリガナ"], (NAMES, KANA, SPOUSES, [*GIVEN_KANA[1:], GIVEN_KANA[0]]), 2),
        (["氏名", "連名"], (NAMES, BOTH), 3),
        (["夫", "妻"], (NAMES, WIVES), 2),
        (["夫", "妻"], (NAMES, SPOUSES), 2),
        (["世帯主", "妻", "子1", "子2"], (NAMES, SPOUSES, CHILDREN, NOTHING), 3),
        (["氏名1", "氏名2"], (NAMES, WIVES), 2),
        (["保護者", "生徒"], (NAMES, WIVES), 2),
        (["姓", "名", "セイ", "メイ", "同居人"], (FAMILIES, GIVENS, FAMILY_KANA, GIVEN_KANA, WIVES), 2),
    ],
)
def test_everybody_in_a_row_counts_and_shares_the_home(counted, header, columns, each):
    assert counted(table([*header, "住所"], *columns, ADDRESSES)) == (each * MANY, MANY, True)
    assert counted(table([*header, "住所"], *columns, ADDRESSES)[:2]) == (each, 1, True)


def test_a_joint_addressee_in_one_row_only(counted):
    rows = table(["氏名", "連名1", "住所"], NAMES, [SPOUSES[0], *NOTHING[1:]], ADDRESSES)
    assert counted(rows) == (MANY + 1, MANY, True)


@pytest.mark.parametrize("title", ["連名敬称", "夫婦", "電子", "親子", "連名数"])
def test_words_that_only_look_like_kin_name_nobody(counted, title):
    assert counted(table(["氏名", title, "住所"], NAMES, ["桃"] * MANY, ADDRESSES)) == (MANY, MANY, True)
