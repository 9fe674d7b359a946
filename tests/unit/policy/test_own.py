"""The organisation's own contacts in other notations than those of the configuration."""

import pytest

from mailguard import normal
from mailguard.config import Own
from mailguard.detect.ruleset import shipped_dir
from mailguard.digest import Digester
from mailguard.model import Action, Envelope, Finding, Inspection, Kind
from mailguard.policy import Policy, judge, thresholds

D = Digester(b"k" * 32)
FORMS = {
    Kind.NAME: normal.name,
    Kind.NAME_KANA: normal.kana,
    Kind.PHONE: normal.phone,
    Kind.ADDRESS: normal.address,
    Kind.POSTAL_CODE: normal.postal_code,
}
OWN = Own(
    domains=("Example.co.jp",),
    phones=("03-1234-5678",),
    addresses=("〒100-0005 東京都千代田区丸の内1-2-3 みらいビル5階", "530-0001大阪市北区梅田三丁目1番1号"),
    names=("佐藤 花子", "髙橋一郎", "サトウ ハナコ"),
)


def held(kind, value):
    """A finding as detection makes it of a value."""
    found = Finding("r", kind, ("a.csv",), "", 1, 1, (), (D.of(str(kind), FORMS[kind](value)),), key=b"leaf")
    policy = Policy.build(thresholds(shipped_dir() / "policy.toml"), OWN, D)
    return judge(Envelope("a@example.co.jp", ("b@example.com",)), Inspection(findings=(found,)), policy).action


@pytest.mark.parametrize(
    ("kind", "value"),
    [
        (Kind.NAME, "佐藤花子"),
        (Kind.NAME, "佐藤　花子 様"),
        (Kind.NAME, "高橋 一郎"),
        (Kind.NAME_KANA, "ｻﾄｳ ﾊﾅｺ"),
        (Kind.NAME_KANA, "さとうはなこ"),
        (Kind.PHONE, "(03)1234-5678"),
        (Kind.PHONE, "０３－１２３４－５６７８"),
        (Kind.PHONE, "+81 3-1234-5678"),
        (Kind.ADDRESS, "千代田区丸の内一丁目2番3号"),
        (Kind.ADDRESS, "東京都千代田区丸の内１－２－３"),
        (Kind.ADDRESS, "東京都千代田区丸の内1-2-3みらいビル5階"),
        (Kind.ADDRESS, "大阪市北区梅田3-1-1"),
        (Kind.POSTAL_CODE, "100-0005"),
        (Kind.POSTAL_CODE, "5300001"),
    ],
)
def test_another_notation_is_still_the_own(kind, value):
    assert held(kind, value) is Action.PASS


@pytest.mark.parametrize(
    ("kind", "value"),
    [
        (Kind.NAME, "佐藤花"),
        (Kind.PHONE, "03-1234-5679"),
        (Kind.ADDRESS, "東京都千代田区丸の内"),
        (Kind.ADDRESS, "東京都千代田区丸の内1-2-4"),
        (Kind.POSTAL_CODE, "100-0004"),
    ],
)
def test_what_only_resembles_it_is_not(kind, value):
    assert held(kind, value) is Action.HOLD
