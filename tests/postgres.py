"""A throw-away PostgreSQL of our own: one server for a test run, one database for a test. Needs Debian's package.

fsync is off: these tests are about what the server answers, not about what it does when the power fails.
"""

import os
import pwd
import shutil
import socket
import subprocess
import tempfile
import uuid
from pathlib import Path

import psycopg

_PROGRAMS = sorted(Path("/usr/lib/postgresql").glob("*/bin"), key=lambda path: int(path.parent.name))
_SETTINGS = {
    "fsync": "off", "full_page_writes": "off", "autovacuum": "off", "shared_buffers": "32MB", "max_connections": "60",
    "listen_addresses": "127.0.0.1", "wal_level": "minimal", "max_wal_senders": "0", "logging_collector": "off",
}  # fmt: skip
PASSWORD = "made-up-secret"

_ROOM = 2 << 30  # bytes of memory that the databases of a run may take


def _roomy() -> str:
    shared = Path("/dev/shm")
    return str(shared) if shared.is_dir() and shutil.disk_usage(shared).free > 2 * _ROOM else "/var/tmp"


def available() -> bool:
    return bool(_PROGRAMS)


class Postgres:
    """`with Postgres() as server:` listens on server.port; `server.database()` is the URL of a database."""

    def __init__(self) -> None:
        with socket.create_server(("127.0.0.1", 0)) as listener:
            self.port = listener.getsockname()[1]
        self.home = Path(tempfile.mkdtemp(prefix="mailguard-postgres-", dir=_roomy()))  # pytest's own are private

    def __enter__(self):
        if os.geteuid() == 0:
            owner = pwd.getpwnam("postgres")
            os.chown(self.home, owner.pw_uid, owner.pw_gid)
        secret = self.home / "password"
        secret.write_text(PASSWORD)
        secret.chmod(0o644)
        data = ["-D", str(self.home / "data")]
        # The tables are not sorted by any language: comparing bytes is the same everywhere.
        self._run(
            "initdb",
            *data,
            "-U",
            "guard",
            "-A",
            "scram-sha-256",
            f"--pwfile={secret}",
            "-E",
            "UTF8",
            "--locale=C",
            "-N",
        )
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop("immediate")
        shutil.rmtree(self.home, ignore_errors=True)

    def start(self) -> None:
        settings = {**_SETTINGS, "port": str(self.port), "unix_socket_directories": str(self.home)}
        options = " ".join(f"-c {name}={value}" for name, value in settings.items())
        self._run("pg_ctl", "-D", str(self.home / "data"), "-l", str(self.home / "log"), "-w", "-o", options, "start")

    def stop(self, how: str = "fast") -> None:
        self._run("pg_ctl", "-D", str(self.home / "data"), "-m", how, "-w", "stop")

    def url(self, database: str, password: str = PASSWORD) -> str:
        return f"postgresql://guard:{password}@127.0.0.1:{self.port}/{database}"

    @property
    def template(self) -> str:
        """What every database begins as."""
        return self.url("template1")

    def database(self, template: str = "template1") -> str:
        """The URL of a fresh database, a copy of `template`; template0 has nothing in it."""
        name = f"t{uuid.uuid4().hex[:12]}"
        with self.admin() as connection:
            # Files are copied faster than pages are logged, where nothing waits for the disk; before 15 there is no other way.
            strategy = "STRATEGY file_copy" if connection.info.server_version >= 150_000 else ""
            connection.execute(f"CREATE DATABASE {name} TEMPLATE {template} {strategy}")
        return self.url(name)

    def drop(self, url: str) -> None:
        with self.admin() as connection:
            connection.execute(f"DROP DATABASE {url.rpartition('/')[2]} WITH (FORCE)")

    def admin(self):
        return psycopg.connect(self.url("postgres"), autocommit=True)

    @staticmethod
    def _run(program: str, *arguments: str) -> None:
        command = [str(_PROGRAMS[-1] / program), *arguments]
        if os.geteuid() == 0:  # the server refuses to run as root
            command = ["setpriv", "--reuid=postgres", "--regid=postgres", "--clear-groups", *command]
        done = subprocess.run(
            command, stdout=subprocess.PIPE if program != "pg_ctl" else subprocess.DEVNULL, stderr=subprocess.STDOUT,
            text=True, check=False, timeout=60, cwd="/",
        )  # fmt: skip
        assert done.returncode == 0, done.stdout
