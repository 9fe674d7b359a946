"""A process that dies at any point of a release, and a stop: who was reached is never told wrong, and the counts add up."""

import random
from datetime import timedelta

import pytest
from guarded import HOLDS, guarded

from mailguard.lifecycle import Choice, HoldState
from mailguard.model import Finding, Inspection, Kind
from mailguard.relay.leash import Leash
from mailguard.release.attempt import Attempt, HeldBackError
from mailguard.store.audit import CLI
from mailguard.store.reach import About, Reached

pytestmark = pytest.mark.asyncio(loop_scope="module")
FOUND = Finding("table.name", Kind.NAME, ("a.csv",), "列 氏名", 1, 1, ("山*",), key=b"leaf")
POINTS = (
    "claim",
    "dot",
    "record",
    "record",
    "record",
)  # after which the process dies; after the last one it is no loss
MESSAGES = 8


class Looks:
    async def mail(self, pieces, seconds, *, beginning=False, secrets=()):
        return Inspection(findings=(FOUND,), persons=1, subject_key=b"letter")


async def one(guard, point):
    """One message on its way, as far as the process lives; False when there is none."""
    releases = guard.store.releases
    claim = releases.claim(lease_seconds=60)
    if claim is None:
        return False
    if point == "claim":
        return True

    async def clearance():
        return releases.clearance([claim.token])[claim.token]

    attempt = Attempt(guard.next_hop, claim, claim.content, claim.waiting, clearance, Leash())
    try:
        result = await attempt.run(10)
    except HeldBackError:
        return False
    if point == "record":
        releases.record(claim.token, result.outcomes, guard.clock())
    return True


@pytest.mark.parametrize("seed", range(6))
async def test_the_counts_hold_wherever_it_dies(made, tmp_path, seed):
    chance = random.Random(seed)
    async with guarded(made, tmp_path / "data", None) as guard:
        guard.pipeline.inspector = Looks()
        people = [f"p{number}@example.com" for number in range(MESSAGES * 3)]
        for start in range(0, len(people), 3):
            heard = await guard.send(f"t{start}", recipients=tuple(people[start : start + 3]), subject="letter")
            assert heard.last.startswith(HOLDS[:3])
        [row] = guard.store.holds.recent()
        guard.approve()
        guard.hop.tell(f"rcpt <{people[4]}> 550 5.1.1 nobody")
        if seed % 2:
            guard.hop.tell("once drop reply")
        stop_at = chance.randrange(2, MESSAGES)
        for step in range(MESSAGES):
            if step == stop_at:
                guard.store.stops.stop_all(CLI, "wrong list")
            going = await one(guard, chance.choice(POINTS))
            assert going is (step < stop_at)
            guard.clock.wrong += timedelta(seconds=61)  # the leases of the dead run out
        check(guard, row.id, people)
        wish = {"revision": guard.store.holds.get(row.id).row.revision, "reason": "mistake"}
        tanaka = guard.store.people.by_login("tanaka").id
        state = guard.store.releases.decide_rest(row.id, choice=Choice.STOP_REST, person_id=tanaka, **wish)
        assert state is HoldState.WITHDRAWN
        guard.store.releases.end_stopped()
        counts = check(guard, row.id, people)
        assert Reached.WAITING not in counts
        assert guard.store.audit.verify() is None


def check(guard, hold_id, people):
    """Whom the next hop took is told as reached or as doubtful; whom it did not take is never told as reached."""
    reach = guard.store.reach.take(About((hold_id,)), CLI, clear=True, reason="report")
    assert sorted(row.address for row in reach.rows) == sorted(people)
    assert sum(reach.counts.values()) == len(people)
    taken = {rcpt.decode().strip("<>") for mail in guard.hop.taken for rcpt in mail.rcpts}
    told = {row.address: row.state for row in reach.rows}
    assert {name for name, state in told.items() if state is Reached.ACCEPTED} <= taken
    assert {told[name] for name in taken} <= {Reached.ACCEPTED, Reached.IN_DOUBT}
    return reach.counts
