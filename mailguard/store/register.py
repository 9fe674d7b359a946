"""All declared sources at one moment, arranged so that a mail's own is found at once.

In: sources, the first added first. Out: the source of a mail. Pure; it knows no database and never changes.
"""

import functools
import ipaddress
import urllib.parse
from collections.abc import Collection, Iterable, Sequence

from mailguard import normal
from mailguard.model import Source, SourceMode
from mailguard.normal import domain as normal_domain

UNDECLARED = Source(id="", title="未登録の送信システム", declared=False)
CLAIM = "from:"  # begins the id of what only claims to be a source: never under an approval of the source itself
TITLE = 200  # characters of a title that the table takes

_Masks = list[tuple[int, dict[int, Source]]]  # shift → network number without its host bits; the narrowest first


class Register:
    """Finds the source of a mail."""

    def __init__(self, sources: Sequence[Source]) -> None:
        self.sources = tuple(sources)
        self._logins = _first((normal.login(login), source) for source in sources for login in source.logins)
        self._networks = {4: _masks(sources, 4), 6: _masks(sources, 6)}
        self._domains: dict[str, list[Source]] = {}
        for source in sources:
            for name in {normal_domain(name) for name in source.from_domains}:
                self._domains.setdefault(name, []).append(source)
        self._order = {source.id: number for number, source in enumerate(sources)}

    def match(self, *, login: str | None, client: str, from_domains: Collection[str]) -> Source:
        """The source of a mail: by SMTP login, else by client network (the narrowest).

        Else undeclared, with the operators of every source that a From domain names.
        """
        by_login = self._logins.get(normal.login(login)) if login else None
        return by_login or self._by_network(client) or self._by_domain(from_domains)

    def _by_network(self, client: str) -> Source | None:
        address = _address(client)
        if address is None:
            return None
        version, number = address
        hits = (known.get(number >> shift) for shift, known in self._networks[version])
        return next((hit for hit in hits if hit), None)

    def _by_domain(self, from_domains: Collection[str]) -> Source:
        if not self._domains:
            return UNDECLARED
        found = {source.id: source for name in from_domains for source in self._domains.get(normal_domain(name), ())}
        return _claim([found[key] for key in sorted(found, key=self._order.__getitem__)]) if found else UNDECLARED


@functools.lru_cache(1000)  # few clients send many mails
def _address(client: str) -> tuple[int, int] | None:
    """Version and number of an address; IPv4 within IPv6 is IPv4."""
    try:
        address = ipaddress.ip_address(client)
    except ValueError:
        return None
    if isinstance(address, ipaddress.IPv6Address) and address.ipv4_mapped:
        address = address.ipv4_mapped
    return address.version, int(address)


def _first(pairs: Iterable[tuple[str, Source]]) -> dict[str, Source]:
    known: dict[str, Source] = {}
    for name, source in pairs:
        known.setdefault(name, source)
    return known


def _masks(sources: Sequence[Source], version: int) -> _Masks:
    found: dict[int, dict[int, Source]] = {}
    for source in sources:
        for network in map(ipaddress.ip_network, source.networks):
            if network.version == version:
                shift = network.max_prefixlen - network.prefixlen
                found.setdefault(shift, {}).setdefault(int(network.network_address) >> shift, source)
    return sorted(found.items())


def _claim(named: Sequence[Source]) -> Source:
    """What a From header that names sources is worth: their operators are kept from approving, nothing is vouched for."""
    names = sorted(urllib.parse.quote(source.id, safe="") for source in named)
    title = f"{UNDECLARED.title}（From: {'、'.join(source.title for source in named)}）"
    return Source(
        CLAIM + "+".join(names),
        title[:TITLE],
        tuple(dict.fromkeys(person for source in named for person in source.operators)),
        _strictest([source.mode for source in named]),
        declared=False,
    )


def _strictest(modes: Collection[SourceMode]) -> SourceMode:
    """Of several sources; a claim alone never makes it laxer than the default."""
    for mode in (SourceMode.EVERY_MAILING, SourceMode.NO_ATTACHMENTS):
        if mode in modes:
            return mode
    return SourceMode.FINDINGS
