"""The stop list end to end: SMTP, pipeline, store and release in front of a scripted next hop."""

import re

import pytest
from guarded import HOLDS, PASSES, guarded
from sqlalchemy import select, text

from mailguard import metrics
from mailguard.config import StopListSection
from mailguard.errors import StoreError
from mailguard.lifecycle import MessageState, RecipientState
from mailguard.model import Finding, Inspection, Kind
from mailguard.service.stop_files import StopFiles
from mailguard.store.schema import suppressions

pytestmark = pytest.mark.asyncio(loop_scope="module")
TARO, JIRO, HANAKO = "taro@example.com", "jiro@example.com", "hanako@example.net"
FOUND = Finding("table.name", Kind.NAME, ("a.csv",), "列 氏名", 1, 1, ("山*",), key=b"leaf")
GONE = r"250 2\.0\.0 accepted, all recipients are on the stop list"


class Looks:
    """An inspector that finds the same in each mail."""

    def __init__(self, **facts):
        self.inspection = Inspection(**{"from_domains": ("shop.example",), **facts})

    async def mail(self, pieces, seconds, *, beginning=False, secrets=()):
        return self.inspection


@pytest.fixture
def guard_with(made, tmp_path):
    def made_with(**settings):
        return guarded(made, tmp_path / "data", None, stop_list=settings)

    return made_with


def named(guard):
    """Recipients that the next hop heard of, whether or not a mail followed."""
    return {address for address in (TARO, JIRO, HANAKO) if any(address.encode() in line for line in guard.hop.commands)}


def recorded(guard):
    with guard.store._database.read() as tx:
        return sorted((row.source_id, row.stage) for row in tx.execute(select(suppressions)))


async def test_who_is_listed_is_not_named_to_the_next_hop_and_the_others_get_the_mail(guard_with):
    async with guard_with() as guard:
        guard.pipeline.inspector = Looks()
        guard.store.stop_list.add("cli", address=TARO)
        guard.store.stop_list.add("cli", domain="example.net")
        before = metrics.SUPPRESSED.labels("intake")._value.get()
        heard = await guard.send("some", recipients=(TARO, JIRO, HANAKO))
        assert re.match(PASSES, heard.last)
        assert set(heard.rcpts.values()) == {"250 2.1.5 ok", heard.rcpts[JIRO]}
        assert named(guard) == {JIRO}
        assert recorded(guard) == [("mailer", "intake")] * 2
        assert metrics.SUPPRESSED.labels("intake")._value.get() == before + 2
        assert re.match(GONE, (await guard.send("all", recipients=(TARO,))).last)
        assert len(guard.hop.taken) == 1
        assert len(recorded(guard)) == 3
        # A list that does not change does not stop the next mail.
        assert re.match(PASSES, (await guard.send("next", recipients=(JIRO,))).last)


async def test_a_list_of_one_from_domain_is_asked_when_the_header_is_here(guard_with):
    async with guard_with() as guard:
        guard.pipeline.inspector = Looks()
        guard.store.stop_list.add("cli", address=TARO, from_domains=["sister.example"])
        assert re.match(PASSES, (await guard.send("ours", recipients=(TARO, JIRO))).last)
        assert guard.hop.taken[-1].rcpts == (f"<{TARO}>".encode(), f"<{JIRO}>".encode())
        guard.pipeline.inspector = Looks(from_domains=("sister.example",))
        assert re.match(PASSES, (await guard.send("theirs", recipients=(TARO, JIRO))).last)
        assert guard.hop.taken[-1].rcpts == (f"<{JIRO}>".encode(),)
        assert re.match(GONE, (await guard.send("alone", recipients=(TARO,))).last)
        assert len(guard.hop.taken) == 2


async def test_who_is_refused_when_the_envelope_is_said_anew_means_try_again(guard_with):
    async with guard_with() as guard:

        class Changes(Looks):
            async def mail(self, pieces, seconds, *, beginning=False, secrets=()):
                guard.hop.tell("rcpt 450 not now")
                return self.inspection

        guard.pipeline.inspector = Changes(from_domains=("sister.example",))
        guard.store.stop_list.add("cli", address=TARO, from_domains=["sister.example"])
        heard = await guard.send("again", recipients=(TARO, JIRO))
        assert heard.last.startswith("451")
        assert guard.hop.taken == []


async def test_invoices_are_never_stopped(guard_with):
    async with guard_with(never_sources=("mailer",)) as guard:
        guard.pipeline.inspector = Looks()
        guard.store.stop_list.add("cli", address=TARO)
        assert re.match(PASSES, (await guard.send("invoice")).last)
        assert guard.hop.taken[-1].rcpts == (f"<{TARO}>".encode(),)
        assert recorded(guard) == []
        guard.suppression.obey(StopListSection())
        assert re.match(GONE, (await guard.send("no invoice any more")).last)


async def test_550_by_configuration(guard_with):
    async with guard_with(reply=550) as guard:
        guard.pipeline.inspector = Looks(from_domains=("sister.example",))
        guard.store.stop_list.add("cli", address=TARO)
        guard.store.stop_list.add("cli", address=HANAKO, from_domains=["sister.example"])
        heard = await guard.send("told", recipients=(TARO, JIRO))
        assert heard.rcpts[TARO].startswith("550 5.7.1")
        assert re.match(PASSES, heard.last)
        # Known only at the dot, when nobody else is left to be harmed.
        assert (await guard.send("late", recipients=(HANAKO,))).last.startswith("550 5.7.1")
        assert [taken.rcpts for taken in guard.hop.taken] == [(f"<{JIRO}>".encode(),)]


async def test_a_list_that_cannot_be_read_lets_nobody_through(guard_with):
    async with guard_with() as guard:
        guard.pipeline.inspector = Looks()

        def locked():
            raise StoreError("locked")

        guard.store.stop_list.latest.read = locked
        assert (await guard.send("locked")).rcpts[TARO].startswith("451")
        assert named(guard) == set()


async def test_who_is_listed_while_the_mail_is_held_is_not_sent_to(guard_with):
    async with guard_with() as guard:
        guard.pipeline.inspector = Looks(findings=(FOUND,), from_domains=("sister.example",))
        guard.store.stop_list.add("cli", address=HANAKO)
        assert re.match(HOLDS, (await guard.send("held", held=True, recipients=(TARO, JIRO, HANAKO))).last)
        guard.store.stop_list.add("cli", address=TARO, from_domains=["sister.example"])
        guard.store.stop_list.add("cli", address=JIRO, from_domains=["shop.example"])
        guard.approve()
        async with guard.releasing():
            await guard.until_sent()
        assert [taken.rcpts for taken in guard.hop.taken] == [(f"<{JIRO}>".encode(),)]
        [row] = guard.store.holds.recent()
        progress = guard.store.holds.get(row.id).progress
        assert progress.recipients == {RecipientState.SUPPRESSED: 1, RecipientState.ACCEPTED: 1}
        assert progress.messages == {MessageState.RELEASED: 1}
        assert recorded(guard) == [("mailer", "intake"), ("mailer", "release")]
        assert guard.store.audit.verify() is None


async def test_files_are_read_again_when_nobody_writes_to_them_any_more(guard_with, tmp_path, caplog):
    path = tmp_path / "stop.csv"
    path.write_text(f"address\n{TARO}\n")
    async with guard_with() as guard:
        lists = guard.store.stop_list
        files = StopFiles([path], guard.store)
        files.read()
        assert len(lists.latest()) == 1
        path.write_text(f"address\n{TARO}\n{JIRO}\n")
        files.look()
        assert len(lists.latest()) == 1
        files.look()
        assert len(lists.latest()) == 2
        for broken in ("address\ntaro\n", ""):
            path.write_text(broken)
            files.look(now=True)
            assert len(lists.latest()) == 2
        path.unlink()
        files.look(now=True)
        assert len(lists.latest()) == 2
        assert "stop.csv:2" in caplog.text
        assert "cannot be read" in caplog.text
        with guard.store._database.read() as tx:
            everything = [tx.execute(text(f"SELECT * FROM {name}")).all() for name in ("stop_files", "stop_blocks")]
        assert TARO not in repr(everything)
        StopFiles([], guard.store).read()
        assert len(lists.latest()) == 2  # until somebody consents
        (change,) = guard.store.changes.all()
        consents = next(person for person in guard.store.people.all() if person.role == "approver")
        guard.store.changes.agree(change.id, consents.id)
        assert len(lists.latest()) == 0
