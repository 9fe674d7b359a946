"""Haraka with smtp_forward: accepts a mail when the sink has; a process for each core."""

import os
import shutil
from pathlib import Path

from sink import free_port, wait_for_greeting

from peers.peer import Peer, Site

_MODULES = Path(__file__).resolve().parents[2] / "build" / "peers" / "node_modules"
_PACKAGE = _MODULES / "Haraka"
_ACCEPT = """
exports.hook_rcpt = function (next, connection) { connection.relaying = true; next(OK) }
"""


class Haraka(Peer):
    """From npm, in build/peers."""

    name = "haraka"
    title = "Haraka smtp_forward"

    def missing(self) -> str:
        """Node and the package."""
        if not shutil.which("node"):
            return "node is not installed (sh benchmarks/peers.sh, as root)"
        return "" if _binary().exists() else "Haraka is not installed (sh benchmarks/peers.sh)"

    def start(self, site: Site) -> None:
        """A configuration of its own."""
        self.port = free_port()
        config, plugins = site.folder / "config", site.folder / "plugins"
        shutil.copytree(_PACKAGE / "config", config)  # its defaults, as `haraka -i` writes them
        plugins.mkdir()
        (plugins / "accept.js").write_text(_ACCEPT)
        for name, text in {
            "smtp.ini": f"listen=127.0.0.1:{self.port}\nnodes={os.cpu_count() or 1}\ndaemonize=false\n",
            "plugins": "accept\nqueue/smtp_forward\n",
            "smtp_forward.ini": f"host=127.0.0.1\nport={site.sink}\nenable_tls=false\n",
            "loglevel": "ERROR",
            "me": "haraka.example.co.jp",
        }.items():
            (config / name).write_text(text + "\n")
        self.run([str(_binary()), "-c", str(site.folder)], site.folder / "haraka.log", cwd=site.folder)
        wait_for_greeting(self.port)


def _binary() -> Path:
    return _MODULES / ".bin" / "haraka"
