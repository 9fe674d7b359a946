"""A Postfix of our own: private queue, one port. Needs root and the package.

As next hop it puts every mail into one Maildir; with other settings it is a client that sends on.
"""

import os
import pwd
import shutil
import socket
import subprocess
import tempfile
import time
from pathlib import Path

_MAIN = """
compatibility_level = 3.6
queue_directory = {home}/queue
data_directory = {home}/data
mail_owner = postfix
setgid_group = postdrop
inet_interfaces = 127.0.0.1
inet_protocols = ipv4
myhostname = next-hop.example.jp
mydestination =
mynetworks = 127.0.0.0/8
maillog_file = {home}/log/mail.log
maillog_file_prefixes = {home}
message_size_limit = 0
mailbox_size_limit = 0
virtual_mailbox_limit = 0
smtputf8_enable = yes
smtpd_client_connection_count_limit = 0
smtpd_recipient_restrictions = check_recipient_access pcre:{home}/access, permit_mynetworks, reject
virtual_mailbox_domains = static:all
virtual_mailbox_maps = static:inbox/
virtual_mailbox_base = {home}/mail
virtual_uid_maps = static:{uid}
virtual_gid_maps = static:{gid}
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
virtual unix - n n - - virtual
anvil unix - - n - 1 anvil
scache unix - - n - 1 scache
tlsmgr unix - - n 1000? 1 tlsmgr
postlog unix-dgram n - n - 1 postlogd
"""


def available() -> bool:
    return os.geteuid() == 0 and Path("/usr/sbin/postfix").exists()


class Postfix:
    """`with Postfix() as hop:` listens on hop.port; refused@… is refused by the access map.

    `main` is added to its main.cf: what stands there wins.
    """

    def __init__(self, main: str = "") -> None:
        self._main = main
        with socket.create_server(("127.0.0.1", 0)) as listener:
            self.port = listener.getsockname()[1]
        self.home = Path(
            tempfile.mkdtemp(prefix="mailguard-postfix-", dir="/var/tmp")
        )  # pytest's own folders are private

    def __enter__(self):
        self.home.chmod(0o755)
        nobody, owner = pwd.getpwnam("nobody"), pwd.getpwnam("postfix")
        for name in ("queue", "data", "mail", "log", "etc"):
            (self.home / name).mkdir()
        os.chown(self.home / "data", owner.pw_uid, owner.pw_gid)
        os.chown(self.home / "mail", nobody.pw_uid, nobody.pw_gid)
        etc = self.home / "etc"
        (etc / "main.cf").write_text(
            _MAIN.format(home=self.home, uid=nobody.pw_uid, gid=nobody.pw_gid).replace("pcre:", "regexp:") + self._main
        )
        (etc / "master.cf").write_text(_MASTER.format(port=self.port))
        (self.home / "access").write_text(
            "/^refused@/ 550 5.1.1 no such mailbox here\n/^later@/ 450 4.2.0 mailbox busy\n"
        )
        self._postfix("start")
        self._wait()
        return self

    def __exit__(self, *_: object) -> None:
        try:
            self._postfix("stop", seconds=20)
        except subprocess.TimeoutExpired:  # a daemon that waits for a client
            self._postfix("abort")
        shutil.rmtree(self.home, ignore_errors=True)

    def mails(self, number: int = 0, seconds: float = 20) -> list[bytes]:
        """Delivered mails with LF line ends, once there are at least `number`."""
        deadline = time.monotonic() + seconds
        while True:
            found = [
                path.read_bytes() for path in self.home.glob("mail/inbox/*/*") if path.parent.name in {"new", "cur"}
            ]
            if len(found) >= number or time.monotonic() > deadline:
                return found
            time.sleep(0.1)

    def log(self) -> str:
        file = self.home / "log" / "mail.log"
        return file.read_text() if file.exists() else ""

    def _postfix(self, verb: str, seconds: float = 60) -> None:
        command = ["/usr/sbin/postfix", "-c", str(self.home / "etc"), verb]
        done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=seconds)
        assert done.returncode == 0, done.stderr

    def _wait(self) -> None:
        deadline = time.monotonic() + 20
        while True:
            try:
                with socket.create_connection(("127.0.0.1", self.port), 1) as client:
                    if client.recv(3) == b"220":
                        return
            except OSError:
                pass
            assert time.monotonic() < deadline, self.log()
            time.sleep(0.1)
