"""What this machine has: tests that miss a program say so loudly, and fail where everything is installed (CI)."""

import os

import pytest


def needs(condition: object, what: str) -> None:
    """Skip with a loud line where `what` is missing; in CI, which installs everything, fail."""
    if not condition:
        text = f"NOT TESTED: {what} is missing on this machine (tests/system.sh installs it as root)"
        if os.environ.get("TESTS_REQUIRE_SYSTEM"):
            pytest.fail(text)
        pytest.skip(text)
