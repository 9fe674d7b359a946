from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from stage import ACCEPTED, REFUSED, WAITING, content

from mailguard.lifecycle import MessageState, RecipientState
from mailguard.store.views import Outcome


@pytest.fixture
def three(stage, staff):
    """One approved message to three recipients."""
    message = stage.message("m", to=("a@example.jp", "b@example.jp", "c@example.jp"))
    hold_id = stage.admit(staff[3], message).hold_id
    stage.decide(hold_id, staff[1])
    return hold_id


def claim(stage, seconds=60):
    return stage.store.releases.claim(lease_seconds=seconds)


def test_a_claim_carries_the_mail_byte_for_byte(stage, three):
    claimed = claim(stage)
    assert claimed.content == content(to="a@example.jp", text="hi m")
    assert claimed.envelope.rcpt_to == ("a@example.jp", "b@example.jp", "c@example.jp")
    assert claimed.waiting == ((0, "a@example.jp"), (1, "b@example.jp"), (2, "c@example.jp"))
    assert (claimed.attempts, claimed.hold_id, claimed.message_id) == (1, three, "m")
    assert claim(stage) is None


@pytest.mark.parametrize(
    ("states", "final"),
    [
        ((ACCEPTED, ACCEPTED, ACCEPTED), MessageState.RELEASED),
        ((ACCEPTED, REFUSED, ACCEPTED), MessageState.PARTLY),
        ((REFUSED, REFUSED, REFUSED), MessageState.FAILED),
    ],
)
def test_the_message_ends_as_its_recipients_do(stage, three, states, final):
    assert stage.record(claim(stage), *states) is final
    assert stage.store.releases.open_count() == 0
    assert [row.state for row in stage.store.holds.recipients(three)] == list(states)
    row = stage.store.audit.rows(1, 0, "m")[0]
    assert row.action == f"message.{final}"
    assert f'"accepted":{states.count(ACCEPTED)}' in row.detail
    assert bool(stage.heard("failed")) is (final is not MessageState.RELEASED)


def test_only_who_still_waits_is_tried_again_when_the_time_comes(stage, three):
    retry = stage.clock() + timedelta(minutes=5)
    assert stage.record(claim(stage), ACCEPTED, WAITING, REFUSED, retry_at=retry) is MessageState.RELEASING
    assert claim(stage) is None
    stage.clock.forward(minutes=5)
    again = claim(stage)
    assert again.waiting == ((1, "b@example.jp"),)
    assert (again.attempts, again.first_attempt_at) == (2, retry - timedelta(minutes=5))
    done = stage.store.releases.record(again.token, [Outcome(1, ACCEPTED, "250 ok")], None)
    assert done is MessageState.PARTLY


def test_giving_up_refuses_who_waits_and_tells_people_once(stage, three):
    assert stage.record(claim(stage), ACCEPTED, WAITING, WAITING, give_up=True) is MessageState.PARTLY
    assert stage.store.holds.get(three).progress.recipients == {RecipientState.ACCEPTED: 1, RecipientState.REFUSED: 2}
    assert stage.heard("failed") == ["sato", "suzuki", "tanaka"]


def test_a_claim_whose_lease_ran_out_is_handed_out_again_after_a_crash(stage, three):
    first = claim(stage, 60)
    assert stage.still_mine(first.token)
    stage.reopen()  # whoever held the claim is gone
    assert claim(stage) is None
    stage.clock.forward(seconds=60)
    assert not stage.still_mine(first.token)
    second = claim(stage)
    assert second.token != first.token
    assert stage.still_mine(second.token)
    assert not stage.still_mine(first.token)
    assert not stage.still_mine("forged")


def test_a_lease_can_be_extended_while_it_runs(stage, three):
    first, renew = claim(stage, 60), stage.store.releases.renew
    stage.clock.forward(seconds=50)
    assert renew(first.token, lease_seconds=60)
    stage.clock.forward(seconds=50)
    assert stage.still_mine(first.token)
    assert claim(stage) is None
    stage.clock.forward(seconds=10)
    assert not renew(first.token, lease_seconds=60)
    second = claim(stage, 60)
    assert not renew(first.token, lease_seconds=60)
    assert not renew("forged", lease_seconds=60)
    assert stage.record(second, ACCEPTED, ACCEPTED, ACCEPTED) is MessageState.RELEASED
    assert not renew(second.token, lease_seconds=60)
    assert stage.store.releases.open_count() == 0


def test_a_late_record_of_a_lost_claim_only_adds_what_was_accepted(stage, three):
    first = claim(stage, 60)
    stage.clock.forward(seconds=60)
    second = claim(stage, 60)
    assert stage.record(first, ACCEPTED, REFUSED, WAITING, retry_at=stage.clock()) is MessageState.RELEASING
    assert stage.still_mine(second.token)
    assert claim(stage) is None
    states = [row.state for row in stage.store.holds.recipients(three)]
    assert states == [ACCEPTED, WAITING, WAITING]


def test_accepted_stays_accepted_whoever_records_later(stage, three):
    first = claim(stage)
    stage.record(first, ACCEPTED, WAITING, WAITING, retry_at=stage.clock())
    assert stage.record(claim(stage), WAITING, ACCEPTED, ACCEPTED) is MessageState.RELEASED
    assert stage.record(first, REFUSED, REFUSED, REFUSED) is MessageState.RELEASED


def test_the_relays_reply_is_kept_without_the_address(stage, three):
    outcome = Outcome(0, REFUSED, "550 5.1.1 <A@example.jp>: unknown, ask postmaster@relay.example.com")
    stage.store.releases.record(claim(stage).token, [outcome], stage.clock())
    reply = stage.store.holds.recipients(three)[0].reply
    assert reply.startswith("550 5.1.1 <")
    assert "example" not in reply


def test_concurrent_claims_hand_out_every_message_once(stage, staff):
    for _ in range(12):
        hold_id = stage.admit(staff[3]).hold_id
    stage.decide(hold_id, staff[1], cap=12)
    with ThreadPoolExecutor(4) as pool:
        claims = list(pool.map(lambda _: claim(stage), range(14)))
    found = [claimed.message_id for claimed in claims if claimed]
    assert len(found) == len(set(found)) == 12


def test_bytes_are_purged_on_schedule_and_the_record_stays(stage, staff, three):
    shared = stage.admit(staff[3], stage.message("other", to=("a@example.jp",)), key=b"pending").hold_id
    stage.record(claim(stage), ACCEPTED, ACCEPTED, ACCEPTED)
    assert stage.store.holds.purge_due() == 0
    stage.clock.forward(hours=24)
    assert stage.store.holds.purge_due() == 1
    assert stage.store.holds.purge_due() == 0
    # The attachment is shared with a message still held: that one must stay whole.
    stage.decide(shared, staff[1])
    assert claim(stage).content == content(to="a@example.jp", text="hi other")
    assert len(stage.store.holds.recipients(three)) == 3
    assert stage.store.audit.verify() is None
    assert "message.released" in stage.actions("m")


def test_rejected_bytes_stay_seven_days(stage, staff):
    from mailguard.lifecycle import Choice

    hold_id = stage.admit(staff[3]).hold_id
    stage.decide(hold_id, staff[1], Choice.REJECT)
    stage.admit(staff[3])
    stage.clock.forward(days=6)
    assert stage.store.holds.purge_due() == 0
    stage.clock.forward(days=1)
    assert stage.store.holds.purge_due() == 2
