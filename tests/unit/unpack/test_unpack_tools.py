"""What a handler meets where no program of the system can be started."""

import pytest

from mailguard.model import ProblemKind
from mailguard.unpack.budget import Budget, Limits
from mailguard.unpack.tools import TOOLS, ToolError


@pytest.mark.parametrize("tool", TOOLS, ids=lambda tool: tool.name)
def test_without_a_runner_every_tool_is_missing(tool) -> None:
    with pytest.raises(ToolError, match=f"program {tool.name} is not installed") as caught:
        Budget(Limits(), 10).tools.run(tool.name, ["{input}"], b"data")
    assert caught.value.kind is ProblemKind.UNKNOWN_FORMAT
    assert caught.value.output == b""


def test_tools_are_named_once_and_started_by_absolute_paths() -> None:
    assert len({tool.name for tool in TOOLS}) == len(TOOLS)
    assert all(tool.path.startswith("/usr/bin/") for tool in TOOLS)
