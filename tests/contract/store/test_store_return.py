"""A hold is returned with a question, answered or withdrawn; what is said with a decision."""

import pytest

from mailguard import config, metrics
from mailguard.errors import ConflictError, NotFoundError, RefusedError
from mailguard.lifecycle import Choice, HoldState, MessageState
from mailguard.presets import Preset
from mailguard.store import checklist
from mailguard.store.checklist import Point
from mailguard.store.register import UNDECLARED
from mailguard.store.saying import Said


@pytest.fixture
def hold(stage, staff):
    return stage.admit(staff[3]).hold_id


@pytest.fixture
def returned(stage, staff, hold):
    assert stage.decide(hold, staff[1], Choice.RETURN, reason="is the list meant to go out?") is HoldState.RETURNED
    return hold


def say(stage, hold_id, person, choice=Choice.APPROVE, reason="", cap=10, **said):
    return stage.store.holds.decide(
        hold_id, revision=stage.row(hold_id).revision, choice=choice, person_id=person.id, reason=reason, cap=cap,
        said=Said(**said),
    )  # fmt: skip


def refused(*arguments, **wish):
    with pytest.raises(RefusedError) as error:
        say(*arguments, **wish)
    return error.value.code


def test_the_operators_hear_the_question_and_an_answer_asks_again(stage, staff, returned):
    tanaka, sato, suzuki, _ = staff
    assert stage.heard("returned") == ["sato", "tanaka"]  # who asked hears of it, too
    assert stage.row(returned).revision == 2
    with pytest.raises(ConflictError, match=sato.id):
        stage.decide(returned, suzuki)
    assert stage.decide(returned, tanaka, Choice.ANSWER, reason="yes, all of them agreed") is HoldState.PENDING
    assert stage.row(returned).revision == 3
    assert stage.heard("answered") == ["sato", "suzuki", "tanaka"]
    assert stage.store.releases.claim(lease_seconds=9) is None
    said = [(one.choice, one.reason) for one in stage.store.holds.get(returned).decisions]
    assert said == [(Choice.RETURN, "is the list meant to go out?"), (Choice.ANSWER, "yes, all of them agreed")]
    assert stage.actions(returned) == ["hold.answered", "hold.returned", "hold.opened"]
    with pytest.raises(ConflictError, match=tanaka.id):
        stage.decide(returned, suzuki, revision=2)
    assert stage.decide(returned, suzuki) is HoldState.APPROVED


def test_a_returned_hold_is_withdrawn_and_never_sent(stage, staff, returned):
    assert say(stage, returned, staff[0], Choice.WITHDRAW, code=Preset.SEND_AGAIN) is HoldState.WITHDRAWN
    view = stage.store.holds.get(returned)
    assert view.progress.messages == {MessageState.WITHDRAWN: 1}
    assert view.decisions[-1].code == "send_again"
    assert stage.heard("withdrawn") == ["sato", "suzuki", "tanaka"]


def test_a_message_that_joins_a_returned_hold_stays_with_it(stage, staff, returned):
    admission = stage.admit(staff[3], evidence=(b"leaf", b"more"))
    assert (admission.hold_id, admission.outcome, admission.state) == (returned, "joined", HoldState.RETURNED)
    assert stage.row(returned).messages == 2
    with pytest.raises(ConflictError, match="new findings"):  # the operator has not seen what came
        stage.decide(returned, staff[0], Choice.ANSWER, revision=2)
    stage.decide(returned, staff[0], Choice.ANSWER)
    assert stage.decide(returned, staff[1]) is HoldState.APPROVED
    assert stage.store.holds.get(returned).progress.messages == {MessageState.HELD: 2}


def test_the_time_of_a_returned_hold_runs_on_and_never_sends(stage, staff, returned):
    before = stage.row(returned).expires_at
    stage.decide(returned, staff[0], Choice.ANSWER)
    stage.decide(returned, staff[1], Choice.RETURN)
    assert stage.row(returned).expires_at == before
    stage.clock.forward(days=30)
    assert stage.store.holds.expire_due() == 1
    assert stage.row(returned).state is HoldState.EXPIRED
    assert stage.store.releases.claim(lease_seconds=9) is None


@pytest.mark.parametrize("choice", [Choice.ANSWER, Choice.WITHDRAW])
@pytest.mark.parametrize("who", [1, "other"])
def test_only_operators_of_the_source_answer_and_withdraw(stage, staff, returned, choice, who):
    if who == "other":  # who operates nothing of it does not see it
        with pytest.raises(NotFoundError):
            say(stage, returned, stage.person("x", "operator"), choice=choice, reason="mine")
    else:
        assert refused(stage, returned, staff[who], choice, reason="mine") == "not_operator"
    stage.store.people.disable("tanaka", "test")
    assert refused(stage, returned, staff[0], choice, reason="mine") == "disabled"


def test_an_operator_does_not_return_and_nothing_pending_is_answered(stage, staff, hold):
    assert refused(stage, hold, staff[0], Choice.RETURN, reason="why?") == "not_approver"
    with pytest.raises(ConflictError):
        stage.decide(hold, staff[0], Choice.ANSWER)


def test_a_hold_without_operators_is_not_returned_to_nobody(stage, staff):
    hold_id = stage.admit(UNDECLARED).hold_id
    assert refused(stage, hold_id, staff[1], Choice.RETURN, reason="why?") == "nobody_to_answer"


def test_a_first_approval_does_not_outlive_a_question(stage, staff):
    tanaka, sato, suzuki, _ = staff
    stage.source(tanaka, name="web", from_domains=("example.co.jp",))
    claimed = stage.store.sources.register().match(login=None, client="192.0.2.1", from_domains=["example.co.jp"])
    hold_id = stage.admit(claimed).hold_id
    stage.decide(hold_id, sato)
    stage.decide(hold_id, suzuki, Choice.RETURN)
    assert stage.row(hold_id).approvals == 0
    stage.decide(hold_id, tanaka, Choice.ANSWER)
    assert stage.decide(hold_id, suzuki) is HoldState.PENDING
    assert stage.decide(hold_id, sato) is HoldState.APPROVED


def test_a_preset_is_a_reason_and_is_kept(stage, staff, hold):
    assert say(stage, hold, staff[1], code=Preset.OWN_DATA) is HoldState.APPROVED
    (one,) = stage.store.holds.get(hold).decisions
    assert (one.code, one.reason) == ("own_data", "")
    assert '"reason":"own_data"' in stage.store.audit.rows(1, 0, hold)[0].detail


@pytest.mark.parametrize(
    ("choice", "code", "why"),
    [
        (Choice.APPROVE, Preset.OTHER, "reason_missing"),
        (Choice.APPROVE, Preset.WRONG_ATTACHMENT, "preset_unknown"),
        (Choice.APPROVE, "made up", "preset_unknown"),
        (Choice.REJECT, Preset.PUBLIC, "preset_unknown"),
        (Choice.RETURN, Preset.TO_CONFIRM, "reason_missing"),
    ],
)
def test_a_reason_goes_with_its_choice(stage, staff, hold, choice, code, why):
    assert refused(stage, hold, staff[1], choice, code=code) == why
    assert stage.row(hold).state is HoldState.PENDING


def test_words_are_needed_above_so_many_persons(stage, staff):
    hold_id = stage.admit(staff[3], persons=101).hold_id
    assert refused(stage, hold_id, staff[1], code=Preset.ENTRUSTED) == "explain"
    assert say(stage, hold_id, staff[1], code=Preset.ENTRUSTED, reason="contract 12") is HoldState.APPROVED


def test_words_are_needed_with_the_configured_number(stage, staff):
    stage.settings = config.Holds(explain_persons=2)
    stage.reopen()
    assert refused(stage, stage.admit(staff[3]).hold_id, staff[1], code=Preset.PUBLIC) == "explain"


@pytest.mark.parametrize("reportable", [True, None])
def test_words_are_needed_where_a_leak_would_have_to_be_reported(stage, staff, hold, reportable):
    asked = []

    def grounds(inspection, persons, exact):
        asked.append((len(inspection.findings), persons, exact))
        return reportable

    assert refused(stage, hold, staff[1], code=Preset.PUBLIC, grounds=grounds) == "explain"
    assert asked == [(1, 3, True)]
    assert say(stage, hold, staff[1], code=Preset.PUBLIC, grounds=lambda *_: False) is HoldState.APPROVED


def test_false_positive_as_a_reason_counts_for_the_rules(stage, staff, hold):
    say(stage, hold, staff[1], code=Preset.FALSE_POSITIVE)
    assert [(one.rule, one.holds) for one in stage.store.false_positives.by_rule()] == [("name", 1)]


def test_every_required_point_must_be_ticked(stage, staff, hold, monkeypatch):
    points = (Point("seen", "添付を開いた"), Point("asked", "担当者に確認した"), Point("extra", "任意", required=False))
    monkeypatch.setattr(checklist, "points", lambda _, row, cap=0: points if row.id == hold else ())
    monkeypatch.setattr("mailguard.store.queries.points", checklist.points)
    assert stage.store.holds.checklist(hold) == points
    assert refused(stage, hold, staff[1], reason="ok", checked=("seen",)) == "checklist"
    assert refused(stage, hold, staff[1], reason="ok", checked=("seen", "asked", "made up")) == "checklist_unknown"
    assert say(stage, hold, staff[1], reason="ok", checked=("seen", "asked")) is HoldState.APPROVED
    assert stage.store.holds.get(hold).decisions[0].checked == ("asked", "seen")
    lines = stage.store.dossiers.take([hold], "cli")
    assert [line.value for line in lines if line.item == "確認項目"] == ["asked, seen"]


def test_the_time_from_the_first_look_is_kept_and_measured(stage, staff, hold):
    count = metrics.DECISION_SECONDS.labels("approve")._sum.get()
    stage.store.record.viewed(hold, 1, staff[1].id)
    stage.clock.forward(seconds=30)
    stage.store.record.viewed(hold, 1, staff[1].id)
    stage.clock.forward(seconds=12)
    stage.decide(hold, staff[1])
    (one,) = stage.store.holds.get(hold).decisions
    assert (one.seconds, one.hasty) == (42, False)
    assert metrics.DECISION_SECONDS.labels("approve")._sum.get() == count + 42


@pytest.mark.parametrize("looked", [True, False])
def test_a_hasty_approval_is_flagged_and_goes_through(stage, staff, hold, looked):
    if looked:
        stage.store.record.viewed(hold, 1, staff[1].id)
        stage.clock.forward(seconds=9)
    assert stage.decide(hold, staff[1]) is HoldState.APPROVED
    (one,) = stage.store.holds.get(hold).decisions
    assert (one.seconds, one.hasty) == (9 if looked else None, True)
    assert '"hasty":true' in stage.store.audit.rows(1, 0, hold)[0].detail
    assert "短時間での承認" in [line.value for line in stage.store.dossiers.take([hold], "cli")]


def test_a_look_at_an_earlier_revision_does_not_count(stage, staff, hold):
    stage.store.record.viewed(hold, 1, staff[1].id)
    stage.clock.forward(minutes=5)
    stage.admit(staff[3], evidence=(b"leaf", b"more"))
    stage.decide(hold, staff[1])
    assert stage.store.holds.get(hold).decisions[0].seconds is None
