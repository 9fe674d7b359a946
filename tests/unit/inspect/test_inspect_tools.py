"""How a program ended, as a handler hears of it: whole output, or a ToolError that names why and quotes nothing."""

import pytest

from mailguard.detect.evidence import Evidence
from mailguard.digest import Digester
from mailguard.inspect.engine import Engine
from mailguard.inspect.tools import SandboxTools
from mailguard.model import Part, ProblemKind
from mailguard.sandbox import End, Ran
from mailguard.unpack import text
from mailguard.unpack.budget import Limits


class Programs:
    def __init__(self, ran: Ran) -> None:
        self.ran, self.asked = ran, []

    def run(self, *asked):
        self.asked.append(asked)
        return self.ran


def test_whole_output_is_handed_on():
    programs = Programs(Ran(End.EXITED, 0, b"out"))
    assert SandboxTools(programs).run("lha", ["p", "{input}"], b"data", 5) == b"out"
    assert programs.asked == [("lha", ["p", "{input}"], b"data", 5)]


@pytest.mark.parametrize(
    ("ran", "kind", "detail", "output"),
    [
        (Ran(End.EXITED, 2, b"half"), ProblemKind.DAMAGED, "lha failed with 2", b"half"),
        (Ran(End.KILLED, 11, b"half"), ProblemKind.CRASHED, "lha was ended by signal 11", b"half"),
        (Ran(End.LATE), ProblemKind.TIMED_OUT, "lha ran past its time", b""),
        (Ran(End.TOO_BIG), ProblemKind.TOO_BIG, "more than 5 bytes from lha", b""),
        (Ran(End.MISSING), ProblemKind.UNKNOWN_FORMAT, "program lha is not installed", b""),
        (Ran(End.REFUSED), ProblemKind.DAMAGED, "a name that lha cannot be given", b""),
    ],
)
def test_everything_else_is_an_error(ran, kind, detail, output):
    with pytest.raises(Exception, match=detail) as caught:
        SandboxTools(Programs(ran)).run("lha", ["p", "山田太郎.lzh"], b"data", 5)
    assert (caught.value.kind, caught.value.detail, caught.value.output) == (kind, detail, output)


def test_a_handler_is_given_the_tools_of_its_engine(monkeypatch):
    class Detector:
        version = "for tests"

        def file_name(self, path, key):
            return Evidence()

    given = []
    monkeypatch.setattr(text, "open_part", lambda part, budget: given.append((part, budget.tools)) or iter(()))
    tools = SandboxTools(Programs(Ran(End.MISSING)))
    Engine(Detector(), Digester(bytes(32)), Limits(), tools).file("a.txt", b"text")
    assert given == [(Part(("a.txt",), b"text"), tools)]
