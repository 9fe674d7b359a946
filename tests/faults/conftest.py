"""A furnished data folder and a scanner that marks in a mail can hang or crash, once for each module."""

import pytest
import pytest_asyncio
from guarded import digester, furnished, scanners


@pytest.fixture(scope="session")
def made(tmp_path_factory):
    folder = tmp_path_factory.mktemp("made")
    folder.chmod(0o700)
    return furnished(folder)


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def scanner(made):
    there = scanners(digester(made))
    await there.start()
    yield there
    await there.stop()
