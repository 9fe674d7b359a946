"""A letter to 5,212 people is approved by mistake and stopped while it goes out: who has it is known to the last one."""

import asyncio

import pytest
from guarded import guarded, letter

from mailguard.errors import ConflictError, RefusedError
from mailguard.lifecycle import Choice, HoldState
from mailguard.model import Finding, Inspection, Kind
from mailguard.store.reach import About, Reached

pytestmark = [pytest.mark.asyncio(loop_scope="module"), pytest.mark.incident]
PEOPLE = [f"member{number}@example.com" for number in range(5212)]
FOUND = Finding("table.name", Kind.NAME, ("会員.csv",), "列 氏名", 5212, 5212, ("山*",), key=b"leaf")
AT_ONCE = 4


class Looks:
    """An inspector that finds the same in each mail."""

    async def mail(self, pieces, seconds, *, beginning=False, secrets=()):
        return Inspection(findings=(FOUND,), persons=5212, subject_key=b"letter", body_key=b"body")


async def send(guard, token, recipients):
    """One mail with its commands in one flight."""
    guard.sent[token] = letter(token, held=True, subject="letter")
    reader, writer = await asyncio.open_connection("127.0.0.1", guard.server.port)
    names = "".join(f"RCPT TO:<{name}>\r\n" for name in recipients)
    await reader.readline()
    writer.write(b"EHLO tool.example\r\n")
    while (await reader.readline())[3:4] == b"-":
        pass
    writer.write(f"MAIL FROM:<n@example.co.jp>\r\n{names}DATA\r\n".encode())
    replies = [await reader.readline() for _ in range(len(recipients) + 2)]
    assert {reply[:3] for reply in replies} == {b"250", b"354"}
    writer.write(guard.sent[token] + b".\r\n")
    answer = await reader.readline()
    writer.close()
    return answer.decode()


def told(guard, hold_id, person):
    reach = guard.store.reach.take(About((hold_id,)), person, clear=True, reason="report")
    assert sum(reach.counts.values()) == len(reach.rows) == len(PEOPLE)
    return dict(reach.counts), {row.address for row in reach.rows if row.state is Reached.ACCEPTED}


def taken(guard):
    return [rcpt.decode().strip("<>") for mail in guard.hop.taken for rcpt in mail.rcpts]


async def test_stopped_in_mid_release_with_the_exact_count(made, tmp_path):
    async with guarded(made, tmp_path / "data", None) as guard:
        guard.pipeline.inspector = Looks()
        tanaka, sato, suzuki = (guard.store.people.by_login(name).id for name in ("tanaka", "sato", "suzuki"))
        for number, some in enumerate(batched()):
            assert "held for approval" in await send(guard, f"t{number}", some)
        [row] = guard.store.holds.recent()
        assert (row.recipients, row.persons) == (5212, 5212)
        guard.approve(cap=5212)
        async with guard.releasing(concurrency=AT_ONCE):
            while len(guard.hop.taken) < 20:  # noqa: ASYNC110 - the next hop tells nobody
                await asyncio.sleep(0.002)
            stop = await asyncio.to_thread(guard.store.stops.stop_campaign, suzuki, row.id, "the wrong letter")
            before = len(guard.hop.taken)
            async with asyncio.timeout(60):
                while Reached.IN_DOUBT in told(guard, row.id, sato)[0]:  # noqa: ASYNC110 - the same
                    await asyncio.sleep(0.02)
            assert before <= len(guard.hop.taken) <= before + AT_ONCE
            reached = taken(guard)
            counts, accepted = told(guard, row.id, sato)
            assert accepted == set(reached)
            assert len(accepted) == len(reached)
            assert counts == {Reached.ACCEPTED: len(reached), Reached.WAITING: 5212 - len(reached)}
            # One person alone does not let it go on.
            guard.store.stops.ask_end(suzuki, stop.id, "perhaps it was right")
            for again in (guard.store.stops.agree_end, lambda who, it: guard.store.stops.ask_end(who, it, "x")):
                with pytest.raises((RefusedError, ConflictError)):
                    again(suzuki, stop.id)
            # Its operator withdraws the rest: never sent, though the stop ends.
            wish = {"revision": guard.store.holds.get(row.id).row.revision, "person_id": tanaka, "reason": "mistake"}
            state = guard.store.releases.decide_rest(row.id, choice=Choice.STOP_REST, **wish)
            assert state is HoldState.WITHDRAWN
            guard.store.releases.end_stopped()
            guard.store.stops.agree_end(sato, stop.id)
            await asyncio.sleep(0.2)
            assert taken(guard) == reached
        counts, accepted = told(guard, row.id, sato)
        assert counts == {Reached.ACCEPTED: len(reached), Reached.WITHDRAWN: 5212 - len(reached)}
        assert accepted == set(reached)
        assert guard.store.audit.verify() is None


def batched(size=40):
    return [PEOPLE[start : start + size] for start in range(0, len(PEOPLE), size)]
