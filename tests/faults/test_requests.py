"""A mailing filed in advance, end to end: filed, inspected, approved by a second person; then the run comes by SMTP."""

import re
from datetime import timedelta

import pytest
from guarded import HOLDS, PASSES, guarded, letter

from mailguard import config
from mailguard.config import Own
from mailguard.lifecycle import Choice
from mailguard.policy import Policy
from mailguard.service.requesting import Requester
from mailguard.store.requests import Filing

pytestmark = pytest.mark.asyncio(loop_scope="module")
MANY = ("taro@example.com", "jiro@example.com", "saburo@example.net")


async def filed(guard, tmp_path, sample):
    """File, inspect, and have sato approve; the id of the hold."""
    store, now = guard.store, guard.clock()
    tanaka, sato = (store.people.by_login(login).id for login in ("tanaka", "sato"))
    begins, ends = now - timedelta(minutes=1), now + timedelta(hours=1)
    request_id = store.requests.file(tanaka, Filing("mailer", "会員への案内", 5, begins, ends, sample))
    requester = Requester(store, lambda: config.Config(data_dir=tmp_path), lambda: guard.policy)
    assert await requester.all_due() == 1
    hold_id = store.requests.get(request_id).hold_id
    row = store.holds.get(hold_id).row
    store.holds.decide(
        hold_id, revision=row.revision, choice=Choice.APPROVE, person_id=sato, reason="確認済み", cap=5
    )  # fmt: skip
    return hold_id


def reasons(guard, heard):
    hold_id = re.search(r"H-[0-9A-Z]{10}", heard.last)[0]
    return set(guard.store.holds.get(hold_id).row.reasons)


async def test_the_run_that_was_filed_passes_up_to_the_cap_and_what_differs_is_held(made, tmp_path, scanner):
    async with guarded(made, tmp_path / "data", scanner) as guard:
        hold_id = await filed(guard, tmp_path, letter("sample", held=True, subject="run"))
        assert guard.store.holds.get(hold_id).row.persons == 2
        first = await guard.send("one", held=True, subject="run", recipients=MANY[:2])
        assert re.match(PASSES, first.last)
        without = await guard.send("two", subject="run")  # no attachment: harmless, but not what was approved
        assert re.match(HOLDS, without.last)
        assert reasons(guard, without) == {"differs_from_request"}
        assert re.match(PASSES, (await guard.send("three", held=True, subject="run", recipients=MANY)).last)
        beyond = await guard.send("four", held=True, subject="run")
        assert "beyond_request" in reasons(guard, beyond)
        assert re.match(PASSES, (await guard.send("other", subject="another mailing")).last)
        assert guard.store.audit.verify() is None


async def test_a_clean_mailing_is_bound_to_what_was_filed_too(made, tmp_path, scanner):
    async with guarded(made, tmp_path / "data", scanner) as guard:
        await filed(guard, tmp_path, letter("sample", subject="clean run"))
        assert re.match(PASSES, (await guard.send("one", subject="clean run")).last)
        seventh = await guard.send("seven", held=True, subject="clean run")
        assert re.match(HOLDS, seventh.last)
        assert {"differs_from_request", "attachment_findings"} <= reasons(guard, seventh)


async def test_after_its_end_the_mailing_is_judged_as_any_other(made, tmp_path, scanner):
    async with guarded(made, tmp_path / "data", scanner) as guard:
        await filed(guard, tmp_path, letter("sample", held=True, subject="run"))
        guard.clock.wrong = timedelta(hours=2)
        guard.store.requests.latest()
        late = await guard.send("late", held=True, subject="run")
        assert re.match(HOLDS, late.last)
        assert not reasons(guard, late) & {"differs_from_request", "beyond_request"}


async def test_a_mail_to_own_addresses_is_shown_as_a_rehearsal(made, tmp_path, scanner):
    async with guarded(made, tmp_path / "data", scanner) as guard:
        own = Own(domains=("example.co.jp",), test_addresses=("QA@example.com",))
        guard.policy = Policy.build(guard.policy.limits, own, guard.store.digester)
        for number, (to, rehearsal) in enumerate(
            [(("a@example.co.jp", "qa@example.com"), True), (("a@example.co.jp", "taro@example.com"), False)]
        ):
            heard = await guard.send(f"test{number}", held=True, recipients=to)
            hold_id = re.search(r"H-[0-9A-Z]{10}", heard.last)[0]
            assert guard.store.holds.get(hold_id).row.rehearsal is rehearsal
