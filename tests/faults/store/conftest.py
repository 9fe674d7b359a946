"""The stage of the contract suite, on SQLite files that these tests break."""

import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parents[2] / "contract" / "store"))

from stage import Stage
from tables import tables


@pytest.fixture
def stage(tmp_path):
    folder = tmp_path / "data"
    made = Stage(tables(folder), folder)
    yield made
    made.store.close()


@pytest.fixture
def staff(stage):
    tanaka, sato, suzuki = stage.person("tanaka", "operator"), stage.person("sato"), stage.person("suzuki")
    return tanaka, sato, suzuki, stage.source(tanaka, logins=("bulk",))
