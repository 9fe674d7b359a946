"""Exports of other programs: given names first, headers of one program only, headers that say something else than the cells."""

import pytest

from mailguard.detect.ruleset import shipped_dir
from mailguard.detect.whole import Detector
from mailguard.digest import Digester
from mailguard.model import Kind, Table

N, K, P, A, Z, S = Kind.NAME, Kind.NAME_KANA, Kind.PHONE, Kind.ADDRESS, Kind.POSTAL_CODE, Kind.SPECIAL_CARE
FAMILIES = ["佐藤", "鈴木", "髙橋", "田中", "伊藤", "渡邉"]
GIVENS = ["太郎", "花子", "健一", "直美", "翔太", "美咲"]
FAMILY_KANA = ["サトウ", "スズキ", "タカハシ", "タナカ", "イトウ", "ワタナベ"]
GIVEN_KANA = ["タロウ", "ハナコ", "ケンイチ", "ナオミ", "ショウタ", "ミサキ"]
NAMES = [f"{family} {given}" for family, given in zip(FAMILIES, GIVENS, strict=True)]
PHONES = [f"090-1234-4{number}17" for number in range(6)]
FLOWERS = ["さくら", "すみれ", "あおい", "ゆり", "かえで", "もも"]


@pytest.fixture(scope="module")
def kinds():
    detector = Detector.build(shipped_dir(), Digester(b"k" * 32))

    def read(header, *columns):
        rows = [*([header] if header else []), *map(list, zip(*columns, strict=True))]
        return {
            f.where.removeprefix("列 "): f.kind for f in detector.table(Table(("一覧.csv",), rows), b"key").findings
        }

    return read


def test_given_names_may_stand_first_without_a_header(kinds):
    assert kinds(None, GIVENS, FAMILIES, PHONES) == {"1": N, "2": N, "3": P}
    assert kinds(None, GIVENS, FAMILIES, GIVEN_KANA, FAMILY_KANA, PHONES) == {"1": N, "2": N, "3": K, "4": K, "5": P}
    assert kinds(None, [" ".join(name.split()[::-1]) for name in NAMES]) == {"1": N}


def test_flowers_and_places_are_no_halves_of_names(kinds):
    assert kinds(None, FLOWERS, ["茨城", "千葉", "長野", "山口", "石川", "福島"]) == {}


@pytest.mark.parametrize("title", ["得意先名", "会社名", "店舗名", "商品名"])
def test_content_wins_over_a_header_of_companies_or_things(kinds, title):
    assert kinds([title, "電話"], NAMES, PHONES) == {title: N, "電話": P}


def test_shops_called_like_persons_stay_shops(kinds):
    shops = ["スナック 愛", "とんかつ 和幸", "喫茶 ひろみ", "居酒屋 太郎", "割烹 佐藤", "山ちゃん", "中華 王", "田中屋"]
    for title in ("名称", "屋号", ""):
        assert kinds([title, "席数"], shops, ["12"] * 8) == {}


def test_dates_and_figures_under_a_name_are_no_names(kinds):
    assert kinds(["氏名", "フリガナ", "電話"], [f"2024/1/{n}" for n in range(1, 7)], list("123456"), PHONES) == {
        "電話": P
    }


@pytest.mark.parametrize(
    ("title", "cells", "kind"),
    [
        ("CUST_NM", ["みー", "たっくん", "ゆうこりん", "ぴよ", "まる", "ともちん"], N),
        ("KANJI_NAME", NAMES, N),
        ("Home State", ["東京都", "大阪府", "北海道", "京都府", "愛知県", "沖縄県"], A),
        ("市区町村 (会社)", ["長岡市", "横浜市", "札幌市", "京都市", "那覇市", "津市"], A),
        ("JUSYO", ["栄町1-2", "本町3-4", "旭町5-6", "緑町7-8", "泉町9-1", "柳町2-3"], A),
        ("カルテ番号", ["000101", "000102", "000103", "000104", "000105", "000106"], Kind.MEMBER_NUMBER),
        ("BMI", ["21.5", "24.0", "27.9", "19.3", "22.2", "30.1"], S),
        ("SEINENGAPI", ["19800102", "19910203", "20000304", "19750405", "19660506", "20050607"], Kind.BIRTH_DATE),
    ],
)
def test_headers_of_other_programs(kinds, title, cells, kind):
    assert kinds(["氏名", title], NAMES, cells)[title] is kind


def test_what_a_header_refuses(kinds):
    towns = ["アサヒマチ", "サカエマチ", "イシダ", "ナカジマ", "ヨシダ", "ハセガワ"]
    assert kinds(["町域名カナ", "人口"], towns, list("123456")) == {}
    dates = ["2023/4/1", "2023/5/2", "2023/6/3", "2023/7/4", "2023/8/5", "2023/9/6"]
    assert kinds(["罪名", "発生年月日（始期）"], ["窃盗"] * 6, dates) == {}
