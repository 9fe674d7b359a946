"""The record of a hold for people outside: everybody and every count is there, no address is, no cell is a formula."""

import csv
import io
import json

import pytest
from stage import ACCEPTED, REFUSED

from mailguard.dossier import HEADINGS, Line, written
from mailguard.errors import NotFoundError
from mailguard.lifecycle import Choice


@pytest.fixture
def lines(stage, staff):
    hold_id = stage.admit(staff[3], stage.message("first", to=("taro@example.jp", "jiro@example.jp"))).hold_id
    stage.decide(hold_id, staff[1], reason='=HYPERLINK("http://example.jp")')
    stage.record(stage.store.releases.claim(lease_seconds=9, late_hours=12), ACCEPTED, REFUSED)
    made = stage.store.dossiers.take([hold_id], staff[2].id)
    row = stage.store.audit.rows(1, 0)[0]
    assert (row.action, row.actor, row.subject) == ("hold.exported", staff[2].id, hold_id)
    return made


def test_who_asked_who_approved_what_was_found_and_what_became_of_it(lines):
    facts = {(line.section, line.item, line.who, line.value) for line in lines}
    assert {
        ("依頼", "送信担当者", "tanaka Yamada", ""),
        ("検出", "本人数", "", "3"),
        ("検出", "name", "", "1件(異なる値 1件)"),
        ("判断", "approve (版 1、上限 10)", "sato Yamada", '=HYPERLINK("http://example.jp")'),
        ("結果", "宛先数: 送信済み", "", "1"),
        ("結果", "宛先数: 送信失敗", "", "1"),
    } <= facts
    assert any(line.section == "検証" and line.value == "改ざんなし" for line in lines)


@pytest.mark.parametrize("form", ["csv", "json", "html"])
def test_no_address_and_no_formula_in_any_format(lines, form):
    text = written(lines, form)
    assert "example.jp" in text  # of the reason, which a person wrote
    assert "taro" not in text
    assert "jiro" not in text
    if form == "csv":
        rows = list(csv.reader(io.StringIO(text.lstrip("\ufeff"))))
        assert tuple(rows[0]) == HEADINGS
        assert not [cell for row in rows for cell in row if cell.startswith(("=", "+", "-", "@"))]
    if form == "json":
        assert json.loads(text)[0]["保留番号"].startswith("H-")


def test_cells_are_text():
    cells = [Line("H", "s", "", "", "", value) for value in ("=1", "+1", "-1", "@a", "\t=1", " =1", "a=1", "<b>")]
    rows = list(csv.reader(io.StringIO(written(cells, "csv"))))[1:]
    assert [row[5] for row in rows] == ["'=1", "'+1", "'-1", "'@a", "'\t=1", "' =1", "a=1", "<b>"]
    assert "&lt;b&gt;" in written(cells, "html")


def test_a_hold_that_is_not_there(stage):
    with pytest.raises(NotFoundError):
        stage.store.dossiers.take(["H-0"], "test")


@pytest.fixture
def campaign(stage, staff):
    """Two holds of one mailing: one sent in part, one stopped and rejected."""
    first = stage.admit(staff[3], stage.message("first", to=("taro@example.jp", "jiro@example.jp"))).hold_id
    second = stage.admit(staff[3], key=b"other", evidence=(b"other",)).hold_id
    stage.decide(first, staff[1])
    stage.record(stage.store.releases.claim(lease_seconds=9, late_hours=12), ACCEPTED, REFUSED)
    stop = stage.store.stops.stop_campaign(staff[1].id, second, "wrong list")
    stage.store.stops.ask_end(staff[1].id, stop.id, "it was the right one")
    stage.store.stops.agree_end(staff[2].id, stop.id)
    stage.decide(second, staff[2], Choice.REJECT)
    return stage.store.campaigns.of(first).id, first, second


def test_a_campaign_is_written_down_with_its_stops_its_counts_and_all_its_holds(stage, staff, campaign):
    key, first, second = campaign
    lines = stage.store.campaign_dossiers.take(key, staff[2].id)
    row = stage.store.audit.rows(1, 0)[0]
    assert (row.action, row.actor, row.subject, row.detail) == ("campaign.exported", staff[2].id, key, '{"holds":2}')
    assert {line.hold for line in lines} == {key, first, second, ""}
    facts = {(line.section, line.item.split(" ", 1)[-1], line.who, line.value) for line in lines if line.hold == key}
    assert {
        ("配信", "通数", "", "2"),
        ("配信", "宛先数", "", "3"),
        ("配信", "却下(未送信)", "", "1"),
        ("緊急停止", "緊急停止(この配信)", "sato Yamada", "wrong list"),
        ("緊急停止", "再開を求めた(1人目)", "sato Yamada", "it was the right one"),
        ("緊急停止", "再開に同意した(2人目)", "suzuki Yamada", ""),
        ("結果", "送信済み(中継サーバー受理)", "", "1"),
        ("結果", "送信失敗", "", "1"),
        ("結果", "却下(未送信)", "", "1"),
        ("結果", "合計", "", "3"),
    } <= facts
    text = written(lines, "html")
    assert "taro" not in text
    assert text.count("改ざんなし") == 1
    assert stage.store.audit.verify() is None


def test_who_does_not_see_a_campaign_gets_no_record_of_it(stage, staff, campaign):
    other = stage.person("other", organisation="B商会")
    for key, person in ((campaign[0], other.id), ("C-NOBODY", staff[1].id)):
        with pytest.raises(NotFoundError):
            stage.store.campaign_dossiers.take(key, person)
    assert "campaign.exported" not in stage.actions()
