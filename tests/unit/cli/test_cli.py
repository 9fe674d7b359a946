"""The command line: exit codes, what it says, and what it cannot do."""

import io
import json
import os
import sqlite3

import pytest

from mailguard.cli import main, parser
from mailguard.cli.commands import COMMANDS
from mailguard.demo.mailings import ski_run


@pytest.fixture
def configured(tmp_path):
    path = tmp_path / "mailguard.toml"
    path.write_text(f'data_dir = "{tmp_path / "data"}"\n')
    return ["--config", str(path)]


def run(*words):
    return main([str(word) for word in words])


def test_people_and_sources_are_added_listed_and_disabled(configured, capsys, monkeypatch):
    add = ["--name", "田中 送信", "--email", "tanaka@example.jp", "--role", "operator"]
    assert run("person", "add", "tanaka", *add, *configured) == 0
    assert "password: " in capsys.readouterr().out
    monkeypatch.setattr("sys.stdin", io.StringIO("a long enough password\n"))
    assert run("person", "add", "sato", *add[:-1], "approver", "--password-stdin", *configured) == 0
    assert "password" not in capsys.readouterr().out
    assert (
        run(
            "source",
            "add",
            "mailer",
            "--title",
            "会員配信",
            "--operator",
            "tanaka",
            "--network",
            "10.0.0.0/8",
            *configured,
        )
        == 0
    )
    assert run("source", "list", *configured) == 0
    assert "mailer\tfindings\ttanaka\t10.0.0.0/8\t\t会員配信" in capsys.readouterr().out
    assert run("person", "disable", "sato", *configured) == 0
    assert run("person", "list", *configured) == 0
    assert "sato\tapprover\tdisabled" in capsys.readouterr().out


def test_logins_are_added_listed_disabled_and_changed(configured, capsys, monkeypatch):
    assert run("login", "add", "mailer", *configured) == 0
    assert "password: " in capsys.readouterr().out
    monkeypatch.setattr("sys.stdin", io.StringIO("a long enough password\n"))
    assert run("login", "add", "other", "--password-stdin", *configured) == 0
    assert run("login", "disable", "MAILER", *configured) == 0
    capsys.readouterr()
    assert run("login", "list", *configured) == 0
    assert capsys.readouterr().out == "mailer\tdisabled\nother\tenabled\n"
    assert run("login", "password", "mailer", *configured) == 0
    assert run("login", "list", *configured) == 0
    assert "mailer\tenabled" in capsys.readouterr().out
    assert run("login", "add", "other", *configured) == 1
    assert "there already" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("words", "error"),
    [
        (["person", "disable", "nobody"], "No such person. `mailguard person list`"),
        (["person", "password", "nobody"], "No such person."),
        (["login", "disable", "nobody"], "No such login. `mailguard login list`"),
        (["source", "add", "m", "--title", "t", "--operator", "nobody"], "no such person. Add one with"),
        (["hold", "show", "H-NONE"], "No such hold. `mailguard hold list`"),
    ],
)
def test_what_is_not_there_is_one_sentence_and_exit_1(configured, capsys, words, error):
    assert run(*words, *configured) == 1
    said = capsys.readouterr().err
    assert error in said
    assert "Traceback" not in said


def test_a_login_is_taken_once(configured, capsys):
    add = ["person", "add", "sato", "--name", "佐藤", "--role", "approver", *configured]
    assert run(*add) == 0
    assert run(*add) == 1
    assert "taken. Choose another one" in capsys.readouterr().err


def test_a_short_password_is_refused(configured, capsys, monkeypatch):
    monkeypatch.setattr("sys.stdin", io.StringIO("short\n"))
    assert run("person", "add", "s", "--name", "s", "--role", "approver", "--password-stdin", *configured) == 1
    assert "12" in capsys.readouterr().err


def test_usage_is_exit_2(capsys):
    for words in ([], ["nonsense"], ["person"], ["scan"], ["scan", "--spans", "file"]):
        with pytest.raises(SystemExit) as ended:
            main(words)
        assert ended.value.code == 2
        assert "usage:" in capsys.readouterr().err


def test_a_shell_is_no_second_person():
    texts = parser().format_help()
    with pytest.raises(SystemExit):
        main(["hold", "approve", "H-1"])
    assert "approves it" in texts


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_is_there_when_it_is_called_for(command, capsys):
    with pytest.raises(SystemExit) as ended:
        main([command, "--help"])
    assert ended.value.code == 0
    assert COMMANDS[command].partition(" ")[0] in capsys.readouterr().out


def test_every_command_has_a_sentence_and_an_example(capsys):
    for words in (
        ["serve"],
        ["demo"],
        ["scan"],
        ["person", "add"],
        ["hold", "list"],
        ["rules", "check"],
        ["config", "check"],
    ):
        with pytest.raises(SystemExit) as ended:
            main([*words, "--help"])
        assert ended.value.code == 0
        assert "Example: mailguard" in capsys.readouterr().out


def test_the_record_is_verified_and_a_changed_one_is_found(configured, capsys, tmp_path):
    assert run("person", "add", "sato", "--name", "佐藤", "--role", "approver", *configured) == 0
    assert run("audit", "verify", *configured) == 0
    database = sqlite3.connect(tmp_path / "data" / "mailguard.db")
    for (trigger,) in database.execute("select name from sqlite_master where type = 'trigger'").fetchall():
        database.execute(f"drop trigger {trigger}")
    database.execute("update audit set actor = 'somebody else' where seq = 1")
    database.commit()
    database.close()
    assert run("audit", "verify", *configured) == 1
    assert "record 1 was changed" in capsys.readouterr().err


def test_a_missing_key_is_refused(configured, capsys, tmp_path):
    assert run("db", "upgrade", *configured) == 0
    (tmp_path / "data" / "mailguard.key").unlink()
    assert run("db", "upgrade", *configured) == 1
    assert "mailguard.key" in capsys.readouterr().err


def test_config_example_and_check(configured, capsys):
    assert run("config", "example") == 0
    assert "[smtp]" in capsys.readouterr().out
    assert run("config", "check", *configured) == 0
    said = capsys.readouterr().out
    assert "rules: ok" in said
    assert "sandbox: seccomp" in said


def test_a_rule_whose_hit_does_not_match_is_named(capsys, tmp_path):
    from shutil import copytree

    from mailguard.detect.ruleset import shipped_dir

    rules = copytree(shipped_dir(), tmp_path / "rules")
    assert run("rules", "check", rules) == 0
    phone = rules / "phone.toml"
    phone.write_text(phone.read_text().replace("hits = [", 'hits = ["商品の色", ', 1))
    assert run("rules", "check", rules) == 1
    assert "phone.toml" in capsys.readouterr().err
    phone.write_text("kind = ")
    assert run("rules", "check", rules) == 1
    assert "phone.toml" in capsys.readouterr().err


def test_scan_says_how_much_was_read_from_each_part(capsys, tmp_path):
    table, text = tmp_path / "商品.csv", tmp_path / "案内.txt"
    table.write_bytes("品名,価格\r\nりんご,100\r\nみかん,80\r\n".encode("cp932"))
    text.write_text("本日の営業は十八時までです。")
    assert run("scan", "--json", table, text) == 0
    read = [json.loads(line)["parts"] for line in capsys.readouterr().out.splitlines()]
    assert [(part["path"], part["rows"], part["characters"]) for (part,) in read] == [
        (["商品.csv"], 3, 0),
        (["案内.txt"], 0, 14),
    ]


def test_scan_says_of_each_part_whether_nothing_is_written_in_it_or_nobody_looked(capsys, tmp_path):
    pages, icon, table = tmp_path / "白紙.html", tmp_path / "logo.png", tmp_path / "商品.csv"
    pages.write_text("<html><body><p> <hr></p></body></html>")
    icon.write_bytes(b"GIF89a\x14\0\x14\0\0\0\0;")
    table.write_bytes("品名,価格\r\nりんご,100\r\nみかん,80\r\n".encode("cp932"))
    assert run("scan", "--json", pages, icon, table) == 0
    read = [json.loads(line)["parts"] for line in capsys.readouterr().out.splitlines()]
    assert [(part["blank"], part["passed"]) for (part,) in read] == [(True, ""), (False, "icon"), (False, "")]


def test_scan_says_what_cannot_be_read_and_goes_on(capsys, tmp_path):
    mail = tmp_path / "clean.eml"
    mail.write_bytes(next(ski_run(1, 1)).content)
    assert run("scan", "--json", tmp_path / "none.eml", mail) == 1
    said = capsys.readouterr()
    assert "none.eml: cannot be read" in said.err
    assert json.loads(said.out)["verdict"] == "pass"
    assert run("scan", mail) == 0


def test_spans_are_offsets_in_the_original(capsys, monkeypatch):
    text = "ご担当は山田太郎様、電話は０９０－１２３４－５６７８です。ｱﾄﾞﾚｽはtaro@example.comまで"
    monkeypatch.setattr("sys.stdin", io.StringIO(json.dumps({"text": text}) + "\n" + json.dumps({"text": ""}) + "\n"))
    assert run("scan", "--spans") == 0
    first, second = [json.loads(line)["spans"] for line in capsys.readouterr().out.splitlines()]
    found = {kind: text[start:end] for kind, start, end in first}
    assert found == {"name": "山田太郎", "phone": "０９０－１２３４－５６７８", "email": "taro@example.com"}
    assert second == []


@pytest.mark.parametrize("line", ["not json", "[]", '{"txt": "x"}', '{"text": 1}'])
def test_a_bad_line_is_named(capsys, monkeypatch, line):
    monkeypatch.setattr("sys.stdin", io.StringIO('{"text": "x"}\n' + line + "\n"))
    assert run("scan", "--spans") == 1
    assert "line 2 is not a JSON object" in capsys.readouterr().err


def test_an_end_of_the_record_from_the_log_is_looked_for(configured, capsys):
    assert run("audit", "verify", *configured) == 0
    head = capsys.readouterr().out.split()[-1]
    for name in ("one", "two"):
        assert run("login", "add", name, *configured) == 0
    assert run("audit", "verify", "--head", head, *configured) == 0
    assert run("audit", "verify", "--head", "1:" + "0" * 64, *configured) == 1
    assert "record 1 is not what it was" in capsys.readouterr().err
    with pytest.raises(SystemExit):
        run("audit", "verify", "--head", "12", *configured)


def test_the_database_gets_a_new_key_and_is_purged(configured, capsys, monkeypatch, tmp_path):
    assert run("login", "add", "one", *configured) == 0
    old = (tmp_path / "data" / "mailguard.key").read_bytes()
    assert run("db", "rotate-key", *configured) == 0
    assert "1 values are sealed under the new key" in capsys.readouterr().out
    assert (tmp_path / "data" / "mailguard.key").read_bytes() != old
    assert run("db", "purge", "--dry-run", *configured) == 0
    monkeypatch.setenv("MAILGUARD_RETENTION__CONFIRM", "true")
    assert run("db", "purge", *configured) == 1
    assert "an approver must confirm" in capsys.readouterr().err
    monkeypatch.setattr("sys.stdin", io.StringIO("wrong\n"))
    assert run("db", "purge", "--confirm", "nobody", *configured) == 1
    assert "Nothing was changed" in capsys.readouterr().err
    assert run("audit", "export", "--hold", "H-0", *configured) == 1


def test_matrix_products_of_a_command_take_one_thread_unless_said_otherwise(monkeypatch):
    for said, taken in (("", "1"), ("4", "4")):
        monkeypatch.setenv("OPENBLAS_NUM_THREADS", said)
        if not said:
            monkeypatch.delenv("OPENBLAS_NUM_THREADS")
        with pytest.raises(SystemExit):
            main(["--version"])
        assert os.environ["OPENBLAS_NUM_THREADS"] == taken
