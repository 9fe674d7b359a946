"""What tests of several folders share: a key, an engine with the shipped rules, a database server, and which files go first."""

import os
from collections import Counter
from pathlib import Path

import pytest

from mailguard.digest import Digester

TESTS = Path(__file__).parent
# Files that take longest, each on one worker: begun last, they would keep it busy when the others are done. Most of them
# start a service again and again.
LONG = (
    "faults/test_crash_points_taking.py", "faults/test_crash_points_sending.py", "incidents/test_service.py",
    "faults/test_matrix_service.py", "faults/service/test_service_rules.py", "faults/service/test_service_workers.py",
    "faults/test_soak.py", "incidents/test_no_clear_text.py", "faults/test_stop_crashes.py", "faults/service/test_service_alone.py",
    "property/test_detect_mailing.py", "incidents/test_ppap.py", "clients/test_next_hops.py", "faults/sandbox/test_real_tools.py",
    "unit/cli/test_cli_rules.py", "incidents/test_counts.py",
)  # fmt: skip

# Before numpy is imported: threads of small matrix products wait for each other on busy cores.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

DIGESTER = Digester(b"test key of thirty-two bytes ...")


@pytest.fixture(scope="session")
def digester():
    return DIGESTER


@pytest.fixture(scope="session")
def detector():
    from mailguard.detect.ruleset import shipped_dir
    from mailguard.detect.whole import Detector  # loads dictionaries: only for tests that need them

    return Detector.build(shipped_dir(), DIGESTER)


@pytest.fixture(scope="session")
def engine(detector):
    from mailguard.inspect.engine import Engine
    from mailguard.unpack.budget import Limits

    return Engine(detector, DIGESTER, Limits())


@pytest.fixture(scope="session")
def postgresql():
    """One PostgreSQL for the whole run; `postgresql.database()` is the URL of a database with empty tables."""
    from machine import needs
    from postgres import Postgres, available

    from mailguard.store.engine import Database

    needs(available(), "PostgreSQL")
    with Postgres() as server:
        made = Database(server.template)
        made.upgrade()
        made.close()
        yield server


def pytest_collection_modifyitems(config, items):
    """The order in which workers of `make test` are handed files: long ones, then those with the most tests."""
    ranks = {TESTS / name: place for place, name in enumerate(LONG)}
    assert all(path.exists() for path in ranks), "a file of LONG is not there any more"
    if hasattr(config, "workerinput"):
        tests = Counter(item.path for item in items)
        items.sort(key=lambda item: (ranks.get(item.path, len(LONG)), -tests[item.path]))
