"""Programs of the system as a worker sees them: it asks its runner, which starts them, one at a time.

In: a name of the table, arguments, the bytes of a file. Out: how the program ended and what it wrote. The worker itself may
start nothing; what it asks for crosses a socket, what was written comes back as a memfd.
"""

import json
import os
import socket
import struct
from collections.abc import Collection, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from enum import IntEnum
from typing import Any, Final

INPUT: Final = "{input}"
"""Stands among the arguments for the path of a file with the bytes."""
ASKED = struct.Struct("!IQ")  # lengths of the request and of the bytes that follow it
ANSWERED = struct.Struct("!Bi")  # how it ended, and the exit code or signal
LONGEST_REQUEST = 256 * 1024


class End(IntEnum):
    """How it ended; only with EXITED 0 the output is whole."""

    EXITED = 0
    KILLED = 1
    LATE = 2
    TOO_BIG = 3
    MISSING = 4
    REFUSED = 5


@dataclass(frozen=True, slots=True)
class Table:
    """What may be started: absolute paths by name. seconds: of wall time, and of processor time, of one program."""

    paths: Mapping[str, str] = field(default_factory=dict)
    seconds: float = 10.0


@dataclass(frozen=True, slots=True)
class Ran:
    """code: the exit code, or the signal that ended it."""

    end: End
    code: int = 0
    output: bytes = b""


@dataclass(frozen=True, slots=True)
class Request:
    """What a worker wants started. most: bytes of output."""

    program: str
    arguments: list[str]
    most: int

    def pack(self) -> bytes:
        """JSON; it keeps the bytes of a file name that are no text."""
        return json.dumps(asdict(self)).encode()

    @classmethod
    def unpack(cls, data: bytes) -> "Request":
        """The reverse of `pack`; raises ValueError or TypeError on anything else."""
        fields: dict[str, Any] = json.loads(data)
        return cls(str(fields["program"]), [str(argument) for argument in fields["arguments"]], int(fields["most"]))


class Programs:
    """Given to the entry when it is built. It reaches its runner once it is `connect`ed, in a worker."""

    def __init__(self, installed: Collection[str] = ()) -> None:
        self._installed = frozenset(installed)
        self._sock: socket.socket | None = None

    def connect(self, sock: socket.socket) -> None:
        """From now on, ask over this socket."""
        self._sock = sock

    def run(self, program: str, arguments: Sequence[str], data: bytes, most: int) -> Ran:
        """Start a program and wait for its end; "{input}" in an argument becomes the path of `data`.

        A worker that has lost its runner ends: its job gets a fresh pair.
        """
        if self._sock is None or program not in self._installed:
            return Ran(End.MISSING)
        request = Request(program, list(arguments), most).pack()
        if len(request) > LONGEST_REQUEST or any("\0" in argument for argument in arguments):
            return Ran(End.REFUSED)
        try:
            self._sock.sendall(ASKED.pack(len(request), len(data)) + request)
            self._sock.sendall(data)
            head, fds, _, _ = socket.recv_fds(self._sock, ANSWERED.size, 1, socket.MSG_WAITALL)
        except OSError:
            head, fds = b"", []
        if len(head) < ANSWERED.size:
            os._exit(1)
        end, code = ANSWERED.unpack(head)
        return Ran(End(end), code, _taken(fds[0]) if fds else b"")


def _taken(fd: int) -> bytes:
    """All of a memfd, which is closed."""
    with os.fdopen(fd, "rb") as file:
        file.seek(0)
        return file.read()
