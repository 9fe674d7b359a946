"""A person stops a mail that is on its way to the next hop: what counts is the final dot, of clean mail and of approved mail."""

import asyncio
import re

import pytest
from guarded import HOLDS, PASSES, guarded

from mailguard.errors import StoreError
from mailguard.lifecycle import Choice, HoldState
from mailguard.model import Finding, Inspection, Kind
from mailguard.relay.channel import Channel
from mailguard.store.audit import CLI

pytestmark = pytest.mark.asyncio(loop_scope="module")
FOUND = Finding("table.name", Kind.NAME, ("a.csv",), "列 氏名", 1, 1, ("山*",), key=b"leaf")


class Looks:
    """An inspector that finds the same in each mail."""

    def __init__(self, *findings):
        self.inspection = Inspection(findings=findings, subject_key=b"news", body_key=b"body")

    async def mail(self, pieces, seconds, *, beginning=False, secrets=()):
        return self.inspection


@pytest.fixture
def before_the_dot(monkeypatch):
    """What happens once, between the content of the next mail and its final dot."""
    waiting, whole = [], Channel.content

    async def content(channel, *arguments):
        rest = await whole(channel, *arguments)
        while waiting:
            await asyncio.to_thread(waiting.pop())
        return rest

    monkeypatch.setattr(Channel, "content", content)
    return waiting


async def test_clean_mail_is_held_by_a_stop_that_comes_before_its_dot(made, tmp_path, before_the_dot):
    async with guarded(made, tmp_path / "data", None) as guard:
        guard.pipeline.inspector = Looks()
        before_the_dot.append(lambda: guard.store.stops.stop_all(CLI, "x"))
        assert re.match(HOLDS, (await guard.send("one")).last)
        assert guard.relayed() == guard.passed
        [row] = guard.store.holds.recent()
        assert (row.state, row.reasons) == (HoldState.PENDING, ("stopped",))


def stop(guard):
    guard.store.stops.stop_source(CLI, "mailer", "x")


def pause(guard):
    guard.store.switch.pause(CLI, "x")


def take_back(guard):
    [row] = guard.store.holds.recent()
    sato = guard.store.people.by_login("sato").id
    guard.store.releases.decide_rest(
        row.id, revision=row.revision, choice=Choice.STOP_REST, person_id=sato, reason="wrong"
    )


@pytest.mark.parametrize("change", [stop, pause, take_back])
async def test_mail_under_an_approval_is_kept_with_its_hold(made, tmp_path, before_the_dot, change):
    async with guarded(made, tmp_path / "data", None) as guard:
        guard.pipeline.inspector = Looks(FOUND)
        await guard.under_approval()
        [row] = guard.store.holds.recent()
        used = guard.store.holds.get(row.id).used
        before_the_dot.append(lambda: change(guard))
        assert re.match(HOLDS, (await guard.send("late")).last)
        assert guard.relayed() == guard.passed
        view = guard.store.holds.get(row.id)
        # Kept, and its share of the cap is its own once more; after the end of the approval it only lies there.
        assert (view.used - used, view.late_messages) == ((0, 1) if change is take_back else (1, 0))
        actions = [one.action for one in guard.store.audit.rows(1000, 0)]
        assert actions.count("message.given_back") == 1
        assert guard.store.audit.verify() is None


async def test_when_nobody_can_say_it_is_451_and_the_cap_is_given_back(made, tmp_path, before_the_dot, monkeypatch):
    async with guarded(made, tmp_path / "data", None) as guard:
        guard.pipeline.inspector = Looks(FOUND)
        await guard.under_approval()
        [row] = guard.store.holds.recent()
        used = guard.store.holds.get(row.id).used

        def gone(_):
            raise StoreError("gone")

        monkeypatch.setattr(guard.pipeline._leaving, "_call", gone)
        assert (await guard.send("one")).last.startswith("451 4.3.0")
        assert guard.relayed() == guard.passed
        assert guard.store.holds.get(row.id).used == used
        monkeypatch.undo()
        assert re.match(PASSES, (await guard.send("two")).last)
