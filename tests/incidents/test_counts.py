"""Both incidents' files, in every layout an office might have used: the published numbers, exactly."""

import io
import json
import random
import subprocess
import sys

import openpyxl
import pytest

from mailguard.demo import incidents
from mailguard.demo.mailings import notice, ski_run
from mailguard.model import Kind

pytestmark = pytest.mark.incident

LAYOUTS = {"registrations": incidents.registrations, "one_person_a_row": incidents.one_person_a_row}


def column(rows, word):
    return next(index for index, title in enumerate(rows[0]) if word in title)


def as_they_are(rows):
    return rows


def reordered(rows):
    order = list(range(len(rows[0])))
    random.Random(7).shuffle(order)
    return [[row[index] for index in order] for row in rows]


def header_missing(rows):
    return rows[1:]


def unspaced_names(rows):
    return [[cell.replace("　", "") for cell in row] for row in rows]


def lost_zeros(rows):
    phone = column(rows, "電話")
    return [
        row if number == 0 else [*row[:phone], row[phone].replace("-", "").removeprefix("0"), *row[phone + 1 :]]
        for number, row in enumerate(rows)
    ]


def title_above(rows):
    return [["スキースクール配信リスト"], ["2023年10月31日現在", "", "社外秘"], [], *rows]


def families_apart(rows):
    """Family and given names in two columns each, with furigana."""
    names = [index for index, title in enumerate(rows[0]) if "氏名" in title or "フリガナ" in title]
    out = []
    for number, row in enumerate(rows):
        cells = []
        for index, cell in enumerate(row):
            if index in names:
                left, _, right = cell.partition("　")
                cells += _halves(cell) if number == 0 else [left, right]
            else:
                cells.append(cell)
        out.append(cells)
    return out


def _halves(title):
    whose = title.replace("氏名", "").replace("（フリガナ）", "").replace("フリガナ", "")
    return [f"{whose}セイ", f"{whose}メイ"] if "フリガナ" in title else [f"{whose}姓", f"{whose}名"]


def notations_mixed(rows):
    """The later rows of a household write the same contacts in other ways."""
    phone, address = column(rows, "電話"), column(rows, "住所")
    out = [rows[0]]
    for number, row in enumerate(rows[1:]):
        cells = list(row)
        if number % 3 == 1:
            cells[phone] = "".join(chr(ord(c) + 0xFEE0) if c.isdecimal() else "−" for c in cells[phone])
        if number % 3 == 2:
            cells[phone] = "+81 " + cells[phone].removeprefix("0").replace("-", " ")
            town, _, rest = cells[address].partition("-")
            cells[address] = f"{town}丁目{rest.replace('-', '番', 1)}"
        out.append(cells)
    return out


VARIANTS = [
    as_they_are,
    reordered,
    header_missing,
    unspaced_names,
    lost_zeros,
    title_above,
    families_apart,
    notations_mixed,
]


def as_csv(rows):
    return "配信リスト.zip", incidents.zip_bytes("配信リスト表.csv", incidents.csv_bytes(rows))


def as_xlsx(rows):
    book = openpyxl.Workbook()
    for row in rows:
        book.active.append([int(cell) if cell.isdecimal() and len(cell) > 8 else cell for cell in row])
    buffer = io.BytesIO()
    book.save(buffer)
    return "配信リスト.xlsx", buffer.getvalue()


@pytest.mark.parametrize("variant", VARIANTS)
@pytest.mark.parametrize("layout", LAYOUTS)
def test_plus_one(engine, layout, variant):
    found = engine.file(*as_csv(variant(LAYOUTS[layout]())))
    assert (found.persons, found.persons_exact, found.households) == (3719, True, 1740)
    assert not found.problems


@pytest.mark.parametrize("variant", [as_they_are, header_missing, lost_zeros])
@pytest.mark.parametrize("layout", LAYOUTS)
def test_plus_one_as_a_workbook(engine, layout, variant):
    found = engine.file(*as_xlsx(variant(LAYOUTS[layout]())))
    assert (found.persons, found.persons_exact, found.households) == (3719, True, 1740)


def test_plus_one_columns(engine):
    found = engine.file(*as_csv(incidents.registrations()))
    columns = {finding.where: (finding.kind, finding.count) for finding in found.findings}
    assert columns["列 メールアドレス"] == (Kind.EMAIL, 2000)
    assert columns["列 電話番号"] == (Kind.PHONE, 2000)
    assert columns["列 郵便番号"] == (Kind.POSTAL_CODE, 2000)
    assert columns["列 住所"] == (Kind.ADDRESS, 2000)
    assert columns["列 生年月日"] == (Kind.BIRTH_DATE, 2000)
    assert columns["列 性別"] == (Kind.SEX, 2000)
    assert columns["列 お子様氏名"][0] is Kind.NAME
    assert columns["列 お子様氏名"][1] + columns["列 保護者氏名"][1] == 3732
    assert columns["列 保護者氏名（フリガナ）"][0] is Kind.NAME_KANA
    assert {finding.path for finding in found.findings} == {("配信リスト.zip", "配信リスト表.csv")}


@pytest.mark.parametrize("variant", [as_they_are, reordered, header_missing, unspaced_names])
def test_willnext(engine, variant):
    found = engine.file("会員データ.csv", incidents.csv_bytes(variant(incidents.members())))
    assert (found.persons, found.persons_exact) == (5212, True)
    assert found.households == 5212


def test_the_mails_count_the_same_as_the_files(engine):
    ski = engine.mail(next(ski_run(7, 1)).content)
    assert (ski.persons, ski.households) == (3719, 1740)
    letter = engine.mail(next(notice(1)).content)
    assert letter.persons == 5212


def test_clean_runs_have_nobody_in_them(engine):
    found = engine.mail(next(ski_run(1, 1)).content)
    assert (found.persons, found.problems) == (0, ())


def test_scan_says_it_in_json(tmp_path):
    name, data = as_csv(incidents.registrations())
    (tmp_path / name).write_bytes(data)
    (tmp_path / "run7.eml").write_bytes(next(ski_run(7, 1)).content)
    (tmp_path / "run1.eml").write_bytes(next(ski_run(1, 1)).content)
    command = [sys.executable, "-m", "mailguard", "scan", "--json", name, "run7.eml", "run1.eml"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode == 1, done.stderr
    listing, mail, clean = [json.loads(line) for line in done.stdout.splitlines()]
    for report in (listing, mail):
        assert (report["verdict"], report["persons"], report["persons_exact"], report["households"]) == (
            "hold",
            3719,
            True,
            1740,
        )
    assert (clean["verdict"], clean["reasons"], clean["findings"][1:]) == ("pass", [], [])
    assert listing["file"] == name
    assert listing["reasons"] == ["attachment_findings"]
    assert set(listing) == {
        "file", "verdict", "reasons", "persons", "persons_exact", "households", "findings", "problems", "ruleset", "elapsed_ms",
        "watched", "legal", "parts",
    }  # fmt: skip
    assert set(listing["findings"][0]) == {
        "kind",
        "rule",
        "path",
        "where",
        "count",
        "distinct",
        "samples",
        "confidence",
    }
    shown = json.dumps([finding["samples"] for finding in listing["findings"]], ensure_ascii=False)
    assert not any(row[1] in shown or row[9] in shown for row in incidents.registrations()[1:])
