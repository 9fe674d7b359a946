"""mailguard report draft: from the record to papers."""

import json
from datetime import UTC, datetime

import pytest

from mailguard.cli import main
from mailguard.config import Holds
from mailguard.lifecycle import Choice
from mailguard.model import Action, Envelope, Finding, Inspection, Kind, Message, Source, Verdict
from mailguard.pieces import cut
from mailguard.store import open_store
from mailguard.store.arrival import Arrival

SEEN = datetime(2026, 11, 16, 1, 0, tzinfo=UTC)


def run(*words):
    return main([str(word) for word in words])


@pytest.fixture
def configured(tmp_path):
    path = tmp_path / "mailguard.toml"
    path.write_text(
        f'data_dir = "{tmp_path / "data"}"\n[report]\norganisation = "株式会社見本"\n'
        '[[report.receivers]]\nid = "assessor"\nname = "審査機関"\npersons = 1\naddress = ["東京都港区見本1-1"]\n'
    )
    return ["--config", str(path)]


@pytest.fixture
def rejected(tmp_path, configured):
    folder = tmp_path / "data"
    with open_store(f"sqlite:///{folder / 'mailguard.db'}", folder, lambda: SEEN, holds=Holds()) as store:
        person = store.people.add(
            login="sato", name="佐藤 一郎", email="", role="approver", password=None, actor="test"
        )
        found = Finding("name", Kind.NAME, ("a.csv",), "", 3, 3, ("山〇〇郎",), key=b"leaf")
        message = Message("m", Envelope("a@example.jp", ("taro@example.com",)), b"Subject: x\r\n\r\nx\r\n", SEEN)
        inspection = Inspection(findings=(found,), persons=3, subject="冬の〇〇", subject_key=b"s")
        verdict = Verdict(Action.HOLD, ("attachment_findings",), (b"leaf",))
        pieces = cut(message.content, store.digester)
        hold_id = store.holds.admit(Arrival(message, pieces, Source("", "x"), inspection, verdict, b"key")).hold_id
        store.holds.decide(hold_id, revision=1, choice=Choice.REJECT, person_id=person.id, reason="名簿")
    return hold_id


def test_a_hold_that_never_left_has_its_proof_and_an_audit_row(configured, rejected, capsys, tmp_path):
    assert run("report", "draft", "--hold", rejected, "--known", "2026-11-20", *configured) == 0
    text = capsys.readouterr().out
    assert text.startswith("# 送信されていないことの記録(漏えいなし)")
    assert "株式会社見本" in text
    assert "taro" not in text
    assert run("report", "draft", "--hold", rejected, "--format", "json", "--to", "assessor", *configured) == 0
    assert [paper["kind"] for paper in json.loads(capsys.readouterr().out)] == ["not_left"]
    folder = tmp_path / "data"
    with open_store(f"sqlite:///{folder / 'mailguard.db'}", folder, lambda: SEEN, holds=Holds()) as store:
        details = [json.loads(row.detail) for row in store.audit.rows(9, 0) if row.action == "report.drafted"]
    assert details[1] == {"known": "2026-11-20", "to": ""}


@pytest.mark.parametrize(
    ("words", "fact"),
    [
        (["--hold", "H-0"], "No such hold"),
        ([], "Name them"),
        (["--known", "2999-01-01"], "still to come"),
        (["--to", "police"], "No such receiver"),
    ],
)
def test_what_cannot_be_drafted_is_said(configured, rejected, capsys, words, fact):
    named = [] if not words or "--hold" in words else ["--hold", rejected]
    assert run("report", "draft", *named, *words, *configured) == 1
    assert fact in capsys.readouterr().err


def test_a_day_must_be_one(configured, capsys):
    with pytest.raises(SystemExit):
        run("report", "draft", "--hold", "H-0", "--known", "yesterday", *configured)
    assert "2026-11-20" in capsys.readouterr().err
