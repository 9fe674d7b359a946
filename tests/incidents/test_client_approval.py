"""A list of more than 1,000 persons in a mailing for a client: nothing leaves before somebody of the client agrees, too."""

import re
from base64 import encodebytes
from dataclasses import replace

import pytest
import pytest_asyncio
from guarded import HOLDS, PASSES, PASSWORD, digester, furnished, guarded, scanners

from mailguard.config import Config
from mailguard.demo import incidents
from mailguard.lifecycle import Choice, HoldState
from mailguard.routes import routes
from mailguard.service.scanning import rules_dir
from mailguard.web import routed
from mailguard.web.texts import Texts

pytestmark = [pytest.mark.incident, pytest.mark.asyncio(loop_scope="module")]


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    folder = tmp_path_factory.mktemp("made")
    folder.chmod(0o700)
    return furnished(folder)


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def scanner(made):
    there = scanners(digester(made), workers=1)
    await there.start()
    yield there
    await there.stop()


def mail(token, data):
    head = f"From: n@example.co.jp\r\nSubject: ski\r\nX-Token: {token}\r\nMIME-Version: 1.0\r\n"
    part = 'Content-Type: text/csv; name="a.csv"\r\nContent-Transfer-Encoding: base64\r\n\r\n'
    return (head + part).encode() + encodebytes(data).replace(b"\n", b"\r\n")


async def test_two_of_the_own_company_do_not_stand_for_the_client(made, scanner, tmp_path):
    async with guarded(made, tmp_path / "data", scanner) as guard:
        guard.policy = replace(guard.policy, routes=routes(rules_dir(Config()) / "routes-example.toml"))
        client = guard.store.people.add(
            login="kato", name="kato", email="", role="approver", password=PASSWORD, organisation="委託元", actor="test"
        )
        (source,) = guard.store.sources.all()
        guard.store.sources.change(replace(source, organisation="委託元"), "test")
        data = incidents.csv_bytes(incidents.one_person_a_row())
        assert re.match(HOLDS, (await guard.send("one", content=mail("one", data))).last)
        [row] = guard.store.holds.recent()
        assert row.persons > 1_000

        def approve(person):
            return guard.store.holds.decide(
                row.id, revision=1, choice=Choice.APPROVE, person_id=person.id, reason="確認した", cap=2
            )

        sato, suzuki = (guard.store.people.by_login(login) for login in ("sato", "suzuki"))
        for person in (sato, suzuki):
            assert approve(person) is HoldState.PENDING
            said = routed.said(Texts("ja"), guard.store.holds.get(row.id), client).line
            assert said == "1,000人超のため2名の承認が必要です(あと1名:委託元)"
        async with guard.releasing():
            assert not guard.relayed()
            assert approve(client) is HoldState.APPROVED
            await guard.until_sent()
        assert set(guard.relayed()) == {("one", "taro@example.com")}
        # The rest of the mailing passes up to the cap; a shorter list needs one approval.
        assert re.match(PASSES, (await guard.send("two", content=mail("two", data))).last)
        assert re.match(HOLDS, (await guard.send("three", content=mail("three", data))).last)
        assert re.match(HOLDS, (await guard.send("four", held=True)).last)
        assert guard.store.holds.recent(limit=1)[0].approvals_needed == 1
        assert guard.store.audit.verify() is None
