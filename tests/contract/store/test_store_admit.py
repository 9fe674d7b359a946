import re

import pytest

from mailguard.errors import NotFoundError
from mailguard.lifecycle import Choice, HoldState, MessageState
from mailguard.store.register import UNDECLARED


def test_the_first_message_opens_a_hold_and_tells_who_is_concerned(stage, staff):
    _, _, _, ski = staff
    stage.person("mailless", email="")
    admission = stage.admit(ski)
    row = stage.row(admission.hold_id)
    assert re.fullmatch(r"H-[0-9A-HJKMNP-TV-Z]{10}", admission.hold_id)
    assert (admission.state, admission.outcome) == (HoldState.PENDING, "opened")
    assert (row.messages, row.recipients, row.persons, row.revision, row.approvals_needed) == (1, 1, 3, 1, 1)
    assert row.subject == "冬の〇〇"
    assert stage.heard("opened") == ["sato", "suzuki", "tanaka"]
    assert stage.actions(admission.hold_id) == ["hold.opened"]


def test_later_messages_join_without_raising_the_revision(stage, staff):
    ski = staff[3]
    first = stage.admit(ski)
    later = stage.admit(ski, stage.message(to=("a@example.jp", "b@example.jp")), persons=7)
    row = stage.row(first.hold_id)
    assert (later.hold_id, later.outcome) == (first.hold_id, "joined")
    assert (row.messages, row.recipients, row.persons, row.revision) == (2, 3, 7, 1)
    assert stage.heard("opened") == ["sato", "suzuki", "tanaka"]


@pytest.mark.parametrize("news", [{"evidence": (b"leaf", b"other")}, {"reasons": ("attachment", "body")}])
def test_new_evidence_or_reasons_raise_the_revision(stage, staff, news):
    ski = staff[3]
    hold_id = stage.admit(ski).hold_id
    assert stage.admit(ski, **news).outcome == "joined"
    row = stage.row(hold_id)
    assert row.revision == 2
    assert set(news.get("reasons", ("attachment",))) == set(row.reasons)
    keys = {finding.key for finding in stage.store.holds.get(hold_id).inspection.findings}
    assert keys == set(news.get("evidence", (b"leaf",)))


def test_the_same_message_twice_is_kept_once(stage, staff):
    ski = staff[3]
    message = stage.message()
    assert stage.admit(ski, message) == stage.admit(ski, message)
    assert stage.row(stage.admit(ski, message).hold_id).messages == 1


def test_a_returned_hold_is_still_joined(stage, staff):
    _, sato, _, ski = staff
    hold_id = stage.admit(ski).hold_id
    assert stage.decide(hold_id, sato, Choice.RETURN) is HoldState.RETURNED
    assert stage.admit(ski).outcome == "joined"
    assert stage.store.holds.get(hold_id).progress.messages == {MessageState.HELD: 2}


@pytest.mark.parametrize(
    ("choice", "who", "state"),
    [(Choice.REJECT, 1, MessageState.REJECTED), (Choice.WITHDRAW, 0, MessageState.WITHDRAWN)],
)
def test_after_the_end_of_a_hold_messages_are_kept_counted_and_never_sent(stage, staff, choice, who, state):
    ski = staff[3]
    hold_id = stage.admit(ski).hold_id
    stage.decide(hold_id, staff[who], choice)
    late = [stage.admit(ski), stage.admit(ski)]
    view = stage.store.holds.get(hold_id)
    assert {(a.hold_id, a.outcome) for a in late} == {(hold_id, "closed")}
    assert (view.late_messages, view.row.messages, view.row.revision) == (2, 1, 2)
    assert view.progress.messages == {state: 3}
    assert stage.store.releases.claim(lease_seconds=9) is None
    assert stage.heard("closed") == ["tanaka"]  # once for the hold, not for each mail


def test_another_source_or_content_is_another_hold(stage, staff):
    ski = staff[3]
    other = stage.source(staff[0], name="other")
    holds = {stage.admit(ski).hold_id, stage.admit(ski, key=b"else").hold_id, stage.admit(other).hold_id}
    assert len(holds) == 3


def test_what_an_approval_covers_waits_for_release_and_the_rest_opens_a_new_hold(stage, staff):
    _, sato, _, ski = staff
    hold_id = stage.admit(ski).hold_id
    stage.decide(hold_id, sato, cap=2)
    covered = stage.admit(ski)
    assert (covered.hold_id, covered.outcome) == (hold_id, "waiting")
    beyond_cap = stage.admit(ski)
    assert beyond_cap.outcome == "opened"
    assert beyond_cap.hold_id != hold_id
    assert stage.store.holds.get(hold_id).used == 2
    assert stage.store.releases.open_count() == 2


@pytest.mark.parametrize("case", ["expired", "other evidence", "no evidence"])
def test_an_approval_that_does_not_cover_a_message_does_not_send_it(stage, staff, case):
    _, sato, _, ski = staff
    hold_id = stage.admit(ski).hold_id
    stage.decide(hold_id, sato)
    if case == "expired":
        stage.clock.forward(days=30)
    evidence = {"other evidence": (b"leaf", b"pasted"), "no evidence": ()}.get(case, (b"leaf",))
    assert stage.reserve(evidence=evidence) is None
    assert stage.admit(ski, evidence=evidence).outcome == "opened"
    assert stage.store.releases.open_count() == 1


def test_a_mail_from_an_unknown_system_needs_two_approvals(stage):
    assert stage.row(stage.admit(UNDECLARED).hold_id).approvals_needed == 2


def test_lists_and_gauges(stage, staff):
    _, sato, _, ski = staff
    assert stage.store.holds.gauges().oldest_pending is None
    opened = stage.clock()
    first = stage.admit(ski, key=b"1").hold_id
    stage.clock.forward(minutes=1)
    second = stage.admit(ski, stage.message(to=("taro.yamada@example.jp", "b@ab.jp")), key=b"2").hold_id
    holds = stage.store.holds
    assert [row.id for row in holds.recent()] == [second, first]
    assert [row.id for row in holds.recent(limit=1, offset=1)] == [first]
    assert [row.address for row in holds.recipients(second)] == ["t***@e***.jp", "***@***"]
    gauges = holds.gauges()
    assert (gauges.held_messages, gauges.holds_pending, gauges.oldest_pending, gauges.approvers) == (2, 2, opened, 2)
    stage.decide(first, sato, Choice.REJECT)
    assert [row.id for row in holds.recent([HoldState.PENDING])] == [second]
    assert holds.gauges().held_messages == 1
    with pytest.raises(NotFoundError):
        holds.get("H-none")


def test_everything_is_there_after_a_restart(stage, staff):
    ski = staff[3]
    hold_id = stage.admit(ski).hold_id
    before = stage.store.holds.get(hold_id)
    stage.reopen()
    assert stage.store.holds.get(hold_id) == before
    assert stage.store.audit.verify() is None
