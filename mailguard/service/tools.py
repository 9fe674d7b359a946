"""Which of the tools are on this machine, in words: for `mailguard config check` and for the log at the start."""

import os
from collections.abc import Iterator

from mailguard.service.finding import Finding, Weight
from mailguard.unpack import libarchive_entries
from mailguard.unpack.tools import TOOLS, Tool

_LIBARCHIVE = "tar, cpio, cab, ISO, zstd and lz4 files"


def installed(tool: Tool) -> bool:
    """Whether it can be started."""
    return os.access(tool.path, os.X_OK)


def findings() -> Iterator[Finding]:
    """One for libarchive and for each tool. Without one the service works, and holds what cannot be read."""
    if libarchive_entries.installed():
        yield Finding("libarchive", f"installed; reads {_LIBARCHIVE}")
    else:
        fact = f"not installed: {_LIBARCHIVE} are held. To read them: apt install libarchive13"
        yield Finding("libarchive", fact, Weight.WARNING)
    for tool in TOOLS:
        if installed(tool):
            yield Finding(f"tool {tool.name}", f"{tool.path} reads {tool.reads}")
        else:
            fact = f"not installed: {tool.reads} are held. To read them: apt install {tool.package}"
            yield Finding(f"tool {tool.name}", fact, Weight.WARNING)


def said() -> str:
    """One line for the log."""
    missing = [tool for tool in TOOLS if not installed(tool)]
    found = " ".join(tool.name for tool in TOOLS if tool not in missing)
    held = ", ".join(dict.fromkeys(tool.reads for tool in missing))
    return f"found: {found or 'none'}; missing: {' '.join(tool.name for tool in missing) or 'none'}" + (
        f" (held: {held})" if held else ""
    )
