"""mailguard request: an operator files a message with a password; what cannot be filed is said in one sentence."""

import io

import pytest

from mailguard import config
from mailguard.cli import main
from mailguard.model import Source
from mailguard.service.clock import now
from mailguard.store import open_store

PASSWORD = "correct horse battery"


@pytest.fixture
def mail(tmp_path, monkeypatch):
    monkeypatch.setenv("MAILGUARD_DATA_DIR", str(tmp_path))
    with open_store(f"sqlite:///{tmp_path / 'mailguard.db'}", tmp_path, now, holds=config.Holds()) as store:
        made = store.people.add(
            login="tanaka", name="tanaka", email="", role="operator", password=PASSWORD, actor="test"
        )  # fmt: skip
        store.sources.add(Source("ski", "スキー案内", (made.id,)), "test")
    path = tmp_path / "mail.eml"
    path.write_bytes(b"Subject: x\r\n\r\nhello\r\n")
    return path


def file(monkeypatch, path, *, password=PASSWORD, ends="2099-01-02T09:00", source="ski"):
    monkeypatch.setattr("sys.stdin", io.StringIO(f"{password}\n"))
    dates = ("--begins", "2099-01-01T09:00", "--ends", ends)
    wish = ("--as", "tanaka", "--source", source, "--recipients", "2000", "--purpose", "asked by members")
    return main(["request", "file", str(path), *wish, *dates])


def test_a_mailing_is_filed_and_listed(mail, monkeypatch, capsys):
    assert file(monkeypatch, mail) == 0
    assert "filed, and inspected by the running service" in capsys.readouterr().out
    assert main(["request", "list"]) == 0
    out = capsys.readouterr().out
    for part in ("inspecting", "スキー案内", "宛先数 2,000件", "2099-01-01 09:00 – 2099-01-02 09:00"):
        assert part in out


@pytest.mark.parametrize(
    ("facts", "words"),
    [
        ({"password": "guess"}, "Nothing was changed"),
        ({"ends": "2098-01-02T09:00"}, "a later end"),
        ({"source": "none"}, "No such source"),
    ],
    ids=["password", "dates", "source"],
)
def test_what_cannot_be_filed(mail, monkeypatch, capsys, facts, words):
    assert file(monkeypatch, mail, **facts) == 1
    assert words in capsys.readouterr().err
    main(["request", "list"])
    assert capsys.readouterr().out == ""


def test_a_message_that_is_not_there_and_a_time_that_is_none(mail, monkeypatch, capsys):
    assert file(monkeypatch, mail.parent / "none.eml") == 1
    assert "cannot be read" in capsys.readouterr().err
    with pytest.raises(SystemExit):
        file(monkeypatch, mail, ends="soon")
    assert "soon is no time" in capsys.readouterr().err
