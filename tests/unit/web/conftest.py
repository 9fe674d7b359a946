import pytest
from web_world import World


@pytest.fixture
def world(tmp_path):
    world = World(tmp_path)
    yield world
    world.store.close()


@pytest.fixture
def undeclared(tmp_path):
    world = World(tmp_path, source=False)
    yield world
    world.store.close()
