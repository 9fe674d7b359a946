"""A whole mailing is returned with one question and answered, or withdrawn, in one step; as it was shown."""

import pytest
from test_store_campaigns import decide, files, states

from mailguard.errors import RefusedError
from mailguard.lifecycle import Choice, HoldState, MessageState
from mailguard.store.saying import Said
from mailguard.store.snapshots import ChangedError


def only(stage):
    (row,) = stage.store.campaigns.recent((HoldState.PENDING, HoldState.RETURNED))
    return row


def say(stage, person, choice, text, snapshot, code=""):
    return stage.store.campaigns.decide(
        only(stage).id, snapshot=snapshot, choice=choice, person_id=person.id, reason=text, said=Said(code)
    )


def ask(stage, person, text="宛先は合っていますか"):
    seen = stage.store.campaigns.snapshot(only(stage).id, person.id).token
    return say(stage, person, Choice.RETURN, text, seen, "to_confirm")


def returned(stage, person):
    return stage.store.campaigns.returned(only(stage).id, person.id)


def test_one_question_and_one_answer_for_all(stage, staff):
    tanaka, sato, _, source = staff
    ids = files(stage, source, 3, each=2)
    assert ask(stage, sato).states == {HoldState.RETURNED: 3}
    seen, (question,) = returned(stage, tanaka)
    assert (seen.holds, seen.messages, question.holds, question.reason) == (3, 6, 3, "宛先は合っていますか")
    assert (question.person_name, question.code) == (sato.name, "to_confirm")
    assert stage.store.campaigns.snapshot(only(stage).id, sato.id).holds == 0
    assert say(stage, tanaka, Choice.ANSWER, "合っています", seen.token).states == {HoldState.PENDING: 3}
    assert returned(stage, tanaka) == (returned(stage, tanaka)[0], [])
    for hold_id in ids:
        choices = [one.choice for one in stage.store.holds.get(hold_id).decisions]
        assert choices == [Choice.RETURN, Choice.ANSWER]
        assert {"hold.returned", "hold.answered"} <= set(stage.actions(hold_id))
    assert decide(stage, sato).states == {HoldState.APPROVED: 3}
    assert stage.store.audit.verify() is None


def test_what_was_asked_about_is_withdrawn_together_and_the_rest_waits(stage, staff):
    tanaka, sato, suzuki, source = staff
    ids = files(stage, source, 3)
    stage.decide(ids[0], sato, Choice.RETURN)
    stage.decide(ids[1], suzuki, Choice.RETURN)
    seen, questions = returned(stage, tanaka)
    assert {(one.person_name, one.holds) for one in questions} == {(sato.name, 1), (suzuki.name, 1)}
    taken = say(stage, tanaka, Choice.WITHDRAW, "", seen.token, "send_again")
    assert taken.states == {HoldState.WITHDRAWN: 2}
    assert states(stage, ids[:2]) == {HoldState.WITHDRAWN}
    assert states(stage, ids[2:]) == {HoldState.PENDING}
    for hold_id in ids[:2]:
        assert stage.store.holds.get(hold_id).progress.messages == {MessageState.WITHDRAWN: 1}


def test_only_operators_answer_and_only_what_was_shown(stage, staff):
    tanaka, sato, suzuki, source = staff
    ids = files(stage, source, 2)
    ask(stage, sato)
    seen = returned(stage, tanaka)[0].token
    with pytest.raises(RefusedError) as refused:
        say(stage, suzuki, Choice.ANSWER, "はい", seen)
    assert refused.value.code == "not_operator"
    for choice in (Choice.APPROVE, Choice.REJECT, Choice.RETURN):
        with pytest.raises(ChangedError):
            say(stage, suzuki, choice, "はい", seen, "other")
    stage.decide(ids[0], tanaka, Choice.ANSWER)
    with pytest.raises(ChangedError):
        say(stage, tanaka, Choice.ANSWER, "はい", seen)
    assert states(stage, ids[1:]) == {HoldState.RETURNED}
