"""The programs of the system under their lock-down: each reads a file of its kind, through what a handler calls."""

import io
import json
import os
import struct
import zipfile
from collections.abc import AsyncIterator

import machine
import pytest
import pytest_asyncio
from PIL import Image, ImageDraw, ImageFont

from mailguard.sandbox import Scanner, Table
from mailguard.unpack.tools import TOOLS

PATHS = {tool.name: tool.path for tool in TOOLS}
pytestmark = pytest.mark.asyncio(loop_scope="module")


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def scanner() -> AsyncIterator[Scanner]:
    scanner = Scanner(
        "entry_for_tests:build",
        b"",
        workers=1,
        task_seconds=60,
        memory_mb=1024,
        recycle_tasks=100,
        programs=Table(PATHS, 30),
    )
    await scanner.start()
    yield scanner
    await scanner.stop()


def lzh(name: bytes, data: bytes) -> bytes:
    """A level 0 archive with one stored member."""
    rest = b"-lh0-" + struct.pack("<IIIBB", len(data), len(data), 0x5A6B7C8D, 0x20, 0)
    rest += bytes([len(name)]) + name + struct.pack("<H", _crc16(data))
    return bytes([len(rest), sum(rest) & 0xFF]) + rest + data + b"\0"


def _crc16(data: bytes) -> int:
    crc = 0
    for byte in data:
        crc ^= byte
        for _ in range(8):
            crc = (crc >> 1) ^ (0xA001 if crc & 1 else 0)
    return crc


def zipped(name: str, data: bytes) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        archive.writestr(name, data)
    return out.getvalue()


def picture(text: str) -> bytes:
    image = Image.new("L", (700, 120), 255)
    ImageDraw.Draw(image).text((30, 30), text, font=ImageFont.load_default(48), fill=0)
    out = io.BytesIO()
    image.save(out, "PNG")
    return out.getvalue()


@pytest.mark.parametrize(
    ("tool", "arguments", "data", "said"),
    [
        ("lha", ["pq2", "{input}"], lzh(b"list.txt", b"inside"), b"inside"),
        ("unar", ["-q", "-o", "-", "{input}"], zipped("list.txt", b"inside"), b"inside"),
        ("tesseract", ["{input}", "stdout", "-l", "jpn"], picture("090-1234-5678"), b"090-1234-5678"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
async def test_a_tool_reads_its_kind(scanner: Scanner, tool: str, arguments: list[str], data: bytes, said: bytes):
    machine.needs(os.access(PATHS[tool], os.X_OK), PATHS[tool])
    body = json.dumps({"program": tool, "arguments": arguments, "most": 1_000_000}).encode() + b"\n" + data
    head, _, output = (await scanner.run("program", body, 90)).partition(b"\n")
    assert json.loads(head)[:2] == ["EXITED", 0]
    assert said in output


async def test_a_tool_says_that_it_cannot_read_what_is_none_of_its_kind(scanner: Scanner) -> None:
    machine.needs(os.access(PATHS["unar"], os.X_OK), "unar")
    body = json.dumps({"program": "unar", "arguments": ["-q", "-o", "-", "{input}"], "most": 1_000}).encode()
    head, _, _ = (await scanner.run("program", body + b"\n" + b"no archive", 90)).partition(b"\n")
    assert json.loads(head)[:2] == ["EXITED", 1]
