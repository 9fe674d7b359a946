"""What every page of a signed-in person says."""

import re

import pytest

from mailguard.web import show
from mailguard.web.texts import Texts

FEW = Texts("ja")("approvers.few", n=1)
PAGES = (
    "/holds", "/holds/{hold}", "/holds/{hold}/parts/0", "/campaigns/{campaign}", "/requests", "/release", "/stops",
    "/contacts", "/changes", "/deputies", "/people", "/sources",
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


@pytest.mark.parametrize(
    ("place", "said"),
    [
        ("列 氏名", "column 氏名"),
        ("12行目", "line 12"),
        ("1〜3行目", "lines 1–3"),
        ("ファイル名", "file name"),
        ("Subject", "Subject"),
        ("", ""),
    ],
)
def test_where_a_finding_stands_is_said_in_the_readers_language(place, said):
    assert show.where(Texts("en"), place) == said
    assert show.where(Texts("ja"), place) == place


def test_the_audit_record_of_a_hold_is_in_words(world):
    hold = world.admit()
    world.store.dossiers.take([hold], world.approver.id)
    page = world.client("kansa", language="en").get(f"/holds/{hold}").text
    assert not re.search(r"hold\.(viewed|exported|opened)", page)
    assert "took the record" in page
