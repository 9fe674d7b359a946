"""A hold whose long table is still being counted: at least so many, then the exact figure, and no approval in between."""

from dataclasses import replace

import pytest
from web_world import INSPECTION, form

from mailguard.lifecycle import HoldState

COUNTING = replace(
    INSPECTION, persons=200_000, persons_exact=False, persons_least=7_123, households=900, uncounted=(b"leaf",)
)
WHOLE = replace(INSPECTION, persons=150_432, households=61_000)


@pytest.fixture
def hold(world):
    return world.admit(COUNTING)


@pytest.mark.parametrize(
    ("language", "before", "after"),
    [
        ("ja", "7,123人分以上(集計中)の個人情報", "150,432人分(61,000世帯)"),
        ("en", "personal data of at least 7,123 persons, counting found", "150,432 persons (61,000 households)"),
    ],
)
def test_the_page_says_at_least_and_then_the_exact_figure(world, hold, language, before, after):
    client = world.client("sato", language=language)
    page = client.get(f"/holds/{hold}").text
    assert before in page
    world.store.counting.fill_in(hold, WHOLE)
    assert after in client.get(f"/holds/{hold}").text


def test_where_the_beginning_does_not_tell_it_only_says_that_it_counts(world):
    page = world.client("sato").get(f"/holds/{world.admit(replace(COUNTING, persons_least=0))}").text
    assert "集計中の個人情報が" in page


def test_programs_hear_it_too(world, hold):
    [row] = [row for row in world.client("sato").get("/api/holds").json()["holds"] if row["id"] == hold]
    assert (row["counting"], row["persons_least"], row["persons"], row["persons_exact"]) == (
        True,
        7_123,
        200_000,
        False,
    )
    world.store.counting.fill_in(hold, WHOLE)
    [row] = [row for row in world.client("sato").get("/api/holds").json()["holds"] if row["id"] == hold]
    assert (row["counting"], row["persons_least"], row["persons"], row["persons_exact"]) == (False, None, 150_432, True)


def test_nobody_approves_before_the_figure_is_there_and_who_looked_before_looks_again(world, hold):
    client = world.client("sato")
    sent = form(client, hold, reason="x", cap="9", cap_again="9")
    answer = client.post(f"/holds/{hold}/approve", data=sent)
    assert answer.status_code == 403
    assert "正確な本人数が出てから承認してください" in answer.text
    world.store.counting.fill_in(hold, WHOLE)
    answer = client.post(f"/holds/{hold}/approve", data=sent)
    assert answer.status_code == 409
    assert "正確な本人数が入りました" in answer.text
    assert world.store.holds.get(hold).row.state is HoldState.PENDING
    client.post(f"/holds/{hold}/approve", data=form(client, hold, reason="x", cap="9", cap_again="9"))
    assert world.store.holds.get(hold).row.state is HoldState.APPROVED
