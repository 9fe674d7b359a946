"""The configured list of passwords: what it holds, and what is wrong with one, without a word of it."""

import pytest

from mailguard.config import Config
from mailguard.config.passwords import LINES, listed
from mailguard.errors import ConfigError


@pytest.fixture
def file(tmp_path):
    made = tmp_path / "passwords"
    made.touch(mode=0o600)
    return made


def read(file):
    return listed(Config(passwords={"list_file": file}).passwords)


def test_no_list_is_no_password():
    assert listed(Config().passwords) == ()
    assert Config().passwords.keep_hours == 24


def test_one_password_a_line_without_comments(file):
    file.write_text("# of the accounts department\nabc{mmdd}\n\n 会社名26 \n#hash1\nabc{mmdd}\n", "utf-8")
    assert read(file) == ("abc{mmdd}", "会社名26", "#hash1")


@pytest.mark.parametrize(
    ("data", "mode", "fact"),
    [
        (b"secret9\n", 0o604, "everybody may read it"),
        (b"secret9\n\x83\n", 0o600, "not UTF-8"),
        (b"".join(b"secret9%d\n" % number for number in range(LINES + 1)), 0o600, "more than 100"),
        (b"secret9" * 10, 0o600, "line 1 has more than 64"),
    ],
)
def test_what_is_wrong_is_said_without_a_password(file, data, mode, fact):
    file.write_bytes(data)
    file.chmod(mode)
    with pytest.raises(ConfigError, match=fact) as error:
        read(file)
    assert str(file) in str(error.value)
    assert "secret9" not in str(error.value)


def test_a_list_that_is_not_there_is_said(tmp_path):
    with pytest.raises(ConfigError, match="No such file"):
        read(tmp_path / "none")
