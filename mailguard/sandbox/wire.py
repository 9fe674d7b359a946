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
        seal(fd)
    except BaseException:
        os.close(fd)
        raise
    return fd


def seal(fd: int) -> None:
    """From now on nobody can change this memfd."""
    fcntl.fcntl(fd, fcntl.F_ADD_SEALS, _SEALS)


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


class Tasks:
    """The tasks that come over a socket; several small ones may come in one call to the system."""

    def __init__(self, sock: socket.socket) -> None:
        self._sock, self._data, self._at = sock, b"", 0

    @property
    def ready(self) -> bool:
        """Whether the next one is there already, whole."""
        return bool(self._end())

    def next(self) -> tuple[str, memoryview] | None:
        """The next task, its body mapped when it came as a descriptor; None when the other side is gone."""
        fd = None
        while not (end := self._end()):
            data, fds, _, _ = socket.recv_fds(self._sock, _CHUNK, 1)
            if not data:
                return None
            fd = fds[0] if fds else fd
            self._data, self._at = self._data[self._at :] + data, 0
        start = self._at + _TASK.size
        body = start + _TASK.unpack_from(self._data, self._at)[0]
        self._at = end
        return self._data[start:body].decode(), memoryview(self._data)[body:end] if fd is None else _mapped(fd)

    def _end(self) -> int:
        """Where the next task ends; 0 when it is not there yet."""
        if len(self._data) - self._at < _TASK.size:
            return 0
        end = self._at + _TASK.size + sum(_TASK.unpack_from(self._data, self._at))
        return end if end <= len(self._data) else 0


def _mapped(fd: int) -> memoryview:
    """A body, mapped and not copied. Private, because older kernels refuse a shared map of a sealed file."""
    try:
        size = os.fstat(fd).st_size
        return memoryview(mmap.mmap(fd, size, flags=mmap.MAP_PRIVATE, prot=mmap.PROT_READ) if size else b"")
    finally:
        os.close(fd)


class Answers:
    """The way back: small answers go together, when the one who asks is told to hear them."""

    def __init__(self, sock: socket.socket) -> None:
        self._sock, self._held = sock, bytearray()

    def add(self, status: int, data: bytes) -> None:
        """One more answer; a large one goes at once, with all before it."""
        self._held += ANSWER.pack(status, len(data))
        if len(data) <= INLINE:
            self._held += data
        else:
            self.send()
            self._sock.sendall(data)

    def send(self) -> None:
        """Send what is held, blocking until it is taken."""
        if self._held:
            self._sock.sendall(self._held)
            self._held = bytearray()


def send_answer(sock: socket.socket, status: int, data: bytes) -> None:
    """One answer, at once."""
    answers = Answers(sock)
    answers.add(status, data)
    answers.send()
