"""What a worker gives up before it sees the first byte of a mail.

In: the paths it may read and its memory. Out: which protections are in force, by name; False where the kernel has none.
Afterwards the process cannot open a socket, write a file, read outside those paths, start a program or a thread.
"""

import ctypes
import errno
import importlib
import math
import os
import resource
import signal
import struct
from collections.abc import Callable, Iterable
from pathlib import Path

Posture = dict[str, bool | str]

_PR_SET_PDEATHSIG = 1
_PR_SET_NO_NEW_PRIVS = 38
_CLONE_NEWUSER = 0x10000000
_CLONE_NEWNET = 0x40000000
# Landlock, <linux/landlock.h>; the numbers are the same on every architecture.
_CREATE_RULESET, _ADD_RULE, _RESTRICT_SELF = 444, 445, 446
_PATH_BENEATH = 1
_READ_FILE, _READ_DIR = 1 << 2, 1 << 3
_FS_RIGHTS = {1: (1 << 13) - 1, 2: (1 << 14) - 1, 3: (1 << 15) - 1, 5: (1 << 16) - 1}  # by the ABI that brought them
_NET_RIGHTS, _NET_ABI = 0b11, 4
_SCOPES, _SCOPE_ABI = 0b11, 6
_SYS_CAPSET = {"x86_64": 126, "aarch64": 91}
_CAPABILITY_VERSION_3 = 0x20080522
_DENIED = ["socket", "socketpair", "connect", "bind", "listen", "accept", "accept4", "execve", "execveat", "fork", "vfork", "clone", "clone3", "ptrace", "process_vm_readv", "process_vm_writev", "tkill", "pidfd_open", "pidfd_send_signal", "pidfd_getfd", "process_madvise", "kcmp", "mount", "umount2", "pivot_root", "chroot", "unshare", "setns", "fsopen", "fsconfig", "fsmount", "fspick", "open_tree", "move_mount", "mount_setattr", "bpf", "perf_event_open", "keyctl", "add_key", "request_key", "io_uring_setup", "io_uring_enter", "io_uring_register", "userfaultfd", "init_module", "finit_module", "delete_module", "kexec_load", "kexec_file_load", "reboot", "swapon", "swapoff", "acct", "quotactl", "open_by_handle_at", "name_to_handle_at", "personality", "syslog", "settimeofday", "clock_settime", "adjtimex", "sethostname", "setdomainname", "setuid", "setgid", "setreuid", "setregid", "setresuid", "setresgid", "setfsuid", "setfsgid", "setgroups", "capset", "chmod", "fchmod", "fchmodat", "fchmodat2", "chown", "fchown", "lchown", "fchownat", "utime", "utimes", "utimensat", "futimesat", "setxattr", "lsetxattr", "fsetxattr", "removexattr", "lremovexattr", "fremovexattr", "shmget", "shmat", "semget", "msgget", "msgsnd", "mq_open", "inotify_init", "inotify_init1", "fanotify_init"]  # fmt: skip

_libc = ctypes.CDLL(None, use_errno=True)


def die_with_parent(parent: int) -> None:
    """Be killed when the parent ends; end at once when it already has."""
    _libc.prctl(_PR_SET_PDEATHSIG, int(signal.SIGKILL), 0, 0, 0)
    if os.getppid() != parent:
        os._exit(1)


def leave_network() -> bool:
    """Move to a network namespace of our own, with a user namespace where that is what it takes."""
    return any(_libc.unshare(flags) == 0 for flags in (_CLONE_NEWNET, _CLONE_NEWUSER | _CLONE_NEWNET))


def prepare() -> None:
    """Load what the lock-down needs, where files can still be read."""
    _try(lambda: bool(importlib.import_module("pyseccomp")))


def lock_down(readable: Iterable[Path], memory_mb: int) -> Posture:
    """Everything at once, in the order that lets each step still work."""
    _limits(memory_mb)
    posture: Posture = {"limits": True, "no_new_privs": _libc.prctl(_PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0}
    posture["capabilities"] = _drop_capabilities()
    posture["landlock"] = _try(lambda: _landlock(readable))
    posture["seccomp"] = _try(_seccomp)
    return posture


def renew_cpu(seconds: float) -> None:
    """Allow `seconds` more of processor time: the limit is cumulative, so it is set anew for each task."""
    used = resource.getrusage(resource.RUSAGE_SELF)
    soft = math.ceil(used.ru_utime + used.ru_stime + seconds) + 1
    resource.setrlimit(resource.RLIMIT_CPU, (soft, resource.RLIM_INFINITY))


def _limits(memory_mb: int) -> None:
    # RLIMIT_AS would break libraries that reserve much and use little; data is what a bomb needs.
    for name, value in (
        (resource.RLIMIT_DATA, memory_mb * 1024 * 1024),
        (resource.RLIMIT_NOFILE, 64),
        (resource.RLIMIT_CORE, 0),
        (resource.RLIMIT_FSIZE, 0),
    ):
        resource.setrlimit(name, (value, value))


def _try(step: Callable[[], bool | str]) -> bool | str:
    try:
        return step()
    except (OSError, ImportError, RuntimeError, AttributeError):
        return False


def _drop_capabilities() -> bool:
    number = _SYS_CAPSET.get(os.uname().machine)
    if number is None:
        return False
    head = struct.pack("=Ii", _CAPABILITY_VERSION_3, 0)
    return bool(_libc.syscall(number, head, struct.pack("=6I", 0, 0, 0, 0, 0, 0)) == 0)


def _landlock(readable: Iterable[Path]) -> bool | str:
    abi = _libc.syscall(_CREATE_RULESET, None, 0, 1)
    if abi < 1:
        return False
    rights = max(value for since, value in _FS_RIGHTS.items() if since <= abi)
    fields = [rights] + [_NET_RIGHTS] * (abi >= _NET_ABI) + [_SCOPES] * (abi >= _SCOPE_ABI)
    attributes = struct.pack(f"={len(fields)}Q", *fields)
    ruleset = _checked(_libc.syscall(_CREATE_RULESET, attributes, len(attributes), 0))
    try:
        for path in readable:
            _allow_reading(ruleset, path)
        _checked(_libc.syscall(_RESTRICT_SELF, ruleset, 0))
    finally:
        os.close(ruleset)
    return f"abi {abi}"


def _allow_reading(ruleset: int, path: Path) -> None:
    try:
        fd = os.open(path, os.O_PATH | os.O_CLOEXEC)
    except FileNotFoundError:
        return
    try:
        rights = _READ_FILE | (_READ_DIR if path.is_dir() else 0)
        _checked(_libc.syscall(_ADD_RULE, ruleset, _PATH_BENEATH, struct.pack("=Qi", rights, fd), 0))
    finally:
        os.close(fd)


def _checked(result: int) -> int:
    if result < 0:
        raise OSError(ctypes.get_errno(), "landlock")
    return result


def _seccomp() -> bool:
    import pyseccomp  # noqa: PLC0415 - looks for libseccomp when imported; where there is none, posture says so

    rules = pyseccomp.SyscallFilter(pyseccomp.ALLOW)
    refuse = pyseccomp.ERRNO(errno.EPERM)
    for name in _DENIED:
        try:
            rules.add_rule(refuse, name)
        except (OSError, ValueError):  # this kernel or architecture has no such call
            continue
    own = os.getpid()
    rules.add_rule(refuse, "kill", pyseccomp.Arg(0, pyseccomp.NE, own))
    rules.add_rule(refuse, "tgkill", pyseccomp.Arg(0, pyseccomp.NE, own))
    rules.add_rule(refuse, "prctl", pyseccomp.Arg(0, pyseccomp.EQ, _PR_SET_PDEATHSIG))
    rules.load()
    return True
