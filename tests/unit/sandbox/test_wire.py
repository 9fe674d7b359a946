"""Frames and the settings of the zygote."""

import os
import socket

import pytest

from mailguard.sandbox import Table, landlock, lockdown, wire
from mailguard.sandbox.zygote import Settings


def test_a_sealed_body_cannot_be_changed() -> None:
    fd = wire.sealed(b"body")
    try:
        with pytest.raises(PermissionError):
            os.pwrite(fd, b"x", 0)
        with pytest.raises(PermissionError):
            os.ftruncate(fd, 0)
        assert os.pread(fd, 10, 0) == b"body"
    finally:
        os.close(fd)


def test_a_request_carries_its_name_and_descriptor() -> None:
    one, other = socket.socketpair()
    with one, other:
        fd = wire.sealed(b"body")
        wire.send_request(one, "名前", [fd])
        os.close(fd)
        request = wire.receive_request(other, 1)
        assert request is not None
        name, (received,) = request
        assert name == "名前"
        assert os.pread(received, 10, 0) == b"body"
        os.close(received)
        one.close()
        assert wire.receive_request(other, 1) is None


def test_settings_survive_the_way_to_the_zygote() -> None:
    settings = Settings("package.module:function", 20.0, 1024, b"line\nline\0", Table({"lha": "/usr/bin/lhasa"}, 3.5))
    assert Settings.unpack(settings.pack()) == settings


def test_a_kernel_without_landlock_is_told_not_hidden(monkeypatch: pytest.MonkeyPatch) -> None:
    class Old:
        def syscall(self, *arguments: object) -> int:
            return -1

    monkeypatch.setattr(landlock, "_libc", Old())
    assert landlock.restrict([]) is False


def test_a_machine_without_libseccomp_is_told_not_hidden(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(__import__("sys").modules, "pyseccomp", None)
    assert lockdown._try(lambda: lockdown._seccomp([])) is False
