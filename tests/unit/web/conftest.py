import shutil

import pytest
from web_world import World


def opened(made, folder, **world):
    """Passwords are slow to hash on purpose: the same people serve every test, each in its own copy."""
    shutil.copytree(made, folder, copy_function=shutil.copy2, dirs_exist_ok=True)
    return World(folder, **world)


@pytest.fixture(scope="session")
def made(tmp_path_factory):
    folder = tmp_path_factory.mktemp("declared")
    World(folder).store.close()
    return folder


@pytest.fixture(scope="session")
def made_undeclared(tmp_path_factory):
    folder = tmp_path_factory.mktemp("undeclared")
    World(folder, source=False).store.close()
    return folder


@pytest.fixture
def world(made, tmp_path):
    world = opened(made, tmp_path / "data")
    yield world
    world.store.close()


@pytest.fixture
def undeclared(made_undeclared, tmp_path):
    world = opened(made_undeclared, tmp_path / "data", source=False)
    yield world
    world.store.close()
