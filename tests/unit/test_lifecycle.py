from datetime import UTC, datetime

import pytest

from mailguard.lifecycle import (
    Candidate,
    Choice,
    HoldState,
    IllegalTransitionError,
    MessageState,
    Sending,
    advance,
    approvals_needed,
    decide,
    refusal,
)
from mailguard.store.calendar import add_business_days

ALLOWED = {
    ("pending", "approve"): "approved", ("pending", "reject"): "rejected", ("pending", "return"): "returned",
    ("pending", "withdraw"): "withdrawn", ("pending", "expire"): "expired",
    ("approved", "deliver_late"): "approved", ("approved", "stop_rest"): "withdrawn",
    ("returned", "withdraw"): "withdrawn", ("returned", "answer"): "pending", ("returned", "expire"): "expired",
}  # fmt: skip


@pytest.mark.parametrize("choice", Choice)
@pytest.mark.parametrize("state", HoldState)
def test_a_hold_changes_as_listed_and_not_otherwise(state, choice):
    if target := ALLOWED.get((state.value, choice.value)):
        assert decide(state, choice) == target
    else:
        with pytest.raises(IllegalTransitionError):
            decide(state, choice)


def test_only_a_held_message_of_an_approved_hold_is_released():
    assert advance(MessageState.HELD, MessageState.RELEASING) is MessageState.RELEASING
    for state in (MessageState.REJECTED, MessageState.EXPIRED, MessageState.WITHDRAWN, MessageState.RELEASED):
        with pytest.raises(IllegalTransitionError):
            advance(state, MessageState.RELEASING)


SENDING = Sending(operators={"P-1"}, logins={"bulk"}, authors={b"mail"}, declared=True)


@pytest.mark.parametrize(
    ("person", "code"),
    [
        (Candidate("P-2", "approver", "sato", b"sato"), None),
        (Candidate("P-2", "approver", "sato", b"sato", enabled=False), "disabled"),
        (Candidate("P-2", "administrator", "sato", b"sato"), "not_approver"),
        (Candidate("P-1", "approver", "sato", b"sato"), "own_source"),
        (Candidate("P-2", "approver", "bulk", b"sato"), "own_login"),
        (Candidate("P-2", "approver", "sato", b"mail"), "own_address"),
    ],
)
def test_who_may_decide(person, code):
    assert refusal(person, SENDING) == code


def test_an_undeclared_source_needs_two():
    assert approvals_needed(SENDING) == 1
    assert approvals_needed(Sending((), (), (), declared=False)) == 2


@pytest.mark.parametrize(
    ("start", "days", "end"),
    [
        ("2027-04-28T10:00+09:00", 1, "2027-04-30T10:00+09:00"),  # over 昭和の日
        ("2027-04-28T10:00+09:00", 3, "2027-05-07T10:00+09:00"),  # over Golden Week
        ("2027-05-01T23:30+09:00", 1, "2027-05-06T23:30+09:00"),  # opened on a Saturday
        ("2026-09-18T09:00+09:00", 1, "2026-09-24T09:00+09:00"),  # 敬老の日, 国民の休日, 秋分の日 in a row
        ("2027-04-28T16:00+00:00", 1, "2027-04-30T01:00+09:00"),  # already Thursday in Tokyo
    ],
)
def test_business_days_in_japan(start, days, end):
    assert add_business_days(datetime.fromisoformat(start).astimezone(UTC), days) == datetime.fromisoformat(end)
