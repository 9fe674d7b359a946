"""What every page of a signed-in person says."""

import pytest

from mailguard.web.texts import Texts

FEW = Texts("ja")("approvers.few", n=1)
PAGES = (
    "/holds", "/holds/{hold}", "/holds/{hold}/parts/0", "/campaigns/{campaign}", "/requests", "/release", "/stops",
    "/contacts", "/changes", "/deputies",
)  # fmt: skip


@pytest.mark.parametrize("page", PAGES)
def test_too_few_approvers_are_said_on_every_page(world, page):
    hold = world.admit()
    url = page.format(hold=hold, campaign=world.store.campaigns.of(hold).id)
    client = world.client("sato")
    assert FEW not in client.get(url).text
    world.store.people.disable("suzuki", "test")
    answer = client.get(url)
    assert (answer.status_code, FEW in answer.text) == (200, True)


def test_who_is_not_logged_in_reads_nothing_of_it(world):
    world.store.people.disable("suzuki", "test")
    assert FEW not in world.client().get("/login").text
