"""An operator takes back what waits of a whole mailing, as it was shown; whoever is none does not."""

import pytest
from test_store_campaigns import decide, files, only, states

from mailguard.errors import RefusedError
from mailguard.lifecycle import Choice, HoldState, MessageState
from mailguard.store.snapshots import ChangedError


def test_all_that_waits_is_withdrawn_and_never_sent(stage, staff):
    tanaka, sato, _, source = staff
    ids = files(stage, source, 3, each=2)
    stage.decide(ids[0], sato, Choice.RETURN)
    seen = stage.store.campaigns.snapshot(only(stage).id, tanaka.id)
    assert seen.holds == 2
    assert decide(stage, tanaka, Choice.WITHDRAW, snapshot=seen.token).states == {HoldState.WITHDRAWN: 2}
    assert states(stage, ids[1:]) == {HoldState.WITHDRAWN}
    assert stage.row(ids[0]).state is HoldState.RETURNED  # a question is answered, or withdrawn, by itself
    for hold_id in ids[1:]:
        assert stage.store.holds.get(hold_id).progress.messages == {MessageState.WITHDRAWN: 2}
        assert "hold.withdrawn" in stage.actions(hold_id)
    assert stage.store.releases.claim(lease_seconds=9) is None
    again = stage.admit(source, key=b"leaf 1", evidence=(b"leaf 1",))
    assert (again.hold_id, again.outcome) == (ids[1], "closed")
    assert stage.store.audit.verify() is None


def test_not_by_who_is_no_operator_and_not_what_was_not_shown(stage, staff):
    tanaka, sato, _, source = staff
    ids = files(stage, source, 2)
    with pytest.raises(RefusedError) as refused:
        decide(stage, sato, Choice.WITHDRAW)
    assert refused.value.code == "not_operator"
    seen = stage.store.campaigns.snapshot(only(stage).id, tanaka.id).token
    ids += files(stage, source, 3)[2:]
    with pytest.raises(ChangedError):
        decide(stage, tanaka, Choice.WITHDRAW, snapshot=seen)
    assert states(stage, ids) == {HoldState.PENDING}
