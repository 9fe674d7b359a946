"""mailguard hold return, answer, withdraw: with a person's password, and nothing that sends."""

import io

import pytest

from mailguard import config
from mailguard.cli import main
from mailguard.model import Action, Envelope, Finding, Inspection, Kind, Message, Source, Verdict
from mailguard.pieces import cut
from mailguard.service.clock import now
from mailguard.store import open_store
from mailguard.store.arrival import Arrival

PASSWORD = "correct horse battery"


@pytest.fixture
def hold(tmp_path, monkeypatch):
    monkeypatch.setenv("MAILGUARD_DATA_DIR", str(tmp_path))
    found = Inspection(findings=(Finding("name", Kind.NAME, ("a.csv",), "1", 1, 1, (), key=b"leaf"),), persons=1)
    with open_store(f"sqlite:///{tmp_path / 'mailguard.db'}", tmp_path, now, holds=config.Holds()) as store:
        folk = [
            store.people.add(
                login=login, name=login, email=f"{login}@example.jp", role=role, password=PASSWORD, actor="test"
            )
            for login, role in (("tanaka", "operator"), ("sato", "approver"))
        ]
        source = Source("ski", "ski", (folk[0].id,))
        store.sources.add(source, "test")
        message = Message("m1", Envelope("a@example.jp", ("b@example.com",)), b"Subject: x\r\n\r\nx\r\n", now())
        verdict = Verdict(Action.HOLD, ("attachment_findings",), (b"leaf",))
        arrival = Arrival(message, cut(message.content, store.digester), source, found, verdict, b"key")
        return store.holds.admit(arrival).hold_id


def run(monkeypatch, *arguments, password=PASSWORD):
    monkeypatch.setattr("sys.stdin", io.StringIO(f"{password}\n"))
    return main(["hold", *arguments])


def test_a_hold_is_returned_answered_and_withdrawn(hold, monkeypatch, capsys):
    assert run(monkeypatch, "return", hold, "--as", "sato", "--code", "to_confirm", "--reason", "meant?") == 0
    assert run(monkeypatch, "answer", hold, "--as", "sato", "--reason", "mine") == 1
    assert "operator" in capsys.readouterr().err
    assert run(monkeypatch, "answer", hold, "--as", "tanaka", "--reason", "yes") == 0
    assert run(monkeypatch, "withdraw", hold, "--as", "tanaka", "--code", "send_again") == 0
    assert capsys.readouterr().out == f"hold {hold}: pending\nhold {hold}: withdrawn\n"
    assert main(["hold", "show", hold]) == 0
    shown = capsys.readouterr().out
    assert "return sato: [要確認] meant?" in shown
    assert "withdraw tanaka: [取り下げ、添付を外して再送]" in shown


def test_a_wrong_password_changes_nothing(hold, monkeypatch, capsys):
    assert run(monkeypatch, "withdraw", hold, "--as", "tanaka", "--reason", "x", password="guess") == 1
    assert "Nothing was changed" in capsys.readouterr().err
    main(["hold", "list"])
    assert "pending" in capsys.readouterr().out
