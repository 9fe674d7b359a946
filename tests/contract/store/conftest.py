"""The suite runs against whatever databases stand here; each entry makes the URL of an empty one."""

from contextlib import contextmanager

import pytest
from stage import Stage
from tables import tables


@contextmanager
def sqlite(request, folder):
    del request
    yield tables(folder)


@contextmanager
def postgresql(request, folder):
    del folder
    server = request.getfixturevalue("postgresql")
    url = server.database()
    yield url
    server.drop(url)


@pytest.fixture(params=[sqlite, postgresql], ids=["sqlite", "postgresql"])
def stage(request, tmp_path):
    folder = tmp_path / "data"
    with request.param(request, folder) as url:
        made = Stage(url, folder)
        yield made
        made.store.close()


@pytest.fixture
def staff(stage):
    """An operator, two approvers, and a source with that operator."""
    tanaka, sato, suzuki = stage.person("tanaka", "operator"), stage.person("sato"), stage.person("suzuki")
    return tanaka, sato, suzuki, stage.source(tanaka, logins=("bulk",))
