"""The copy of rules and policy that is in force: checked before it replaces the one before, and changed by nobody."""

import tempfile
from pathlib import Path
from shutil import copytree

import pytest

from mailguard.config import Config, Holds, PolicySection
from mailguard.detect import ruleset
from mailguard.digest import Digester
from mailguard.errors import ConfigError
from mailguard.policy import thresholds
from mailguard.service import rulebook
from mailguard.service.rulebook import Rulebook
from mailguard.service.scanning import policy, policy_file, rules_dir


@pytest.fixture
def folder(tmp_path):
    return copytree(ruleset.shipped_dir(), tmp_path / "rules")


@pytest.fixture
def book(folder, tmp_path, monkeypatch):
    monkeypatch.setattr(rulebook, "private_folder", lambda _: Path(tempfile.mkdtemp(dir=tmp_path)))
    made = Rulebook(Config(rules_dir=folder))
    yield made
    made.close()


def test_the_copy_stays_what_it_was(book, folder):
    before = ruleset.load(folder).version
    (folder / "phone.toml").write_text("broken", "utf-8")
    (folder / "policy.toml").unlink()
    assert ruleset.load(rules_dir(book.config)).version == before == book.version
    assert thresholds(policy_file(book.config)).body.persons == 3


@pytest.mark.parametrize(
    ("name", "text", "fact"),
    [
        ("phone.toml", "broken", "phone.toml: file: cannot be read"),
        ("policy.toml", "confidence = 2", r"rules/policy\.toml:\d+: confidence"),
    ],
)
def test_what_is_broken_does_not_replace_it(book, folder, name, text, fact):
    config, version = book.config, book.version
    (folder / name).write_text(text, "utf-8")
    with pytest.raises(ConfigError, match=fact):
        book.renew()
    assert (book.config, book.version) == (config, version)
    assert ruleset.load(rules_dir(book.config)).version == version


def test_a_change_is_told_from_none(book, folder):
    assert book.renew() is False
    file = folder / "policy.toml"
    file.write_text(file.read_text("utf-8").replace("persons = 3", "persons = 4"), "utf-8")
    assert book.renew() is True
    assert thresholds(policy_file(book.config)).body.persons == 4


def test_old_copies_are_deleted(book, tmp_path):
    first = rulebook.folder_of(book.config)
    for _ in range(4):
        book.renew()
    assert not first.exists()
    last = rulebook.folder_of(book.config)
    assert last.exists()
    book.close()
    assert not last.exists()


def test_a_policy_may_be_one_of_the_rule_files_or_a_path(folder, tmp_path):
    relaxed = Config(rules_dir=folder, policy=PolicySection(file="policy-relaxed.toml"))
    assert policy_file(relaxed) == folder / "policy-relaxed.toml"
    own = Config(rules_dir=folder, policy=PolicySection(file=str(tmp_path / "own.toml")))
    assert policy_file(own) == tmp_path / "own.toml"
    with pytest.raises(ConfigError, match=r"own\.toml: cannot be read .*policy\.file"):
        Rulebook(own)


ROUTE = '[[route]]\nname = "{}"\nthen = {{ approvals = 2 }}\n'


def test_routes_are_copied_and_read_again_and_a_broken_file_is_not_used(folder, tmp_path, monkeypatch):
    monkeypatch.setattr(rulebook, "private_folder", lambda _: Path(tempfile.mkdtemp(dir=tmp_path)))
    path = tmp_path / "own-routes.toml"
    path.write_text(ROUTE.format("two"), "utf-8")
    book = Rulebook(Config(rules_dir=folder, holds=Holds(routes=str(path))))
    key = Digester(b"k" * 32)
    assert policy(book.config, key).routes.routes[0].name == "two"
    path.write_text(ROUTE.format("three"), "utf-8")
    assert policy(book.config, key).routes.routes[0].name == "two"
    assert book.renew() is True
    assert policy(rulebook.under(Config(), rulebook.folder_of(book.config)), key).routes.routes[0].name == "three"
    assert policy(book.config, key).routes.routes[0].name == "three"
    for text in ("broken", ROUTE.format("x").replace("approvals", "approvels")):
        path.write_text(text, "utf-8")
        with pytest.raises(ConfigError, match=r"own-routes\.toml"):
            book.renew()
    path.unlink()
    with pytest.raises(ConfigError, match=r"own-routes\.toml: cannot be read .*holds\.routes"):
        book.renew()
    assert policy(book.config, key).routes.routes[0].name == "three"
    book.close()
