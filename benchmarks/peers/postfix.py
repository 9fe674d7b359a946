"""Postfix as a relay: smtpd → queue on disk → smtp, fsync and all, as Debian ships it.

Tuned in its favour: no limit on the client's connections or their rate, no delay of incoming mail while the queue fills
(in_flow_delay), a process for each connection. It logs to syslog, and so nowhere where none runs.
"""

import os
import pwd
import subprocess
from pathlib import Path

from sink import free_port, wait_for_greeting

from peers.peer import Peer, Site, program, root_and

_MAIN = """
compatibility_level = 3.6
queue_directory = {home}/queue
data_directory = {home}/data
mail_owner = postfix
setgid_group = postdrop
inet_interfaces = 127.0.0.1
inet_protocols = ipv4
myhostname = postfix.example.co.jp
mydestination =
mynetworks = 127.0.0.0/8
relayhost = [127.0.0.1]:{sink}
smtp_dns_support_level = disabled
smtpd_recipient_restrictions = permit_mynetworks, reject
smtpd_client_connection_count_limit = 0
smtpd_client_connection_rate_limit = 0
default_process_limit = {processes}
in_flow_delay = 0
message_size_limit = 0
mailbox_size_limit = 0
smtpd_tls_security_level = none
"""
_MASTER = """
127.0.0.1:{port} inet n - n - - smtpd
pickup unix n - n 60 1 pickup
cleanup unix n - n - 0 cleanup
qmgr unix n - n 300 1 qmgr
rewrite unix - - n - - trivial-rewrite
bounce unix - - n - 0 bounce
defer unix - - n - 0 bounce
trace unix - - n - 0 bounce
verify unix - - n - 1 verify
flush unix n - n 1000? 0 flush
proxymap unix - - n - - proxymap
smtp unix - - n - - smtp
error unix - - n - - error
retry unix - - n - - error
anvil unix - - n - 1 anvil
scache unix - - n - 1 scache
"""


class Postfix(Peer):
    """The relay alone. `main` and `master` are what the variants with a filter add."""

    name = "postfix"
    title = "Postfix relay"
    main = ""
    master = ""

    def __init__(self) -> None:
        super().__init__()
        self.home = Path()

    def missing(self) -> str:
        """Needs root: master runs its daemons under other users."""
        return root_and(program("postfix"), "Postfix")

    def start(self, site: Site) -> None:
        """An instance of its own, with its own queue."""
        self.home, self.port = site.folder, free_port()
        site.folder.chmod(0o755)
        owner = pwd.getpwnam("postfix")
        for name in ("queue", "data", "etc"):
            (self.home / name).mkdir()
        os.chown(self.home / "data", owner.pw_uid, owner.pw_gid)
        processes = max(100, 2 * site.connections)
        main = _MAIN.format(home=self.home, sink=site.sink, processes=processes) + self.main
        (self.home / "etc" / "main.cf").write_text(main)
        (self.home / "etc" / "master.cf").write_text(_MASTER.format(port=self.port) + self.master)
        self._postfix("start")
        wait_for_greeting(self.port)

    def roots(self) -> list[int]:
        """master, and what a variant started."""
        master = int((self.home / "queue" / "pid" / "master.pid").read_text())
        return [master, *super().roots()]

    def waiting(self) -> bool:
        """Whether mail is on its way in the queue; what was put off is an error."""
        if any(path.is_file() for path in (self.home / "queue" / "deferred").rglob("*")):
            raise RuntimeError("Postfix put mail off: the sink did not take it")
        return any(any((self.home / "queue" / name).iterdir()) for name in ("incoming", "active"))

    def stop(self) -> None:
        """Postfix first, then its filter."""
        if (self.home / "queue" / "pid" / "master.pid").exists():
            self._postfix("stop")
        super().stop()

    def _postfix(self, verb: str) -> None:
        command = [program("postfix"), "-c", str(self.home / "etc"), verb]
        done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)
        if done.returncode:
            raise RuntimeError(f"postfix {verb}: {done.stderr.strip()}")
