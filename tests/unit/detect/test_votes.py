"""Votes leave out what cannot decide, and nothing that can."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mailguard.demo import incidents
from mailguard.detect import kinds
from mailguard.detect.layout import HALF, share
from mailguard.detect.plain_cells import PLAIN
from mailguard.detect.ruleset import load, shipped_dir
from mailguard.detect.votes import votes
from mailguard.model import Kind

ASKED = (Kind.EMAIL, Kind.PHONE, Kind.POSTAL_CODE, Kind.ADDRESS, Kind.MY_NUMBER, Kind.CARD)
WRITTEN = [
    "tanaka@example.jp", "田中 <t@example.jp>", "tanaka[at]example.jp", "tanaka★example.jp", "090-1234-5678", "(03)1234-5678", "〔090〕1234-5678",
    "〇九〇ー一二三四ー五六七八", "090・1234・5678", "+81 90 1234 5678", "Tel.03-1234-5678", "電話03-3581-4321", "03-3581-4321 内線12", "090-1234-5678/03-3581-4321",
    "600-8008", "〒600-8008", "6008008", "6008008.0", "東京都港区芝1-2-3", "横浜市港北区日吉本町", "3-4-5 Hakata, Hakata-ku, Fukuoka",
    "〒600-8008 京都府京都市下京区長刀鉾町1-2", "1234 5678 9018", "123456789018", "4111 1111 1111 1111", "4111111111111111", "3782 822463 10005",
]  # fmt: skip


@pytest.fixture(scope="module")
def cells():
    return {detector.kind: detector.cell for detector in kinds.build(load(shipped_dir())).all}


@pytest.mark.parametrize("kind", ASKED)
def test_what_is_looked_for_first_stands_in_every_value(cells, kind):
    values = [*WRITTEN, *{cell for row in incidents.registrations()[:200] for cell in row if cell}]
    sure = [value for value in values if cells[kind](value) >= HALF]
    assert sure
    assert [value for value in sure if votes(cells, [kind], None, (value,)) != {kind: 1.0}] == []


@pytest.mark.parametrize("part", range(0, 101, 10))
def test_a_share_of_one_half_and_more_is_exact(cells, part):
    voters = tuple(
        [f"a{number}@example.jp" for number in range(part)] + [f"品番{number}" for number in range(100 - part)]
    )
    found = votes(cells, ASKED, Kind.EMAIL, voters)
    assert found[Kind.EMAIL] == share(cells[Kind.EMAIL], voters) == part / 100
    without = votes(cells, ASKED, None, voters)
    assert without[Kind.EMAIL] == (part / 100 if part >= 50 else 0.0)
    assert list(found) == list(without) == list(ASKED)


def test_nobody_is_asked_behind_a_kind_that_all_vote_for(cells):
    def never(value):
        raise AssertionError(value)

    voters = tuple(f"a{number}@example.jp" for number in range(10))
    asked = {kind: cells[kind] if kind is Kind.EMAIL else never for kind in ASKED}
    assert votes(asked, ASKED, None, voters)[Kind.EMAIL] == 1.0


DATES = ["1980/02/30", "1980-2-28", "1867.12.31", "1868.1.1", "2001/13/01", "昭和55年2月3日", "19800203", "2099-12-29"]
NEARLY_PHONES = [
    "090-123-4567",
    "03-1234-56789",
    "0800-123-4567",
    "0800-123-456",
    "080-1234-567",
    "03-123-4567",
    "090-1234-567890",
]
# Pieces of which cells are made that nearly are of a kind.
PIECES = st.sampled_from([
    "0", "090", "03", "0800", "0120", "1234", "5678", "81", "+", "-", "--", " ", "(", ")", ".", "/", "〒", "〒 ", "600", "8008", "〇九〇", "ー", "一二三四",
    "~", "の", ".0", "Tel.", "内線12", "a", "t", "at", "AT", "[at]", "アット", "★", "@", "example.jp", "☆", "1980", "2001", "2", "28", "31", "\n", "http://a",
])  # fmt: skip


def plainly_right(cells, value):
    for kind, plain in PLAIN.items():
        sure = cells[kind](value) >= HALF
        assert sure or plain.surely is None or not plain.surely(value), kind
        assert not sure or plain.perhaps is None or plain.perhaps(value), kind


@settings(max_examples=400, deadline=None)
@given(st.lists(PIECES, max_size=9))
def test_what_is_plain_is_what_each_cell_says_by_itself(cells, pieces):
    plainly_right(cells, "".join(pieces).strip())


@pytest.mark.parametrize("value", [*WRITTEN, *DATES, *NEARLY_PHONES])
def test_what_is_plain_is_what_each_way_of_writing_says_by_itself(cells, value):
    plainly_right(cells, value)


def test_most_cells_of_a_list_need_not_be_asked(cells):
    def never(value):
        raise AssertionError(value)

    asked = dict.fromkeys(cells, never)
    dates = tuple(f"19{year}-{month:02d}-07" for year in range(40, 90) for month in range(1, 7))
    phones = tuple(f"090-{number:04d}-5678" for number in range(300))
    assert votes(asked, [Kind.BIRTH_DATE], Kind.BIRTH_DATE, dates) == {Kind.BIRTH_DATE: 1.0}
    assert votes(asked, [Kind.PHONE], Kind.PHONE, phones) == {Kind.PHONE: 1.0}
    assert votes(asked, [Kind.PHONE, Kind.POSTAL_CODE], None, dates) == {Kind.PHONE: 0.0, Kind.POSTAL_CODE: 0.0}
