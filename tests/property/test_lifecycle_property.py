from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from mailguard.lifecycle import CLOSED, Choice, HoldState, IllegalTransitionError, MessageState, decide
from mailguard.store.calendar import TOKYO, add_business_days
from mailguard.store.finishing import final
from mailguard.store.joining import Approval, Place, covers, place

NOW = datetime(2027, 4, 28, tzinfo=UTC)
keys = st.frozensets(st.binary(min_size=1, max_size=2), max_size=5)


@given(st.lists(st.sampled_from(Choice), max_size=8))
def test_no_series_of_choices_leaves_an_end_or_approves_without_approving(choices):
    state, approved = HoldState.PENDING, False
    for choice in choices:
        before = state
        try:
            state = decide(state, choice)
        except IllegalTransitionError:
            continue
        assert before not in CLOSED
        assert before is not HoldState.APPROVED or choice in {Choice.DELIVER_LATE, Choice.STOP_REST}
        approved = approved or choice is Choice.APPROVE
    assert state is not HoldState.APPROVED or approved
    assert not approved or state in {HoldState.APPROVED, HoldState.WITHDRAWN}


@given(keys, keys, st.integers(0, 20), st.integers(0, 20), st.integers(-2, 20), st.integers(-3, 3))
def test_nothing_outside_an_approval_is_covered(approved, evidence, cap, used, recipients, days):
    approval = Approval(approved, cap, used, NOW + timedelta(days=days))
    if covers(approval, evidence, recipients, NOW):
        assert evidence
        assert evidence <= approved
        assert 0 < recipients <= cap - used
        assert days > 0


@given(st.sampled_from([None, *HoldState]), st.booleans())
def test_a_message_waits_for_release_only_under_an_approval_that_covers_it(state, covered):
    where = place(state, covered=covered)
    assert (where is Place.WAITING) is (state is HoldState.APPROVED and covered)
    assert (where is Place.CLOSED) is (state in CLOSED)


@given(st.integers(0, 50), st.integers(0, 50))
def test_released_means_everybody(accepted, refused):
    state = final(accepted, refused)
    assert (state is MessageState.RELEASED) is (accepted > 0 and not refused)
    assert (state is MessageState.FAILED) is (accepted == 0)


@given(st.integers(0, 1000 * 24 * 60).map(lambda minutes: NOW + timedelta(minutes=minutes)), st.integers(1, 10))
def test_a_hold_waits_at_least_its_days_and_ends_on_a_working_day(start, days):
    end = add_business_days(start, days)
    assert end - start >= timedelta(days=days)
    assert end.astimezone(TOKYO).time() == start.astimezone(TOKYO).time()
    assert end.astimezone(TOKYO).weekday() < 5
