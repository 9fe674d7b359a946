"""What tests of several folders share: a key, and an engine with the shipped rules."""

import pytest

from mailguard.digest import Digester

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
