"""Postfix with rspamd as milter: no module, no rule, no Redis; the proxy worker scans by itself, one for each core."""

import os
import socket
import time

from sink import free_port

from peers.peer import Site, program, root_and
from peers.postfix import Postfix

_CONF = """
options {{
  filters = "";
  pidfile = "{home}/rspamd/rspamd.pid";
  control_socket = "{home}/rspamd/rspamd.sock mode=0600";
  hs_cache_dir = "{home}/rspamd";
  history_file = "{home}/rspamd/history";
  rrd = "";
}}
logging {{ type = "file"; filename = "{home}/rspamd/log"; level = "error"; }}
actions {{ reject = 1000; }}
worker "rspamd_proxy" {{
  bind_socket = "127.0.0.1:{port}";
  milter = yes;
  timeout = 100s;
  upstream "local" {{ default = yes; self_scan = yes; }}
  count = {workers};
}}
"""


class Rspamd(Postfix):
    """`rspamd` of Debian."""

    name = "rspamd"
    title = "Postfix + rspamd milter (modules off)"

    def missing(self) -> str:
        """Both must be there."""
        return super().missing() or root_and(program("rspamd"), "rspamd")

    def start(self, site: Site) -> None:
        """The milter first: Postfix would put mail off without it."""
        site.folder.chmod(0o755)
        port, home = free_port(), site.folder / "rspamd"
        home.mkdir()
        home.chmod(0o777)
        conf = site.folder / "rspamd.conf"
        conf.write_text(_CONF.format(home=site.folder, port=port, workers=os.cpu_count() or 1))
        command = [program("rspamd"), "-f", "-c", str(conf), "-u", "_rspamd", "-g", "_rspamd"]
        self.run(command, site.folder / "rspamd.log")
        _wait(port)
        self.main = f"smtpd_milters = inet:127.0.0.1:{port}\nmilter_default_action = tempfail\n"
        super().start(site)


def _wait(port: int, seconds: float = 60) -> None:
    deadline = time.monotonic() + seconds
    while True:
        try:
            socket.create_connection(("127.0.0.1", port), 5).close()
        except OSError:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.1)
        else:
            return
