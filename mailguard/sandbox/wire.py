"""Frames between supervisor, zygote and workers over Unix stream sockets.

A request is a length-prefixed name with descriptors beside it (SCM_RIGHTS). A task is a name and its body: a small one
within the frame, a large one in a sealed memfd. An answer is a status, a length and the bytes. Nothing here waits on an
event loop; no frame is ever evaluated.
"""

import fcntl
import mmap
import os
import socket
import struct
from typing import Final

OK: Final = 0
FAILED: Final = 1
READY: Final = 2
ANSWER = struct.Struct("!BQ")
CAP = 64 * 1024 * 1024  # bytes of one answer
INLINE = 64 * 1024  # bytes of a body from which it goes in a memfd
_LONGEST_TASK = 256  # bytes of a task's name
_NAME = struct.Struct("!I")
_TASK = struct.Struct("!HI")  # length of the name, of the body within the frame
_CHUNK = _TASK.size + _LONGEST_TASK + INLINE
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


def task(name: str, body: bytes = b"") -> bytes:
    """The frame of a task; its body is in the descriptor sent with it when `body` is empty and there is one."""
    data = name.encode()[:_LONGEST_TASK]
    return _TASK.pack(len(data), len(body)) + data + body


def receive_task(sock: socket.socket) -> tuple[str, memoryview] | None:
    """The next task, most often in one call to the system; None when the other side is gone."""
    data, fds, _, _ = socket.recv_fds(sock, _CHUNK, 1)
    while data and (len(data) < _TASK.size or len(data) < _TASK.size + sum(_TASK.unpack_from(data))):
        more = sock.recv(_CHUNK)
        data = data + more if more else b""
    if not data:
        return None
    end = _TASK.size + _TASK.unpack_from(data)[0]
    return data[_TASK.size : end].decode(), _mapped(fds[0]) if fds else memoryview(data)[end:]


def _mapped(fd: int) -> memoryview:
    """A body, mapped and not copied. Private, because older kernels refuse a shared map of a sealed file."""
    try:
        size = os.fstat(fd).st_size
        return memoryview(mmap.mmap(fd, size, flags=mmap.MAP_PRIVATE, prot=mmap.PROT_READ) if size else b"")
    finally:
        os.close(fd)


def send_answer(sock: socket.socket, status: int, data: bytes) -> None:
    """One answer, blocking until it is taken."""
    head = ANSWER.pack(status, len(data))
    if len(data) <= INLINE:
        sock.sendall(head + data)
    else:
        sock.sendall(head)
        sock.sendall(data)
