"""Toll-free and shared-cost numbers in tables are organisations': no finding, no person."""

import csv
import io

import pytest
from people import MANY, NAMES, PHONES, table

from mailguard.model import Kind

FREE = ["0120-123-456", "0570-012-345", "0800-123-4567", "0120 12 3456", "120123457", "0120-111-222 / 0120-333-444"]


@pytest.fixture
def read(engine):
    def read(rows):
        text = io.StringIO()
        csv.writer(text).writerows(rows)
        return engine.file("list.csv", text.getvalue().encode())

    return read


@pytest.mark.parametrize("header", [["電話", "受付"], None])
def test_a_column_of_nothing_else_is_no_finding(read, header):
    found = read(table(header, FREE, ["9時から18時"] * MANY))
    assert (found.findings, found.persons) == ((), 0)


def test_beside_names_the_names_remain(read):
    found = read(table(["氏名", "電話"], NAMES, FREE))
    assert ([finding.kind for finding in found.findings], found.persons) == ([Kind.NAME], MANY)


def test_among_others_only_the_others_tell(read):
    [finding] = read(table(["電話"], [*FREE[:3], *PHONES[3:]])).findings
    assert (finding.kind, finding.count) == (Kind.PHONE, 3)


def test_such_a_column_says_of_nobody_whom_rows_are_about(read):
    assert read(table(["電話", "病名"], FREE, ["糖尿病"] * MANY)).findings == ()


@pytest.mark.parametrize("remark", ["フリーダイヤル0120-999-888まで", "ナビダイヤル 0570-001-002"])
def test_in_remarks_they_are_none_either(read, remark):
    assert read(table(["品名", "備考"], [f"品{n}" for n in range(MANY)], [remark] * MANY)).findings == ()


@pytest.mark.parametrize("number", ["080-0123-4567", "080-0000-0000", "08000000000", "03-1234-5678 / 0120-123-456"])
def test_mobiles_and_mixed_cells_stay_phones(read, number):
    [finding] = read([["電話"], ["090-3123-4567"], [number]]).findings
    assert finding.count == 2
