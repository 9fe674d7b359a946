"""Dates without a header beside names: births, or days on which people joined and ordered."""

import pytest

from mailguard.detect.ruleset import shipped_dir
from mailguard.detect.whole import Detector
from mailguard.digest import Digester
from mailguard.model import Kind, Table

NAMES = [
    "佐藤 太郎",
    "鈴木 花子",
    "高橋 健一",
    "田中 直美",
    "伊藤 翔太",
    "渡辺 美咲",
    "山本 大輔",
    "中村 陽子",
    "小林 誠",
    "加藤 恵",
]
CHILDREN = [
    "佐藤 陽葵",
    "鈴木 蓮",
    "高橋 葵",
    "田中 湊",
    "伊藤 結菜",
    "渡辺 樹",
    "山本 凛",
    "中村 大翔",
    "小林 咲良",
    "加藤 悠真",
]
BORN = [
    "1981/4/29",
    "1974/11/3",
    "1990/7/18",
    "1968/2/25",
    "1985/9/9",
    "1979/12/30",
    "1993/5/6",
    "1962/8/14",
    "1988/1/21",
    "1971/6/2",
]
ERAS = [
    "S56.4.29",
    "S49.11.3",
    "H2.7.18",
    "S43.2.25",
    "S60.9.9",
    "S54.12.30",
    "H5.5.6",
    "S37.8.14",
    "S63.1.21",
    "S46.6.2",
]
YOUNG = [
    "2012/4/29",
    "2009/11/3",
    "2015/7/18",
    "2013/2/25",
    "2010/9/9",
    "2016/12/30",
    "2011/5/6",
    "2014/8/14",
    "2017/1/21",
    "2008/6/2",
]
JOINED = [
    "2012/4/11",
    "2009/11/3",
    "2019/7/18",
    "2013/2/25",
    "2020/9/9",
    "2016/12/30",
    "2021/5/6",
    "2014/8/14",
    "2017/1/21",
    "2023/6/2",
]
FIRSTS = [
    "2012/4/1",
    "2009/11/1",
    "2019/4/1",
    "1998/4/1",
    "2020/10/1",
    "2016/12/30",
    "2021/4/1",
    "2014/4/1",
    "2017/1/21",
    "2023/4/1",
]
TIMED = [f"{day} {hour:02d}:{hour + 7}" for hour, day in enumerate(JOINED, 4)]
REIWA = ["R5.4.29", "R4.11.3", "R3.7.18", "R5.2.25", "R4.9.9", "R3.12.30", "R5.5.6", "R4.8.14", "R5.1.21", "R6.6.2"]


@pytest.fixture(scope="module")
def births():
    detector = Detector.build(shipped_dir(), Digester(b"k" * 32))

    def read(*columns, header=None):
        rows = [*([header] if header else []), *map(list, zip(*columns, strict=True))]
        evidence = detector.table(Table(("一覧.csv",), rows), b"key")
        return [finding.where for finding in evidence.findings if finding.kind is Kind.BIRTH_DATE]

    return read


@pytest.mark.parametrize("days", [BORN, ERAS, YOUNG, sorted(BORN), [f"{day} 00:00:00" for day in BORN]])
def test_births_need_no_header(births, days):
    assert births(NAMES, days) == ["列 2"]


@pytest.mark.parametrize("days", [FIRSTS, TIMED, REIWA, sorted(JOINED), sorted(JOINED, reverse=True)])
def test_days_that_were_noted_as_they_came_are_no_births(births, days):
    assert births(NAMES, days) == []
    assert births(NAMES, days, header=["氏名", "生年月日"]) == ["列 生年月日"]  # the header is believed


@pytest.mark.parametrize("days", [BORN, ERAS])
def test_of_two_dates_the_later_one_is_when_somebody_joined(births, days):
    assert births(NAMES, days, JOINED) == ["列 2"]
    assert births(NAMES, JOINED, days) == ["列 3"]


def test_a_child_beside_its_parent_has_a_birth_date_too(births):
    assert births(NAMES, BORN, CHILDREN, YOUNG) == ["列 2", "列 4"]
