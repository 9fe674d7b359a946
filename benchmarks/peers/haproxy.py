"""HAProxy in mode tcp, one process of one thread: hands on bytes and reads none of them.

Whoever keeps nothing must at least do this between client and sink: the bound for any store-nothing proxy here. It
opens a connection to the sink for each of the client's and logs nothing.
"""

from sink import free_port, wait_for_greeting

from peers.peer import HOW, Peer, Site, program

_CONF = """
global
  nbthread 1
  maxconn {most}
defaults
  mode tcp
  timeout connect 20s
  timeout client 300s
  timeout server 300s
listen smtp
  bind 127.0.0.1:{port}
  server sink 127.0.0.1:{sink}
"""


class Haproxy(Peer):
    """`haproxy` of Debian."""

    name = "haproxy"
    title = "HAProxy tcp (the bound: reads nothing)"

    def missing(self) -> str:
        """The program; any user may start it."""
        return "" if program("haproxy") else f"HAProxy is not installed ({HOW})"

    def start(self, site: Site) -> None:
        """In the foreground."""
        self.port = free_port()
        conf = site.folder / "haproxy.cfg"
        conf.write_text(_CONF.format(most=max(100, 2 * site.connections), port=self.port, sink=site.sink))
        self.run([program("haproxy"), "-db", "-f", str(conf)], site.folder / "haproxy.log")
        wait_for_greeting(self.port)
