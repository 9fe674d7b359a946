"""Frames between supervisor, zygote and workers over Unix stream sockets.

A request is a length-prefixed name with the body's memfd beside it (SCM_RIGHTS); an answer is a status, a length and
the bytes. Nothing here waits on an event loop; no frame is ever evaluated.
"""

import fcntl
import os
import socket
import struct
from typing import Final

OK: Final = 0
FAILED: Final = 1
READY: Final = 2
ANSWER = struct.Struct("!BQ")
CAP = 64 * 1024 * 1024  # bytes of one answer
_NAME = struct.Struct("!I")
_LONGEST_NAME = 4_096
_SEALS = fcntl.F_SEAL_SHRINK | fcntl.F_SEAL_GROW | fcntl.F_SEAL_WRITE | fcntl.F_SEAL_SEAL


def sealed(body: bytes) -> int:
    """A memfd with `body` that nobody can change any more; the caller closes it."""
    fd = os.memfd_create("body", os.MFD_CLOEXEC | os.MFD_ALLOW_SEALING)
    try:
        view = memoryview(body)
        while view:
            view = view[os.write(fd, view) :]
        fcntl.fcntl(fd, fcntl.F_ADD_SEALS, _SEALS)
    except BaseException:
        os.close(fd)
        raise
    return fd


def send_request(sock: socket.socket, name: str, fds: list[int]) -> None:
    """One name and the descriptors that go with it; small enough never to block on an idle socket."""
    data = name.encode()[:_LONGEST_NAME]
    socket.send_fds(sock, [_NAME.pack(len(data)) + data], fds)


def receive_request(sock: socket.socket, most: int) -> tuple[str, list[int]] | None:
    """The next request with up to `most` descriptors; None when the other side is gone."""
    head, fds, _, _ = socket.recv_fds(sock, _NAME.size, most, socket.MSG_WAITALL)
    if len(head) < _NAME.size:
        return None
    (length,) = _NAME.unpack(head)
    data = sock.recv(length, socket.MSG_WAITALL) if length else b""
    return data.decode(), fds


def send_answer(sock: socket.socket, status: int, data: bytes) -> None:
    """One answer, blocking until it is taken."""
    sock.sendall(ANSWER.pack(status, len(data)))
    sock.sendall(data)
