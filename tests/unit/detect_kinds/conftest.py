import pytest

from mailguard.detect import kinds, ruleset


@pytest.fixture(scope="session")
def rules():
    return ruleset.load(ruleset.shipped_dir())


@pytest.fixture(scope="session")
def detectors(rules):
    return kinds.build(rules)
