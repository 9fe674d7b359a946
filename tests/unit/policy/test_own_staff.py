"""Own staff in attachments, in every way in which people write a name; and whoever only resembles them."""

import pytest

from mailguard.config import Own
from mailguard.detect.ruleset import shipped_dir
from mailguard.detect.whole import Detector
from mailguard.digest import Digester
from mailguard.inspect.engine import Engine
from mailguard.model import Action, Envelope
from mailguard.policy import Policy, judge, thresholds
from mailguard.unpack.budget import Limits

D = Digester(b"k" * 32)
OWN = Own(
    domains=("example.co.jp",),
    phones=("03-1234-5678",),
    addresses=("東京都千代田区丸の内1-2-3 みらいビル5階",),
    names=("佐藤 花子（サトウ ハナコ）", "髙橋 一郎", "服部 京子（はっとり きょうこ）"),
)


@pytest.fixture(scope="module")
def engine():
    return Engine(Detector.build(shipped_dir(), D), D, Limits())


def action(engine, text, name="案内.txt"):
    policy = Policy.build(thresholds(shipped_dir() / "policy.toml"), OWN, D)
    to = Envelope("news@example.co.jp", ("b@example.com", "c@example.com"))
    return judge(to, engine.file(name, text.encode()), policy).action


@pytest.mark.parametrize(
    "text",
    [
        "担当: 佐藤　花子 様",
        "担当：佐藤  花子",
        "担当：佐 藤 花 子",
        "担当：佐　藤　花　子 様",
        "担当：佐藤花子（サトウ ハナコ）",
        "担当：佐藤花子（さとう はなこ）",
        "担当：サトウ ハナコ",
        "担当：ｻﾄｳ ﾊﾅｺ",
        "担当：さとう はなこ",
        "担当：SATO Hanako",
        "担当：Hanako Satoh",
        "担当：Kyoko Hattori",
        "担当：高 橋 一 郎",
        "担当：髙橋一郎",
        "担当：髙橋一郎（タカハシ イチロウ）",
        "株式会社みらい 担当：佐藤 03-1234-5678",
        "株式会社みらい TEL 03-1234-5678\n担当：佐藤",
        "お問い合わせ：03-1234-5678（サトウ）",
        "佐藤 hanako@example.co.jp",
        "mail: info[at]example.co.jp",
        "mail: info(at)example(dot)co(dot)jp",
        "電話：〇三ー一二三四ー五六七八",
        "住所：東京都千代田区丸の内一丁目二番三号 みらいビル５Ｆ",
    ],
)
def test_own_staff_are_known_in_every_writing(engine, text):
    assert action(engine, text) is Action.PASS


@pytest.mark.parametrize(
    "rows",
    [
        "氏名,フリガナ,電話\n佐藤花子,サトウ ハナコ,03-1234-5678\n",
        "氏名,ふりがな\n佐藤　花子,さとう　はなこ\n髙橋 一郎,たかはし いちろう\n",
        "姓,名,セイ,メイ\n佐藤,花子,サトウ,ハナコ\n髙橋,一郎,タカハシ,イチロウ\n",
        "担当,電話\n佐藤,03-1234-5678\n高橋,03-1234-5678\n",
        "講師,科目\n佐藤花子先生,英語\n服部 京 子,国語\n",
        "担当,会社\n佐藤花子（サトウ ハナコ）,A\n高橋一郎(タカハシ イチロウ),B\n",
    ],
)
def test_own_staff_are_known_in_tables(engine, rows):
    assert action(engine, rows, "担当.csv") is Action.PASS


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("担当：佐藤 一郎", "a.txt"),
        ("担当：佐 藤 花 江", "a.txt"),
        ("ご予約：佐藤様 18:00", "a.txt"),
        ("佐藤 090-1111-2222", "a.txt"),
        ("株式会社みらい 担当：佐藤 090-1111-2222", "a.txt"),
        ("佐藤 住所：千葉県千葉市中央区中央1-2-3", "a.txt"),
        ("株式会社みらい TEL 03-1234-5678\n担当：鈴木", "a.txt"),
        ("担当：サトウ イチロウ", "a.txt"),
        ("担当：佐藤花子（090-1111-2222）", "a.txt"),
        ("氏名,フリガナ\n佐藤花子,サトウ ハナコ\n佐藤一郎,サトウ イチロウ\n", "a.csv"),
        ("姓,名\n佐藤,花子\n佐藤,一郎\n", "a.csv"),
        ("担当,電話\n佐藤,03-1234-5678\n高橋,090-1111-2222\n", "a.csv"),
        ("mail: info[at]example.com", "a.txt"),
    ],
)
def test_who_only_resembles_them_is_held(engine, text, name):
    assert action(engine, text, name) is Action.HOLD
