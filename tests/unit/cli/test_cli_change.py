"""Changes by the command line: at once while there are too few approvers, by consent afterwards."""

import io
import re

import pytest

from mailguard.cli import main

PASSWORD = "a long enough password"


@pytest.fixture
def run(tmp_path, capsys, monkeypatch):
    """A command with a password on its standard input; exit code and what it said."""
    path = tmp_path / "mailguard.toml"
    path.write_text(f'data_dir = "{tmp_path / "data"}"\n')

    def command(*words, password=PASSWORD):
        monkeypatch.setattr("sys.stdin", io.StringIO(f"{password}\n"))
        code = main([*words, "--config", str(path)])
        said = capsys.readouterr()
        return code, said.out + said.err

    return command


def add(login, role="approver"):
    return ["person", "add", login, "--name", login, "--role", role, "--password-stdin"]


def waiting(said):
    return re.search(r"C-[0-9A-Z]{10}", said)[0]


def test_people_and_sources_change_by_consent_once_there_are_two_approvers(run):
    assert run(*add("tanaka", "operator")) == (0, "added tanaka\n")
    assert run("source", "add", "mailer", "--title", "会員配信", "--operator", "tanaka")[1] == "added mailer\n"
    assert run("source", "change", "mailer", "--network", "10.0.0.0/8")[1] == "changed mailer\n"
    assert run(*add("sato"))[1] == "added sato\n"
    assert run(*add("suzuki"))[1] == "added suzuki\n"
    change = waiting(run("source", "change", "mailer", "--mode", "monitor", "--operator", "")[1])
    assert run("source", "list")[1] == "mailer\tfindings\ttanaka\t10.0.0.0/8\t\t会員配信\n"
    said = run("change", "list")[1]
    assert f"{change}\twaiting\tsource.change\tcli" in said
    assert "  mode: findings → monitor\n" in said
    assert "  operators: tanaka → –\n" in said
    code, said = run("change", "agree", change, "--as", "sato", password="wrong wrong wrong")
    assert (code, "Nothing was changed" in said) == (1, True)
    assert run("change", "agree", change, "--as", "sato") == (0, f"{change}: agreed, and in effect\n")
    assert run("source", "list")[1] == "mailer\tmonitor\t\t10.0.0.0/8\t\t会員配信\n"
    assert run("change", "agree", change, "--as", "suzuki")[0] == 1
    assert run("change", "list")[1] == ""
    assert f"{change}\tagreed" in run("change", "list", "--all")[1]


def test_every_verb_asks_for_its_change(run):
    for login in ("sato", "suzuki", "kato"):
        run(*add(login))  # kato waits
    for words, told in (
        (["person", "role", "sato", "auditor"], "role: approver → auditor"),
        (["person", "organisation", "suzuki", "A商会"], "organisation: – → A商会"),
        (["person", "disable", "suzuki"], "enabled: yes → no"),
        (
            ["person", "deputy", "add", "sato", "--deputy", "suzuki", "--from", "2099-01-01", "--to", "2099-01-02"],
            "days",
        ),
        (["source", "add", "mailer", "--title", "会員配信"], "title: – → 会員配信"),
    ):
        code, said = run(*words)
        assert (code, "waits for the consent" in said) == (0, True)
        assert told in run("change", "list")[1]
    change = waiting(run("change", "list")[1])
    assert run("change", "refuse", change, "--as", "sato")[0] in {0, 1}  # about sato, or not
    assert run("person", "deputy", "list")[1] == ""
    assert run("person", "deputy", "end", "D-NONE")[0] == 1
    assert run("source", "remove", "mailer")[0] == 1
    assert "enabled" in run("person", "list")[1]
