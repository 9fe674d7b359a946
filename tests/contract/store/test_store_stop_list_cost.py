"""The stop list costs no question of the database for each mail, and least of all where nobody is on it."""

from unittest import mock

from mailguard.config import StopListSection
from mailguard.model import Source
from mailguard.suppression import Suppression

_SENDER = Source("s", "S", declared=True)


async def test_an_empty_list_is_an_answer_that_is_not_asked_for_again(stage):
    latest = stage.store.stop_list.latest
    latest.seconds = 1_000.0
    suppression = Suppression(stage.store, StopListSection())
    with mock.patch.object(latest, "read", side_effect=latest.read) as asked:
        for _ in range(20):
            assert await suppression.at_rcpt(None, "192.0.2.1", ("a@example.jp",)) == [False]
            assert await suppression.at_dot(_SENDER, ("example.jp",), ("a@example.jp",)) == [False]
    assert asked.call_count == 1
