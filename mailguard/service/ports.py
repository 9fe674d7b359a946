"""Addresses to listen on: opened, held for several processes, or asked whether they are free.

In: a setting such as smtp.listen. Out: a socket, or a ConfigError that says which setting names a taken address.
"""

import contextlib
import errno
import os
import socket
from collections.abc import Iterator

from mailguard.config import split_endpoint
from mailguard.errors import ConfigError


def taken(key: str, endpoint: str, error: OSError) -> ConfigError:
    """The error for people."""
    fact = os.strerror(error.errno) if error.errno else str(error)
    return ConfigError(f"{key}: cannot listen on {endpoint} ({fact}). Stop what uses it or choose another address.")


@contextlib.contextmanager
def said(key: str, endpoint: str) -> Iterator[None]:
    """Say an OSError of the block in words."""
    try:
        yield
    except OSError as error:
        raise taken(key, endpoint, error) from None


def opened(key: str, endpoint: str) -> socket.socket:
    """A listening socket; raises ConfigError."""
    host, port = split_endpoint(endpoint)
    with said(key, endpoint):
        return socket.create_server((host, port), family=_family(host))


def trouble(endpoint: str) -> int:
    """The error number that keeps us from listening there; 0 is none."""
    host, port = split_endpoint(endpoint)
    try:
        socket.create_server((host, port), family=_family(host)).close()
    except OSError as error:
        return error.errno or errno.EADDRNOTAVAIL
    return 0


def held(key: str, endpoint: str) -> socket.socket:
    """A socket that keeps the address for our SMTP processes without listening; raises ConfigError.

    Whoever sets SO_REUSEPORT could share the port of a strange program of the same user, and each would get half of the
    mail: so the address must first be free for a socket that shares with nobody.
    """
    opened(key, endpoint).close()
    host, port = split_endpoint(endpoint)
    keeper = socket.socket(_family(host), socket.SOCK_STREAM)
    try:
        keeper.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        keeper.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
        with said(key, endpoint):
            keeper.bind((host, port))
    except BaseException:
        keeper.close()
        raise
    return keeper


def named(endpoint: str, keeper: socket.socket) -> str:
    """The endpoint with the port that the system chose when 0 was configured."""
    return f"{endpoint.rpartition(':')[0]}:{keeper.getsockname()[1]}"


def _family(host: str) -> socket.AddressFamily:
    return socket.AF_INET6 if ":" in host else socket.AF_INET
