import shutil

import pytest

from mailguard.detect import kinds, ruleset
from mailguard.errors import ConfigError

GOOD = """
kind = "phone"
[header]
exact = ["tel"]
[[pattern]]
id = "phone.test"
regex = '[0-9]{3}-[0-9]{4}'
confidence = 0.9
hits = ["123-4567"]
misses = ["12-4567"]
"""


def test_every_shipped_example_holds(rules):
    assert kinds.check(rules) == []


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ('kind = "phone"', 'kind = "fone"', "phone.toml: kind: 'fone' is no kind"),
        ("confidence", "confidense", "phone.toml: phone.test: unknown key 'confidense'"),
        ("{3}", "{3", "phone.toml: phone.test"),
        ("[0-9]{3}-[0-9]{4}'", "([0-9]'", "regex does not compile"),
        ("[0-9]{3}-[0-9]{4}'", "[0-9]*'", "matches the empty text"),
        ("0.9", "9", "confidence is no number from 0 to 1"),
        ('hits = ["123-4567"]', "", "hits or misses are missing"),
        ('exact = ["tel"]', 'exakt = ["tel"]', "phone.toml: header: unknown key 'exakt'"),
        ('exact = ["tel"]', 'exact = "tel"', "exact is no list of texts"),
        ("confidence = 0.9", 'confidence = 0.9\ncheck = "lunh"', "unknown check 'lunh'"),
        ("confidence = 0.9", "confidence = 0.9\nrequire_context = true", "require_context has no context"),
        ("confidence = 0.9", "confidence = 0.9\nanchor = '['", "phone.test: anchor does not compile"),
        ("confidence = 0.9", "confidence = 0.9\nanchor = 1", "phone.test: anchor does not compile"),
        ("[header]", "[header", "cannot be read"),
    ],
)
def test_a_broken_rule_file_is_refused_with_place_and_fact(tmp_path, old, new, said):
    assert old in GOOD
    (tmp_path / "phone.toml").write_text(GOOD.replace(old, new, 1), "utf-8")
    if new == "{3":
        ruleset.load(tmp_path)  # a brace that is not closed is a literal brace: the hit then fails
        failures = kinds.check(ruleset.load(tmp_path))
        assert any(said in failure and "does not match" in failure for failure in failures)
        return
    with pytest.raises(ConfigError, match=r".+: .+: .+") as raised:
        ruleset.load(tmp_path)
    assert said in str(raised.value)


def test_a_hit_that_does_not_match_and_a_miss_that_does_are_told(tmp_path):
    text = GOOD.replace('hits = ["123-4567"]', 'hits = ["abc"]').replace(
        'misses = ["12-4567"]', 'misses = ["123-4567"]'
    )
    (tmp_path / "phone.toml").write_text(text, "utf-8")
    failures = kinds.check(ruleset.load(tmp_path))
    assert [failure.split(" ")[:4] for failure in failures] == [
        ["phone.toml:", "phone.test:", "hit", "'abc'"],
        ["phone.toml:", "phone.test:", "miss", "'123-4567'"],
    ]


@pytest.mark.parametrize("wrong", ["literals = ['tel']", "anchor = '[0-9]{5}'", "literals = ['-', '5']\nanchor = 'A'"])
def test_a_hit_that_a_long_text_would_lose_is_told(tmp_path, wrong):
    (tmp_path / "phone.toml").write_text(GOOD.replace("confidence", f"{wrong}\nconfidence", 1), "utf-8")
    assert any("is lost in a long text" in failure for failure in kinds.check(ruleset.load(tmp_path)))


def test_the_version_changes_with_any_byte_of_a_rule(tmp_path):
    (tmp_path / "phone.toml").write_text(GOOD, "utf-8")
    first = ruleset.load(tmp_path).version
    (tmp_path / "phone.toml").write_text(GOOD + "\n", "utf-8")
    assert ruleset.load(tmp_path).version != first


def test_two_files_of_one_kind_and_an_empty_folder_are_refused(tmp_path):
    with pytest.raises(ConfigError, match="no rule files"):
        ruleset.load(tmp_path)
    (tmp_path / "a.toml").write_text(GOOD, "utf-8")
    (tmp_path / "b.toml").write_text(GOOD, "utf-8")
    with pytest.raises(ConfigError, match=r"b\.toml: kind: phone has a file already"):
        ruleset.load(tmp_path)


def test_shipped_rules_can_be_copied_elsewhere(tmp_path, rules):
    for path in ruleset.shipped_dir().glob("*.toml"):
        shutil.copy(path, tmp_path)
    assert ruleset.load(tmp_path).version == rules.version
