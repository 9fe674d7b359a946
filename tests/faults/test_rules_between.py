"""Rules and policy that are replaced while a mail is looked into: it is judged by the policy of the rules it was inspected by."""

import re
from dataclasses import replace

import pytest
from guarded import HOLDS, PASSES, guarded

from mailguard.model import Finding, Inspection, Kind

pytestmark = pytest.mark.asyncio(loop_scope="module")
FOUND = Finding("table.name", Kind.NAME, ("a.csv",), "列 氏名", 1, 1, ("山*",), key=b"leaf")


class Version:
    """What one version of the rules finds; `then` happens while it looks."""

    def __init__(self, inspection, then=lambda: None):
        self.inspection, self.then, self.asked = inspection, then, []

    async def mail(self, pieces, seconds, *, beginning=False):
        self.asked.append(beginning)
        self.then()
        return self.inspection


@pytest.fixture
def reload():
    def to(guard, version, *, monitor):
        guard.pipeline.inspector, guard.policy = version, replace(guard.policy, monitor=monitor)

    return to


@pytest.mark.parametrize(("before", "after", "said"), [(False, True, HOLDS), (True, False, PASSES)])
async def test_a_mail_under_way_is_judged_by_the_policy_it_began_under(made, tmp_path, reload, before, after, said):
    async with guarded(made, tmp_path / "data", None) as guard:
        fresh = Version(Inspection(findings=(FOUND,)))
        old = Version(Inspection(findings=(FOUND,)), lambda: reload(guard, fresh, monitor=after))
        reload(guard, old, monitor=before)
        assert re.match(said, (await guard.send("between")).last)
        assert not fresh.asked
        assert bool(re.match(HOLDS, (await guard.send("next")).last)) is not after


async def test_a_beginning_that_passes_is_read_to_its_end_by_the_rules_of_then(made, tmp_path, reload):
    async with guarded(made, tmp_path / "data", None) as guard:
        fresh = Version(Inspection(findings=(FOUND,)))
        old = Version(Inspection(uncounted=(b"leaf",)), lambda: reload(guard, fresh, monitor=False))
        reload(guard, old, monitor=True)
        assert re.match(HOLDS, (await guard.send("long")).last)
        assert (old.asked, fresh.asked) == ([True], [False])
