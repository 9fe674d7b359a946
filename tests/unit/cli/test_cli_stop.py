"""mailguard stop: begin, list, and end by two people with their passwords."""

import io

import pytest

from mailguard.cli import main

WORDS = "a long enough password"


@pytest.fixture
def run(tmp_path, monkeypatch):
    monkeypatch.setenv("MAILGUARD_DATA_DIR", str(tmp_path / "data"))

    def made(*words, password=WORDS):
        monkeypatch.setattr("sys.stdin", io.StringIO(f"{password}\n"))
        return main(list(words))

    return made


def test_a_stop_begins_at_once_and_two_approvers_end_it(run, capsys):
    for login in ("sato", "suzuki"):
        person = ("--name", login, "--role", "approver", "--password-stdin")
        assert run("person", "add", login, *person, password="given by somebody") == 0
        assert run("person", "password", login, "--own", password=f"given by somebody\n{WORDS}") == 0
    capsys.readouterr()
    assert run("stop", "list") == 0
    assert "nothing is stopped" in capsys.readouterr().out
    assert run("stop", "all", "--reason", "wrong list") == 0
    stop = capsys.readouterr().out.split("\t")[0]
    assert run("stop", "all", "--reason", "again") == 1
    assert f"{stop} stops this already" in capsys.readouterr().err
    assert run("stop", "end", stop, "--login", "sato", "--reason", "x", password="wrong") == 1
    assert "Nothing was changed" in capsys.readouterr().err
    assert run("stop", "end", stop, "--login", "sato", "--agree") == 1
    assert run("stop", "end", stop, "--login", "sato", "--reason", "all is well") == 0
    assert run("stop", "end", stop, "--login", "sato", "--agree") == 1
    assert "A different approver" in capsys.readouterr().err
    assert run("stop", "list") == 0
    said = capsys.readouterr().out
    assert "all\tsince" in said
    assert "by cli: wrong list; sato asks to end it" in said
    assert run("stop", "end", stop, "--login", "suzuki", "--agree") == 0
    assert run("stop", "list") == 0
    assert "nothing is stopped" in capsys.readouterr().out


def test_what_is_not_there_and_a_reason_that_is_missing_are_said(run, capsys):
    assert run("stop", "source", "nobody", "--reason", "x") == 1
    assert "No such source" in capsys.readouterr().err
    assert run("stop", "campaign", "H-NOBODY", "--reason", "x") == 1
    assert "No such hold" in capsys.readouterr().err
    assert run("stop", "all", "--reason", " ") == 1
    assert "need a reason" in capsys.readouterr().err


def test_who_was_reached_is_written(run, capsys):
    assert run("stop", "export", "--source", "nobody", "--format", "json") == 0
    assert '"total": 0' in capsys.readouterr().out
    assert run("stop", "export", "--hold", "H-NOBODY") == 1
    assert "No such hold" in capsys.readouterr().err
    assert run("stop", "export", "--source", "nobody", "--clear") == 1
    assert "needs a reason" in capsys.readouterr().err
    assert run("stop", "export", "--source", "nobody", "--clear", "--reason", "report") == 0
    assert "合計,すべて,0" in capsys.readouterr().out
