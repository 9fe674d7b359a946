"""Pictures that nothing here reads: when the policy lets them pass, and when not."""

import msgspec
import pytest

from mailguard.config import Own
from mailguard.detect.ruleset import shipped_dir
from mailguard.digest import Digester
from mailguard.errors import ConfigError
from mailguard.model import Action, Envelope, Inspection, Problem, ProblemKind, Source
from mailguard.policy import Mailings, Policy, explain, judge, thresholds
from mailguard.policy.thresholds import Pictures

D = Digester(b"k" * 32)
LIMITS = thresholds(shipped_dir() / "policy.toml")
PHOTO = Problem(("写真.jpg",), ProblemKind.NOT_READ, "image of 900 x 900 pixels", b"photo", picture=True)
SOURCE, OTHER = Source("crm", "CRM"), Source("shop", "Shop")


def policy(**rule: object) -> Policy:
    return Policy.build(msgspec.structs.replace(LIMITS, pictures=Pictures(**rule)), Own(), D)


def to(number: int) -> Envelope:
    return Envelope("a@example.jp", (f"member{number}@example.com",))


def sent(mailings: Mailings, number: int, now: float = 0.0, *, source: Source = SOURCE, problem: Problem = PHOTO, subject: bytes = b"s"):  # fmt: skip
    inspection = Inspection(problems=(problem,), subject_key=subject)
    rule = policy()
    recipients = mailings.recipients(to(number), inspection, source, rule, now)
    return judge(to(number), inspection, rule, recipients=recipients).action


def test_the_sixth_recipient_of_a_mailing_is_held():
    mailings = Mailings()
    assert [sent(mailings, number) for number in range(7)] == [Action.PASS] * 5 + [Action.HOLD] * 2


def test_the_same_recipient_again_is_no_mailing():
    mailings = Mailings()
    assert {sent(mailings, 1) for _ in range(9)} == {Action.PASS}


def test_other_sources_subjects_and_days_are_other_mailings():
    mailings = Mailings()
    for number in range(5):
        sent(mailings, number)
    other = Problem(("b.jpg",), ProblemKind.NOT_READ, "", b"other", picture=True)
    assert sent(mailings, 9, source=OTHER) is Action.PASS
    assert sent(mailings, 9, problem=other, subject=b"t") is Action.PASS
    assert sent(mailings, 9, now=25 * 3_600) is Action.PASS


def test_the_same_picture_under_other_subjects_and_other_pictures_under_one_are_a_mailing():
    pictures, subjects = Mailings(), Mailings()
    for number in range(6):
        other = Problem((f"{number}.jpg",), ProblemKind.NOT_READ, "", b"%d" % number, picture=True)
        last = sent(pictures, number, subject=b"%d" % number), sent(subjects, number, problem=other)
    assert last == (Action.HOLD, Action.HOLD)


def test_one_message_to_many_is_a_mailing():
    envelope = Envelope("a@example.jp", tuple(f"m{n}@example.com" for n in range(6)))
    inspection, rule = Inspection(problems=(PHOTO,)), policy()
    assert judge(envelope, inspection, rule, recipients=Mailings().recipients(envelope, inspection, SOURCE, rule, 0.0)).reasons == ("problem_not_read",)  # fmt: skip


@pytest.mark.parametrize(
    ("rule", "recipients", "action"),
    [
        ({"unread": "always"}, 1, Action.HOLD),
        ({"unread": "never"}, 1_000, Action.PASS),
        ({"unread": "never"}, None, Action.PASS),
        ({}, None, Action.HOLD),
        ({"recipients": 0}, 1, Action.HOLD),
    ],
)
def test_the_rule_is_the_policy_s(rule, recipients, action):
    assert judge(to(1), Inspection(problems=(PHOTO,)), policy(**rule), recipients=recipients).action is action


def test_other_problems_hold_whatever_the_rule_says():
    base64 = Problem(("x",), ProblemKind.NOT_READ, "", b"x")
    assert judge(to(1), Inspection(problems=(base64,)), policy(unread="never"), recipients=1).action is Action.HOLD
    assert Mailings().recipients(to(1), Inspection(problems=(base64,)), SOURCE, policy(), 0.0) is None


def test_an_explanation_names_the_limit():
    told = explain(to(1), Inspection(problems=(PHOTO,)), policy())
    assert [comparison.code for comparison in told.comparisons if comparison.holds] == ["problem_not_read"]


def test_a_wrong_rule_is_one_clear_error(tmp_path):
    file = tmp_path / "p.toml"
    file.write_text(
        (shipped_dir() / "policy.toml").read_text("utf-8").replace('unread = "mailing"', 'unread = "maybe"')
    )
    with pytest.raises(ConfigError, match=r"p\.toml:\d+: pictures\.unread: .*'maybe'.*Correct it"):
        thresholds(file)
