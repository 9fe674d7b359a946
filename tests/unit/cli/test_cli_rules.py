"""mailguard rules: where and why an example fails; a verdict step by step."""

import itertools
import json
from datetime import UTC, datetime
from shutil import copytree

import pytest

from mailguard.cli import main
from mailguard.cli.failures import located
from mailguard.config import Config, Holds, PolicySection
from mailguard.detect import kinds, ruleset
from mailguard.service import checkup
from mailguard.service.clock import now
from mailguard.store import open_store
from mailguard.store.false_positives import FalsePositives
from mailguard.store.views import RuleCount
from mailguard.store.watching import Watched

LIST = "氏名,電話,メール\n山田太郎,090-1234-5678,taro@example.com\n鈴木花子,03-1234-5678,hanako@example.com\n"


def run(*words):
    return main([str(word) for word in words])


@pytest.fixture
def rules(tmp_path):
    return copytree(ruleset.shipped_dir(), tmp_path / "rules")


def line_of(path, text):
    return next(n for n, line in enumerate(path.read_text("utf-8").splitlines(), 1) if text in line)


@pytest.mark.parametrize(
    ("hit", "why"),
    [
        ("商品の色", "the regex finds nothing in it"),
        ("顧客 0312345678", "the regex finds '0312345678', but no word of its context stands near"),
        ("電話 0000000000", "the regex finds nothing in it"),
    ],
)
def test_an_example_that_fails_is_told_with_file_line_and_why(rules, hit, why):
    path = rules / "phone.toml"
    before, mark, after = path.read_text("utf-8").partition('id = "phone.unseparated"')
    path.write_text(before + mark + after.replace("hits = [", f'hits = ["{hit}", ', 1), "utf-8")
    loaded = ruleset.load(rules)
    [failure] = [f for f in kinds.check(loaded) if hit in f]
    said = str(located(rules, failure, loaded))
    assert said.startswith(f"{path}:{line_of(path, hit)}: phone.unseparated: hit '{hit}' does not match: {why}")


def test_a_check_that_refuses_is_the_why(rules):
    path = rules / "card.toml"
    before, mark, after = path.read_text("utf-8").partition('id = "card.grouped"')
    path.write_text(before + mark + after.replace("hits = [", 'hits = ["4111-1111-1111-1112", ', 1), "utf-8")
    loaded = ruleset.load(rules)
    [said] = [str(located(rules, failure, loaded)) for failure in kinds.check(loaded)]
    assert "the regex finds '4111-1111-1111-1112', but its check" in said
    assert "refuses it" in said


def test_examples_of_headers_and_cells_have_a_line_too(rules):
    path = rules / "name.toml"
    text = path.read_text("utf-8").replace('misses = ["会社名"', 'misses = ["氏名", "会社名"', 1)
    path.write_text(text.replace("find_hits = [", 'find_hits = [\n  "天気の話です。",\n  ', 1), "utf-8")
    loaded = ruleset.load(rules)
    lines = {located(rules, failure, loaded).line for failure in kinds.check(loaded)}
    assert lines == {line_of(path, 'misses = ["氏名"'), line_of(path, '"天気の話です。"')}


@pytest.mark.parametrize(
    ("old", "new", "at"),
    [
        ("confidence = 0.9", "confidense = 0.9", "confidense"),
        ('kind = "phone"', 'kind = "fone"', 'kind = "fone"'),
        ("[header]", "[header", "[header"),
        ("regex = '''", "regex = '''(", "regex = '''("),
    ],
)
def test_a_file_that_cannot_be_used_is_told_with_its_line(rules, capsys, old, new, at):
    path = rules / "phone.toml"
    path.write_text(path.read_text("utf-8").replace(old, new, 1), "utf-8")
    assert run("rules", "check", rules) == 1
    assert f"{path}:{line_of(path, at)}: " in capsys.readouterr().err


def test_rules_check_reads_every_policy(rules, capsys):
    relaxed = rules / "policy-relaxed.toml"
    relaxed.write_text(relaxed.read_text("utf-8").replace("persons = 5", "persons = -5"), "utf-8")
    ours = rules / "ours.toml"
    ours.write_text((rules / "policy.toml").read_text("utf-8").replace("[body]", "[bodies]"), "utf-8")
    assert run("rules", "check", rules) == 1
    said = capsys.readouterr().err
    assert f"{relaxed}:{line_of(relaxed, 'persons = -5')}: body.persons: is no number >= 1. Correct it" in said
    assert f"{ours}:{line_of(ours, '[bodies]')}: unknown key 'bodies'. Known are: " in said
    assert run("rules", "check", ours) == 1
    assert "unknown key 'bodies'" in capsys.readouterr().err
    assert run("rules", "check", rules / "policy.toml") == 0


def test_a_verdict_is_explained_step_by_step_and_masked(tmp_path, capsys):
    path = tmp_path / "list.csv"
    path.write_text(LIST, "utf-8")
    assert run("rules", "test", "--to", "x@example.net", path) == 1
    said = capsys.readouterr().out
    for step in ("parts opened", "findings", "persons", "limits of", "would have to be reported", "verdict: hold"):
        assert step in said
    assert "name by table.name: 2 (2 different) 山〇〇郎、鈴〇〇子, confidence 1.00 → counts" in said
    assert "attachment name: 2 of 1 → holds (attachment_findings)" in said
    assert "wrongful_purpose: never decided by the machine" in said
    assert "山田太郎" not in said
    assert "090-1234-5678" not in said


def test_many_persons_are_not_said_to_be_none(tmp_path, capsys):
    path = tmp_path / "list.csv"
    rows = [
        f"山田{one}{other},090-1234-{place:04}"
        for place, (one, other) in enumerate(itertools.product("一二三四五六七八九", repeat=2))
    ]
    path.write_text("\n".join(["氏名,電話番号", *rows]), "utf-8")
    assert run("rules", "test", path) == 1
    said = capsys.readouterr().out
    assert "too many to compare each with the recipient and your own: all of them count" in said
    assert "body.high_risk: 0 of 1 → does not hold" in said
    assert "neither" not in said


def test_another_policy_can_be_tried(tmp_path, capsys):
    path = tmp_path / "list.csv"
    path.write_text(LIST, "utf-8")
    assert run("rules", "test", "--json", "--policy", "policy-relaxed.toml", path) == 0
    report = json.loads(capsys.readouterr().out)
    assert report["verdict"] == "pass"
    assert {
        "limit": "attachment.persons",
        "measured": 2,
        "holds_from": 4,
        "holds": False,
        "reason": "attachment_persons",
    } in report["limits"]
    assert run("rules", "test", "--policy", "none.toml", path) == 1
    assert "none.toml: cannot be read" in capsys.readouterr().err


def test_the_mode_of_a_sending_system_can_be_tried(tmp_path, capsys):
    path = tmp_path / "notice.txt"
    path.write_text("冬のコースのご案内です。", "utf-8")
    for mode, code, reasons in (("findings", 0, []), ("every_mailing", 1, ["every_mailing"]), ("monitor", 0, [])):
        assert run("rules", "test", "--json", "--mode", mode, path) == code
        assert json.loads(capsys.readouterr().out)["reasons"] == reasons


def test_what_is_the_recipients_own_is_said(tmp_path, capsys):
    path = tmp_path / "list.csv"
    path.write_text("".join(LIST.splitlines(keepends=True)[:2]), "utf-8")
    assert run("rules", "test", "--json", "--to", "taro@example.com", path) == 0
    report = json.loads(capsys.readouterr().out)
    assert {finding["standing"] for finding in report["findings"]} == {"recipient"}
    assert report["one_recipient"]
    assert run("rules", "test", tmp_path / "none.csv") == 1


def test_scan_tells_the_legal_view(tmp_path, capsys):
    path = tmp_path / "list.csv"
    path.write_text("氏名,クレジットカード番号\n山田太郎,4111-1111-1111-1111\n", "utf-8")
    assert run("scan", "--json", path) == 1
    view = json.loads(capsys.readouterr().out)["legal"]
    assert view["reportable"] is True
    assert [ground["met"] for ground in view["grounds"]] == [False, True, None, False]
    assert view["my_number"]["met"] is False


@pytest.fixture
def configured(tmp_path):
    path = tmp_path / "mailguard.toml"
    path.write_text(f'data_dir = "{tmp_path / "data"}"\n[policy]\nmonitor = true\n')
    return ["--config", path]


def test_what_would_have_been_held_is_counted_by_day_and_source(configured, tmp_path, capsys):
    assert run("rules", "monitored", *configured) == 0
    assert capsys.readouterr().out == ""
    with open_store(f"sqlite:///{tmp_path / 'data/mailguard.db'}", tmp_path / "data", now, holds=Holds()) as store:
        store.watching.count_all([Watched("mailer", ("attachment_findings",)), Watched("", ("body_persons",))] * 2)
        [today] = {day.day for day in store.watching.days()}
    assert run("rules", "monitored", *configured) == 0
    assert f"{today}\tmailer\t通数 2通\tattachment_findings 2\n" in capsys.readouterr().out
    assert run("rules", "monitored", "--json", "--days", "1", *configured) == 0
    rows = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert rows[1] == {"day": today, "source": "mailer", "messages": 2, "reasons": {"attachment_findings": 2}}


def test_false_positives_are_counted_by_rule(configured, capsys, monkeypatch):
    assert run("rules", "stats", *configured) == 0
    assert capsys.readouterr().out == ""
    counts = [RuleCount("phone.fixed", 3, datetime(2026, 11, 21, 1, 2, tzinfo=UTC))]
    monkeypatch.setattr(FalsePositives, "by_rule", lambda self: counts)
    assert run("rules", "stats", *configured) == 0
    assert capsys.readouterr().out == "phone.fixed\t誤検知 3件\t2026-11-21 01:02 UTC\n"
    assert run("rules", "stats", "--json", *configured) == 0
    assert json.loads(capsys.readouterr().out)["holds"] == 3


def test_config_check_says_loudly_that_monitoring_is_on(configured, capsys):
    assert run("config", "check", *configured) == 0
    assert "warning: policy.monitor: MONITORING IS ON: NOTHING IS HELD" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("all = false", "all = true", "MONITORING IS ON"),
        ("rules = []", 'rules = ["phone"]', "ONLY MONITORED, holds nothing: phone"),
    ],
)
def test_the_policy_file_can_ask_for_it_too(tmp_path, old, new, said):
    path = tmp_path / "policy.toml"
    path.write_text((ruleset.shipped_dir() / "policy.toml").read_text("utf-8").replace(old, new), "utf-8")
    config = Config(data_dir=tmp_path, policy=PolicySection(file=str(path)))
    assert any(said in str(finding) and "warning" in str(finding) for finding in checkup.findings(config, now))
    assert not any("MONITOR" in str(finding) for finding in checkup.findings(Config(data_dir=tmp_path), now))
