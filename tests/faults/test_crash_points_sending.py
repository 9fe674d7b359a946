"""kill -9 at every step of a decision, its release, and one more mail under the approval."""

import pytest
from crashed import crash, crashing_world, record_is_whole
from crashing import SENDING

pytestmark = pytest.mark.timeout(180)


@pytest.fixture(scope="module")
def world(tmp_path_factory):
    with crashing_world(tmp_path_factory.mktemp("crashes")) as made:
        yield made


@pytest.mark.parametrize("point", SENDING)
def test_a_crash_loses_nothing_and_lets_nothing_out(point, world):
    crash(point, world)


def test_the_record_is_whole_after_all_that(world):
    assert record_is_whole(world)
