"""The suite runs against whatever databases stand here; each entry makes the URL of an empty one."""

import pytest
from stage import Stage


def sqlite_file(folder):
    return f"sqlite:///{folder / 'mailguard.db'}"


@pytest.fixture(params=[sqlite_file], ids=["sqlite"])
def stage(request, tmp_path):
    folder = tmp_path / "data"
    made = Stage(request.param(folder), folder)
    yield made
    made.store.close()


@pytest.fixture
def staff(stage):
    """An operator, two approvers, and a source with that operator."""
    tanaka, sato, suzuki = stage.person("tanaka", "operator"), stage.person("sato"), stage.person("suzuki")
    return tanaka, sato, suzuki, stage.source(tanaka, logins=("bulk",))
