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


def enters(run, login):
    """Somebody new, who has chosen a password."""
    run(*add(login), password="given by somebody")
    run("person", "password", login, "--own", password=f"given by somebody\n{PASSWORD}")


def waiting(said):
    return re.search(r"C-[0-9A-Z]{10}", said)[0]


def test_people_and_sources_change_by_consent_once_there_are_two_approvers(run):
    assert run(*add("tanaka", "operator")) == (0, "added tanaka\n")
    assert run("source", "add", "mailer", "--title", "会員配信", "--operator", "tanaka")[1] == "added mailer\n"
    assert run("source", "change", "mailer", "--network", "10.0.0.0/8")[1] == "changed mailer\n"
    enters(run, "sato")
    enters(run, "suzuki")
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
    enters(run, "sato")
    enters(run, "suzuki")
    run(*add("kato"))  # waits
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


def test_a_password_for_somebody_else_waits_for_consent_and_is_good_for_choosing_another(run):
    enters(run, "sato")
    assert run("person", "password", "sato", "--password-stdin", password="another given one")[1] == (
        "sato logs in with this password once, and chooses another one\n"
    )
    code, said = run("change", "agree", "C-NONE", "--as", "sato", password="another given one")
    assert (code, "mailguard person password sato --own" in said) == (1, True)
    assert run("person", "password", "sato", "--own", password=f"another given one\n{PASSWORD}")[0] == 0
    enters(run, "suzuki")
    code, said = run("person", "password", "suzuki", password="")
    change, given = waiting(said), re.search(r"password: (\S+)", said)[1]
    assert "password: – → given" in run("change", "list")[1]
    assert run("change", "refuse", "C-NONE", "--as", "suzuki", password=given)[0] == 1
    assert run("change", "agree", change, "--as", "suzuki")[0] == 1  # it is about suzuki, whose password still counts
    assert run("change", "agree", change, "--as", "sato")[0] == 0
    assert run("change", "list", "--all")[0] == 0
    assert run("person", "password", "suzuki", "--own", password=f"{PASSWORD}\n{PASSWORD}2")[0] == 1
    assert run("person", "password", "suzuki", "--own", password=f"{given}\n{PASSWORD}2")[0] == 0


@pytest.mark.parametrize(
    ("typed", "told"),
    [(f"wrong wrong wrong\n{PASSWORD}2", "is wrong"), (f"{PASSWORD}\nshort", "12 characters"), (f"{PASSWORD}\n{PASSWORD}", "not the one of now")],
)  # fmt: skip
def test_an_own_password_needs_the_old_one(run, typed, told):
    enters(run, "sato")
    code, said = run("person", "password", "sato", "--own", password=typed)
    assert (code, told in said) == (1, True)
