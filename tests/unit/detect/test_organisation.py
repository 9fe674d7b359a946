"""Whose contacts are they: a letterhead's, though no legal form stands in it, or a person's."""

import pytest

from mailguard.detect.organisation import names_organisation


@pytest.mark.parametrize(
    "line",
    ["北斗銀行", "さくら信用金庫 四条支店", " 青葉学園", "城南経済研究会", "みなと中央病院 受付窓口", "港区役所 総務課", "東海旅館", "若草英会話スクール", "株式会社みらい"],
)  # fmt: skip
def test_a_letterhead_is_an_organisations(line):
    assert names_organisation(line)


@pytest.mark.parametrize(
    "line",
    ["北斗銀行 御中", "山田太郎", "佐藤花子 青葉学園", "青葉学園の佐藤花子さん", "病院", "山田 北斗銀行 090-1234-5678", "鈴木一郎、北斗銀行", "銀行口座", "学校 090-3123-4510", "1 青葉学園"],
)  # fmt: skip
def test_a_line_about_somebody_is_not(line):
    assert not names_organisation(line)


def test_an_invoice_of_a_school_passes_to_the_one_it_is_for(engine):
    paper = "請求書\n佐藤花子 様\n〒604-8151 京都府京都市中京区橋弁慶町12-3\n合計 12,800円\n\n青葉学園\n〒600-8008 京都府京都市下京区長刀鉾町8番地\nTEL 075-221-0000\n"
    found = engine.file("請求書.txt", paper.encode())
    assert {
        finding.organisation for finding in found.findings if "下京" in finding.samples[0] or finding.kind == "phone"
    } == {True}
    assert [person.organisation for person in found.people] == [False, True]
