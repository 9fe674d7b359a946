"""An emergency stop on the way of a mail: SMTP, pipeline, store and release in front of a scripted next hop."""

import re
from dataclasses import replace

import pytest
from guarded import HOLDS, PASSES, guarded

from mailguard.errors import StoreError
from mailguard.lifecycle import Choice, HoldState
from mailguard.model import Finding, Inspection, Kind
from mailguard.store import standstill
from mailguard.store.audit import CLI

pytestmark = pytest.mark.asyncio(loop_scope="module")
FOUND = Finding("table.name", Kind.NAME, ("a.csv",), "列 氏名", 1, 1, ("山*",), key=b"leaf")


class Looks:
    """An inspector that finds the same in each mail."""

    def __init__(self, **facts):
        self.inspection = Inspection(**{"subject_key": b"news", "body_key": b"body", **facts})

    async def mail(self, pieces, seconds, *, beginning=False, secrets=()):
        return self.inspection


@pytest.fixture
def calm(made, tmp_path):
    """Clean mail, whatever it says."""

    def made_with(**facts):
        place = guarded(made, tmp_path / "data", None)
        return place, Looks(**facts)

    return made_with


def end(guard, stop):
    sato, suzuki = (guard.store.people.by_login(login).id for login in ("sato", "suzuki"))
    guard.store.stops.ask_end(sato, stop.id, "all is well")
    guard.store.stops.agree_end(suzuki, stop.id)


def states(guard):
    return [(row.state, row.reasons, row.messages) for row in guard.store.holds.recent()]


@pytest.mark.parametrize("scope", ["all", "source"])
async def test_clean_mail_is_held_while_it_lasts(calm, scope):
    place, looks = calm()
    async with place as guard:
        guard.pipeline.inspector = looks
        assert re.match(PASSES, (await guard.send("before")).last)
        stops = guard.store.stops
        stop = stops.stop_all(CLI, "x") if scope == "all" else stops.stop_source(CLI, "mailer", "x")
        assert re.match(HOLDS, (await guard.send("one")).last)
        assert re.match(HOLDS, (await guard.send("two")).last)
        assert states(guard) == [(HoldState.PENDING, ("stopped",), 2)]
        guard.count()
        guard.approve()
        async with guard.releasing():
            assert re.match(HOLDS, (await guard.send("three")).last)
            assert guard.store.releases.open_count() == 3  # approved, and it still does not go
            assert guard.relayed() == guard.passed
            end(guard, stop)
            assert re.match(PASSES, (await guard.send("after")).last)
            await guard.until_sent()
        assert guard.relayed() == guard.passed + guard.kept


async def test_another_source_and_another_mailing_go_on(calm):
    place, looks = calm(findings=(FOUND,))
    async with place as guard:
        guard.pipeline.inspector = looks
        assert re.match(HOLDS, (await guard.send("list")).last)
        [row] = guard.store.holds.recent()
        guard.store.stops.stop_campaign(CLI, row.id, "x")
        guard.pipeline.inspector = Looks()  # the same subject, without the file
        assert re.match(HOLDS, (await guard.send("same")).last)
        guard.pipeline.inspector = Looks(subject_key=b"other")
        assert re.match(PASSES, (await guard.send("other")).last)
        guard.count()


async def test_monitoring_does_not_lift_a_stop(calm):
    place, looks = calm(findings=(FOUND,))
    async with place as guard:
        guard.pipeline.inspector = looks
        guard.policy = replace(guard.policy, monitor=True)
        assert re.match(PASSES, (await guard.send("watched")).last)
        guard.store.stops.stop_all(CLI, "x")
        assert re.match(HOLDS, (await guard.send("stopped")).last)
        guard.count()


async def test_what_an_approval_would_let_pass_waits_with_its_hold(calm):
    place, looks = calm(findings=(FOUND,))
    async with place as guard:
        guard.pipeline.inspector = looks
        await guard.under_approval()
        assert re.match(PASSES, (await guard.send("covered")).last)
        stop = guard.store.stops.stop_source(CLI, "mailer", "x")
        assert re.match(HOLDS, (await guard.send("waits")).last)
        assert len(guard.store.holds.recent()) == 1
        end(guard, stop)
        assert re.match(PASSES, (await guard.send("again")).last)
        async with guard.releasing():
            await guard.until_sent()
        assert guard.relayed() == guard.passed + guard.kept


async def test_an_apology_goes_when_two_people_let_it_through(calm):
    place, looks = calm()
    async with place as guard:
        guard.pipeline.inspector = looks
        guard.store.stops.stop_all(CLI, "wrong list")
        assert re.match(HOLDS, (await guard.send("news")).last)
        guard.pipeline.inspector = Looks(subject_key=b"sorry")
        assert re.match(HOLDS, (await guard.send("sorry")).last)
        hold = guard.store.holds.recent()[0]
        sato, suzuki = (guard.store.people.by_login(login).id for login in ("sato", "suzuki"))
        decided = {"revision": hold.revision, "choice": Choice.APPROVE, "person_id": sato, "reason": "x", "cap": 9}
        guard.store.holds.decide(hold.id, **decided)
        guard.store.let_through.ask(hold.id, sato, "apology")
        assert re.match(HOLDS, (await guard.send("early")).last)
        guard.store.let_through.agree(hold.id, suzuki)
        async with guard.releasing():
            assert re.match(PASSES, (await guard.send("more")).last)
            await guard.until_sent()
        assert {token for token, _ in guard.relayed()} == {"sorry", "early", "more"}
        # Another text under the same subject is another mailing.
        guard.pipeline.inspector = Looks(subject_key=b"sorry", body_key=b"other")
        assert re.match(HOLDS, (await guard.send("changed")).last)


async def test_an_answer_is_believed_and_a_store_that_is_gone_is_451(calm, monkeypatch):
    place, looks = calm()
    async with place as guard:
        guard.pipeline.inspector = looks
        asked, read = [], standstill.read
        guard.store.stops.latest.seconds = 60.0
        monkeypatch.setattr(standstill, "read", lambda tx: asked.append(1) or read(tx))
        for token in ("one", "two", "three"):
            assert re.match(PASSES, (await guard.send(token)).last)
        assert len(asked) == 1

        def gone(_):
            raise StoreError("gone")

        monkeypatch.setattr(standstill, "read", gone)
        guard.store.stops.latest.seconds = -1.0
        assert (await guard.send("four")).last.startswith("451 4.3.0")
        guard.count()
