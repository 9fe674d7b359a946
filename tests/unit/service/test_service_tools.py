"""Which tools are here is said, and what is held without them; limits come from the configuration."""

from dataclasses import asdict, replace

import msgspec
import pytest

from mailguard.config import Config, Limits
from mailguard.digest import Digester
from mailguard.inspect.settings import Settings
from mailguard.service import scanning, tools
from mailguard.service.finding import Weight
from mailguard.unpack.budget import Limits as Budgeted
from mailguard.unpack.tools import TOOLS


@pytest.fixture
def half(monkeypatch):
    """Only `lha` is here."""
    there = [replace(tool, path="/bin/sh" if tool.name == "lha" else "/usr/bin/not-here") for tool in TOOLS]
    monkeypatch.setattr(tools, "TOOLS", tuple(there))


def test_a_missing_tool_is_a_warning_with_what_is_held_and_the_remedy(half):
    _, lha, *others = tools.findings()
    assert str(lha) == "tool lha: /bin/sh reads LZH archives"
    assert {finding.weight for finding in others} == {Weight.WARNING}
    assert str(others[-1]) == (
        "warning: tool tesseract: not installed: pictures of text are held."
        " To read them: apt install tesseract-ocr tesseract-ocr-jpn"
    )


def test_so_is_a_missing_libarchive(monkeypatch):
    library, *_ = tools.findings()
    assert str(library) == "libarchive: installed; reads tar, cpio, cab, ISO, zstd and lz4 files"
    monkeypatch.setattr(tools.libarchive_entries, "installed", lambda: False)
    library, *_ = tools.findings()
    assert library.weight is Weight.WARNING
    assert str(library).endswith("are held. To read them: apt install libarchive13")


def test_the_log_has_it_on_one_line(half, monkeypatch):
    assert tools.said().startswith("found: lha; missing: unar tesseract (held: RAR archives, pictures of text)")
    monkeypatch.setattr(tools, "TOOLS", TOOLS[:0])
    assert tools.said() == "found: none; missing: none"


def test_the_limits_of_the_configuration_are_those_of_the_budget():
    assert Limits().model_dump() == asdict(Budgeted())


def test_a_limit_reaches_the_workers():
    config = Config(limits={"files": 7}, scanner={"tool_seconds": 3})
    settings = scanning.scanner(config, Digester(bytes(32)))._settings
    assert msgspec.msgpack.decode(settings.init, type=Settings).limits == Budgeted(files=7)
    assert settings.programs.seconds == 3
    assert set(settings.programs.paths) == {tool.name for tool in TOOLS}


def test_there_is_a_scanner_for_each_core_unless_a_number_is_set(monkeypatch):
    monkeypatch.setattr("os.sched_getaffinity", lambda pid: {0, 1, 5})
    assert scanning.scanner(Config(), Digester(bytes(32)))._workers == 3
    assert scanning.scanner(Config(scanner={"workers": 2}), Digester(bytes(32)))._workers == 2
