"""What the benchmark compares, in the order of its table."""

from peers.amavis import Amavis
from peers.haproxy import Haproxy
from peers.haraka import Haraka
from peers.mailguard import Mailguard, Mailguard2, Uninspected, Uninspected2
from peers.peer import Peer, Site
from peers.postfix import Postfix
from peers.rspamd import Rspamd

PEERS: tuple[type[Peer], ...] = (
    Peer, Haproxy, Postfix, Amavis, Rspamd, Haraka, Mailguard, Mailguard2, Uninspected, Uninspected2,
)  # fmt: skip

__all__ = ["PEERS", "Peer", "Site"]
