"""What an entry names, as a keyed digest: an address, a domain (example.com), or a domain with all below it (.example.com).

In: what a person wrote, or a recipient as it stands in RCPT. Out: digests. ValueError: it is neither; its text says
nothing of what was written.
"""

import re

from mailguard import normal
from mailguard.digest import Digester

_DOMAIN = re.compile(r"[^\s@<>\"(),:;\[\]\\.]+(\.[^\s@<>\"(),:;\[\]\\.]+)+")
_LOCAL = re.compile(r"[^\s@<>\"(),:;\[\]\\]+")
LONGEST = 320  # characters of an address (RFC 5321 §4.5.3.1: 64, "@", 255)


def address_key(address: str, digester: Digester) -> bytes:
    """Of "taro@example.com". Raises ValueError."""
    local, domain = _parts(address)
    quoted = len(local) > 2 and local[0] == local[-1] == '"'
    if len(address) > LONGEST or not _DOMAIN.fullmatch(domain) or not (quoted or _LOCAL.fullmatch(local)):
        raise ValueError("is no e-mail address")
    return _address(local, domain, digester)


def domain_key(domain: str, digester: Digester) -> bytes:
    """Of "example.com" or ".example.com". Raises ValueError."""
    below = domain.strip().startswith((".", "*."))
    name = normal.domain(domain.strip().removeprefix("*"))
    if len(domain) > LONGEST or not _DOMAIN.fullmatch(name):
        raise ValueError("is no mail domain")
    return digester.of("stop below" if below else "stop domain", name)


def keys_of(recipient: str, digester: Digester) -> list[bytes]:
    """Everything that an entry could say to name this recipient; any string is taken."""
    local, domain = _parts(recipient)
    keys = [_address(local, domain, digester), digester.of("stop domain", domain)]
    labels = domain.split(".")[-128:]  # a domain has no more (RFC 1035 §2.3.4)
    return keys + [digester.of("stop below", ".".join(labels[start:])) for start in range(len(labels) - 1)]


def recipient_key(recipient: str, digester: Digester) -> bytes:
    """The digest under which a recipient is recorded; the same as that of its entry."""
    return _address(*_parts(recipient), digester)


def _parts(address: str) -> tuple[str, str]:
    """Local part and domain; no case, no brackets, no source route (RFC 5321 §4.1.1.3), no quotes that are not needed."""
    text = normal.email(address)
    if text.startswith("@"):
        text = text.rpartition(":")[2]
    local, _, domain = text.rpartition("@")
    if len(local) > 2 and local[0] == local[-1] == '"' and _LOCAL.fullmatch(local[1:-1]):
        local = local[1:-1]
    return local, normal.domain(domain)


def _address(local: str, domain: str, digester: Digester) -> bytes:
    return digester.of("stop address", f"{local}@{domain}")
