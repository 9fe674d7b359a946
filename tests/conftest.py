"""What tests of several folders share: a key, and an engine with the shipped rules."""

import pytest
from mailguard.detect import Detector
from mailguard.detect.ruleset import shipped_dir
from mailguard.digest import Digester
from mailguard.inspect import Engine
from mailguard.unpack import Limits

DIGESTER = Digester(b"test key of thirty-two bytes ...")


@pytest.fixture(scope="session")
def digester():
    return DIGESTER


@pytest.fixture(scope="session")
def detector():
    return Detector.build(shipped_dir(), DIGESTER)


@pytest.fixture(scope="session")
def engine(detector):
    return Engine(detector, DIGESTER, Limits())
