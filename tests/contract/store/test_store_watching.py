"""What would have been held is counted by day, source and reason; what people call a false positive, by rule."""

import json

import pytest

from mailguard.lifecycle import Choice, HoldState
from mailguard.store.views import WatchedDay
from mailguard.store.watching import Watched

CSV = Watched("ski", ("attachment_findings", "visible_addresses"))


def test_messages_are_counted_once_a_day_and_by_reason(stage):
    watching = stage.store.watching
    assert watching.days() == []
    assert list(watching.count_all([CSV, CSV, Watched("", ("body_persons",))])) == [None] * 3
    watching.count_all([Watched("ski", ("visible_addresses",))])
    today = stage.clock.now.date().isoformat()
    assert watching.days() == [
        WatchedDay(today, "", 1, {"body_persons": 1}),
        WatchedDay(today, "ski", 3, {"attachment_findings": 2, "visible_addresses": 3}),
    ]
    assert watching.today() == 4


def test_a_day_begins_at_midnight_in_japan(stage):
    stage.store.watching.count_all([CSV])
    stage.clock.forward(hours=13, minutes=59)  # 23:59 in Tokyo
    assert stage.store.watching.today() == 1
    stage.clock.forward(minutes=1)
    assert stage.store.watching.today() == 0
    stage.store.watching.count_all([CSV])
    assert [(row.day, row.messages) for row in stage.store.watching.days()] == [("2027-04-29", 1), ("2027-04-28", 1)]
    assert [row.day for row in stage.store.watching.days(1)] == ["2027-04-29"]


def test_a_false_positive_is_counted_for_each_rule_of_the_evidence_once_a_hold(stage, staff):
    _, sato, suzuki, source = staff
    first = stage.admit(source).hold_id
    approve(stage, first, sato)
    other = stage.admit(source, key=b"other", evidence=(b"another",)).hold_id
    approve(stage, other, suzuki)
    [counted] = stage.store.false_positives.by_rule()
    assert (counted.rule, counted.holds, counted.last) == ("name", 2, stage.clock.now)
    [row] = [
        row for row in stage.store.audit.rows(limit=50, offset=0, subject=first) if row.action.endswith("positive")
    ]
    assert json.loads(row.detail) == {"rules": ["name"]}


def test_two_approvals_of_one_hold_count_once(stage, staff):
    _, sato, suzuki, _ = staff
    undeclared = stage.source(name="empty")
    hold = stage.admit(undeclared).hold_id
    assert approve(stage, hold, sato) is HoldState.PENDING
    assert approve(stage, hold, suzuki) is HoldState.APPROVED
    assert [counted.holds for counted in stage.store.false_positives.by_rule()] == [1]


def test_a_hold_without_findings_counts_for_its_reasons(stage, staff):
    _, sato, _, source = staff
    hold = stage.admit(source, evidence=(), reasons=("visible_addresses",)).hold_id
    approve(stage, hold, sato)
    assert [counted.rule for counted in stage.store.false_positives.by_rule()] == ["visible_addresses"]


@pytest.mark.parametrize("choice", [Choice.APPROVE, Choice.REJECT])
def test_nothing_is_counted_unless_somebody_says_so_and_approves(stage, staff, choice):
    _, sato, _, source = staff
    hold = stage.admit(source).hold_id
    stage.store.holds.decide(
        hold, revision=stage.row(hold).revision, choice=choice, person_id=sato.id, reason="x", cap=10,
        false_positive=choice is Choice.REJECT,
    )  # fmt: skip
    assert stage.store.false_positives.by_rule() == []


def approve(stage, hold, person):
    return stage.store.holds.decide(
        hold, revision=stage.row(hold).revision, choice=Choice.APPROVE, person_id=person.id, reason="商品名だけ", cap=10,
        false_positive=True,
    )  # fmt: skip
