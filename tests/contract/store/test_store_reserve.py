from concurrent.futures import ThreadPoolExecutor

import pytest


@pytest.fixture
def approved(stage, staff):
    """A hold of one recipient, approved for ten."""
    hold_id = stage.admit(staff[3]).hold_id
    stage.decide(hold_id, staff[1], cap=10)
    return hold_id


def used(stage, hold_id):
    return stage.store.holds.get(hold_id).used


def test_nothing_passes_before_the_approval(stage, staff):
    stage.admit(staff[3])
    assert stage.reserve() is None


def test_a_reservation_uses_the_cap_and_giving_back_twice_returns_it_once(stage, approved):
    reservation = stage.reserve(4)
    assert (reservation.hold_id, used(stage, approved)) == (approved, 5)
    stage.store.holds.give_back(reservation)
    stage.store.holds.give_back(reservation)
    assert used(stage, approved) == 1


def test_nothing_passes_while_releases_are_paused_and_what_came_meanwhile_waits(stage, staff, approved):
    stage.store.switch.pause("cli", "誤配信の疑い")
    assert stage.reserve() is None
    assert stage.admit(staff[3]).outcome == "waiting"
    stage.store.switch.resume("cli")
    assert stage.reserve() is not None


def test_a_confirmation_is_recorded_and_returns_what_was_refused(stage, approved):
    reservation = stage.reserve(4, message_id="m-late")
    stage.store.holds.confirm(reservation, 3)
    stage.store.holds.confirm(reservation, 3)
    stage.store.holds.give_back(reservation)
    assert used(stage, approved) == 4
    assert stage.actions("m-late") == ["message.approved_pass"]


@pytest.mark.parametrize(
    "wish",
    [
        {"recipients": 10}, {"recipients": 0}, {"evidence": (b"leaf", b"new")}, {"evidence": ()},
        {"source_id": "other"}, {"source_id": ""}, {"subject_key": b"other"},
    ],
)  # fmt: skip
def test_what_the_approval_does_not_cover_gets_no_reservation(stage, approved, wish):
    assert stage.reserve(**wish) is None
    assert used(stage, approved) == 1


def test_an_approval_ends_with_its_time(stage, approved):
    stage.clock.forward(days=30)
    assert stage.reserve() is None


def test_the_same_message_is_reserved_once(stage, approved):
    assert stage.reserve(2, message_id="m") == stage.reserve(2, message_id="m")
    assert used(stage, approved) == 3


def test_concurrent_reservations_never_exceed_the_cap(stage, approved):
    with ThreadPoolExecutor(8) as pool:
        granted = [r for r in pool.map(lambda _: stage.reserve(2), range(12)) if r]
    assert len(granted) == 4
    assert used(stage, approved) == 9
