"""A policy in force: thresholds, and digests of what is the organisation's own."""

from collections.abc import Iterable
from dataclasses import dataclass, field

from mailguard import normal
from mailguard.config import Own
from mailguard.digest import Digester
from mailguard.policy.thresholds import Thresholds


@dataclass(frozen=True, slots=True)
class Policy:
    """values: of phones, addresses and names of the organisation; monitor: everything passes, and is counted."""

    limits: Thresholds
    digester: Digester
    domains: frozenset[str] = frozenset()
    values: frozenset[bytes] = frozenset()
    monitor: bool = False
    domain_digests: frozenset[bytes] = field(default=frozenset(), repr=False)

    @classmethod
    def build(cls, limits: Thresholds, own: Own, digester: Digester, *, monitor: bool = False) -> "Policy":
        """Digest the organisation's own contact details. monitor: the configuration asks for it, whatever the file says."""
        values = [digester.phone(phone) for phone in own.phones]
        values += [digester.address(address) for address in own.addresses]
        values += [digester.name(name) for name in own.names]
        domains = frozenset(normal.domain(domain) for domain in own.domains)
        return cls(
            limits,
            digester,
            domains,
            frozenset(values),
            monitor or limits.monitor.all,
            frozenset(map(digester.domain, domains)),
        )

    def outside(self, recipients: Iterable[str]) -> list[str]:
        """Distinct recipients that are not in the organisation's own domains."""
        distinct = dict.fromkeys(normal.email(address) for address in recipients)
        return [address for address in distinct if normal.domain(address.rpartition("@")[2]) not in self.domains]
