"""What a worker, its runner and a program give up before they see the first byte of a mail.

In: the paths they may read and their memory. Out: which protections are in force, by name; False where the kernel has none.
Afterwards the process cannot open a socket, write a file, read outside those paths, start a program or a thread; a
runner may start programs, and a program is the one that was started.
"""

import ctypes
import errno
import importlib
import math
import os
import resource
import signal
import struct
from collections.abc import Callable, Collection, Iterable
from pathlib import Path

from mailguard.sandbox import landlock

Posture = dict[str, bool | str]

_PR_SET_PDEATHSIG = 1
_PR_SET_CHILD_SUBREAPER = 36
_PR_SET_NO_NEW_PRIVS = 38
_CLONE_NEWUSER = 0x10000000
_CLONE_NEWNET = 0x40000000
_SYS_CAPSET = {"x86_64": 126, "aarch64": 91}
_CAPABILITY_VERSION_3 = 0x20080522
_DENIED = ["socket", "socketpair", "connect", "bind", "listen", "accept", "accept4", "execve", "execveat", "fork", "vfork", "clone", "clone3", "ptrace", "process_vm_readv", "process_vm_writev", "tkill", "pidfd_open", "pidfd_send_signal", "pidfd_getfd", "process_madvise", "kcmp", "mount", "umount2", "pivot_root", "chroot", "unshare", "setns", "fsopen", "fsconfig", "fsmount", "fspick", "open_tree", "move_mount", "mount_setattr", "bpf", "perf_event_open", "keyctl", "add_key", "request_key", "io_uring_setup", "io_uring_enter", "io_uring_register", "userfaultfd", "init_module", "finit_module", "delete_module", "kexec_load", "kexec_file_load", "reboot", "swapon", "swapoff", "acct", "quotactl", "open_by_handle_at", "name_to_handle_at", "personality", "syslog", "settimeofday", "clock_settime", "adjtimex", "sethostname", "setdomainname", "setuid", "setgid", "setreuid", "setregid", "setresuid", "setresgid", "setfsuid", "setfsgid", "setgroups", "capset", "chmod", "fchmod", "fchmodat", "fchmodat2", "chown", "fchown", "lchown", "fchownat", "utime", "utimes", "utimensat", "futimesat", "setxattr", "lsetxattr", "fsetxattr", "removexattr", "lremovexattr", "fremovexattr", "shmget", "shmat", "semget", "msgget", "msgsnd", "mq_open", "inotify_init", "inotify_init1", "fanotify_init"]  # fmt: skip

_EXECUTING = {"execve"}
_STARTING = _EXECUTING | {"fork", "vfork", "clone", "clone3", "pidfd_open", "pidfd_send_signal"}
_LOADERS = (Path("/lib64/ld-linux-x86-64.so.2"), Path("/lib/ld-linux-aarch64.so.1"))  # they are executed, too
_MB = 1024 * 1024

_libc = ctypes.CDLL(None, use_errno=True)


def die_with_parent(parent: int) -> None:
    """Be killed when the parent ends; end at once when it already has."""
    _libc.prctl(_PR_SET_PDEATHSIG, int(signal.SIGKILL), 0, 0, 0)
    if os.getppid() != parent:
        os._exit(1)


def adopt_orphans() -> None:
    """Be the parent of whatever outlives a child: where nobody else reaps, as in a container, they would stay for ever."""
    _libc.prctl(_PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)


def leave_network() -> bool:
    """Move to a network namespace of our own, with a user namespace where that is what it takes."""
    return any(_libc.unshare(flags) == 0 for flags in (_CLONE_NEWNET, _CLONE_NEWUSER | _CLONE_NEWNET))


def prepare() -> None:
    """Load what the lock-down needs, where files can still be read."""
    _try(lambda: bool(importlib.import_module("pyseccomp")))


def lock_down(readable: Iterable[Path], memory_mb: int) -> Posture:
    """A worker: everything at once, in the order that lets each step still work."""
    # RLIMIT_AS would break libraries that reserve much and use little; data is what a bomb needs.
    _limit({resource.RLIMIT_DATA: memory_mb * _MB, resource.RLIMIT_FSIZE: 0})
    posture = _give_up(readable)
    posture["seccomp"] = _try(lambda: _seccomp(_DENIED))
    return posture


def lock_down_runner(readable: Iterable[Path], programs: Collection[Path]) -> None:
    """A runner: it may start `programs`, each of which is locked down further, and write nothing but memory."""
    _limit({})
    _give_up(readable, [*programs, *_LOADERS])
    _try(lambda: _seccomp([name for name in _DENIED if name not in _STARTING], parent=True))


def lock_down_program(readable: Iterable[Path], program: Path, cap: int, seconds: float, memory_mb: int) -> Posture:
    """A program right before it is executed. cap: bytes it may write; seconds: of processor time.

    It may start no other, except those whose code stands in itself or its loader.
    """
    posture = _give_up(readable, [program, *_LOADERS])
    posture["seccomp"] = _try(lambda: _seccomp([name for name in _DENIED if name not in _EXECUTING]))
    soft = math.ceil(seconds)
    resource.setrlimit(resource.RLIMIT_CPU, (soft, soft + 1))
    # The last: this process is larger than what the program may have.
    memory = memory_mb * _MB
    _limit({resource.RLIMIT_FSIZE: cap, resource.RLIMIT_DATA: memory, resource.RLIMIT_AS: memory})
    return posture


def _give_up(readable: Iterable[Path], executable: Collection[Path] = ()) -> Posture:
    posture: Posture = {"limits": True, "no_new_privs": _libc.prctl(_PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0}
    posture["capabilities"] = _drop_capabilities()
    posture["landlock"] = _try(lambda: landlock.restrict(readable, executable))
    return posture


def renew_cpu(seconds: float) -> None:
    """Allow `seconds` more of processor time: the limit is cumulative, so it is set anew for each task."""
    used = resource.getrusage(resource.RUSAGE_SELF)
    soft = math.ceil(used.ru_utime + used.ru_stime + seconds) + 1
    resource.setrlimit(resource.RLIMIT_CPU, (soft, resource.RLIM_INFINITY))


def _limit(values: dict[int, int]) -> None:
    for name, value in ({resource.RLIMIT_NOFILE: 64, resource.RLIMIT_CORE: 0} | values).items():
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


def _seccomp(denied: Iterable[str], *, parent: bool = False) -> bool:
    """parent: it has children, which it may kill, and which want to end with it."""
    import pyseccomp  # noqa: PLC0415 - looks for libseccomp when imported; where there is none, posture says so

    rules = pyseccomp.SyscallFilter(pyseccomp.ALLOW)
    refuse = pyseccomp.ERRNO(errno.EPERM)
    for name in denied:
        try:
            rules.add_rule(refuse, name)
        except (OSError, ValueError):  # this kernel or architecture has no such call
            continue
    if not parent:
        own = os.getpid()
        rules.add_rule(refuse, "kill", pyseccomp.Arg(0, pyseccomp.NE, own))
        rules.add_rule(refuse, "tgkill", pyseccomp.Arg(0, pyseccomp.NE, own))
        rules.add_rule(refuse, "prctl", pyseccomp.Arg(0, pyseccomp.EQ, _PR_SET_PDEATHSIG))
    rules.load()
    return True
