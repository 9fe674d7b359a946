"""An Exim of our own as next hop: private spool, one port, every mail into one Maildir. Needs root and its program."""

import os
import pwd
import shutil
import subprocess
import tempfile
import time
from pathlib import Path

from programs import CACHE
from serving import free_port

PROGRAM = CACHE / "exim" / "usr" / "sbin" / "exim4"
_CONFIG = """
exim_path = {program}
spool_directory = {home}/spool
log_file_path = {home}/log/%slog
pid_file_path = {home}/exim.pid
primary_hostname = localhost
daemon_smtp_ports = {port}
local_interfaces = 127.0.0.1
exim_user = Debian-exim
exim_group = Debian-exim
deliver_drop_privilege = true
never_users =
keep_environment =
host_lookup =
smtputf8_advertise_hosts = *
smtp_accept_max = 0
tls_advertise_hosts = *
tls_certificate = {chain}
tls_privatekey = {key}
acl_smtp_rcpt = rcpt
acl_smtp_data = data
begin acl
rcpt:
  deny local_parts = refused
       message = no such mailbox here
  defer local_parts = later
  deny !authenticated = *
       message = log in first
  accept
data:
  accept
begin routers
all:
  driver = accept
  transport = maildir
begin transports
maildir:
  driver = appendfile
  directory = {home}/mail/inbox
  maildir_format
  create_directory
  envelope_to_add
  return_path_add
  user = Debian-exim
  group = Debian-exim
begin authenticators
plain:
  driver = plaintext
  public_name = PLAIN
  server_advertise_condition = ${{if def:tls_in_cipher}}
  server_prompts = :
  server_condition = ${{if and {{{{eq{{$auth2}}{{guard}}}}{{eq{{$auth3}}{{{password}}}}}}}}}
  server_set_id = $auth2
"""


def available() -> bool:
    return os.geteuid() == 0 and PROGRAM.exists() and any(user.pw_name == "Debian-exim" for user in pwd.getpwall())


class Exim:
    """`with Exim(chain, key, password) as hop:` takes mail from the login guard, under TLS; refused@… is refused."""

    def __init__(self, chain: Path, key: Path, password: str) -> None:
        self.port = free_port()
        self.home = Path(tempfile.mkdtemp(prefix="mailguard-exim-", dir="/var/tmp"))  # pytest's own folders are private
        self._certificate, self._password = (chain, key), password
        self._process: subprocess.Popen[bytes] | None = None

    def __enter__(self):
        self.home.chmod(0o755)
        owner = pwd.getpwnam("Debian-exim")
        for name in ("spool", "log", "mail"):
            (self.home / name).mkdir()
            os.chown(self.home / name, owner.pw_uid, owner.pw_gid)
        # It runs itself anew as its own user, who may not look into a folder of ours.
        *own, program = [Path(shutil.copy(file, self.home)) for file in (*self._certificate, PROGRAM)]
        for file in own:
            os.chown(file, owner.pw_uid, owner.pw_gid)
        config = self.home / "exim.conf"
        config.write_text(
            _CONFIG.format(
                program=program, home=self.home, port=self.port, chain=own[0], key=own[1], password=self._password
            )
        )
        with (self.home / "output").open("wb") as output:
            self._process = subprocess.Popen(
                [str(program), "-C", str(config), "-bdf"], stdout=output, stderr=subprocess.STDOUT
            )
        self._wait()
        return self

    def __exit__(self, *_: object) -> None:
        assert self._process is not None
        self._process.terminate()
        self._process.wait(20)
        shutil.rmtree(self.home, ignore_errors=True)

    def mails(self, number: int = 0, seconds: float = 20) -> list[bytes]:
        """Delivered mails with LF line ends, once there are at least `number`."""
        deadline = time.monotonic() + seconds
        while True:
            found = [path.read_bytes() for path in self.home.glob("mail/inbox/new/*")]
            if len(found) >= number or time.monotonic() > deadline:
                return found
            time.sleep(0.1)

    def log(self) -> str:
        return "".join(file.read_text() for file in [*self.home.glob("log/*"), self.home / "output"])

    def _wait(self) -> None:
        deadline = time.monotonic() + 20
        while "daemon started" not in self.log():
            assert self._process is not None
            assert self._process.poll() is None, self.log()
            assert time.monotonic() < deadline, self.log()
            time.sleep(0.05)
