"""A policy in force: thresholds, and digests of what is the organisation's own."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from mailguard import normal
from mailguard.config import Own
from mailguard.digest import Digester
from mailguard.model import Inspection, Kind, SourceMode
from mailguard.policy.legal import grounds_met
from mailguard.policy.own_names import OwnName
from mailguard.policy.thresholds import Thresholds
from mailguard.routes import NONE, Routes, Ruling

# A postal code before an address, with or without its mark.
_POSTAL = re.compile(r"\s*〒?\s*([0-9０-９]{3}[-‐−ー－]?[0-9０-９]{4})(?![-‐−ー－0-9０-９])\s*")
_NUMBERED = re.compile(r".*(?:[0-9０-９]|号|番地|番|丁目)")  # an address up to its number, before the building


@dataclass(frozen=True, slots=True)
class Policy:
    """values: of phones, addresses and names of the organisation; monitor: everything passes, and is counted.

    surnames: of the own staff, which say who it is beside an own contact only.
    public: contacts that two persons agreed are published; nobody's name is. test_addresses: in normal form. routes: who must approve what is held.
    """

    limits: Thresholds
    digester: Digester
    domains: frozenset[str] = frozenset()
    values: frozenset[bytes] = frozenset()
    surnames: frozenset[bytes] = frozenset()
    monitor: bool = False
    domain_digests: frozenset[bytes] = field(default=frozenset(), repr=False)
    public: frozenset[bytes] = field(default=frozenset(), repr=False)
    routes: Routes = NONE
    test_addresses: frozenset[str] = frozenset()

    @classmethod
    def build(
        cls, limits: Thresholds, own: Own, digester: Digester, *, monitor: bool = False, routes: Routes = NONE
    ) -> "Policy":
        """Digest the organisation's own contact details. monitor: the configuration asks for it, whatever the file says."""
        values = [digester.phone(phone) for phone in own.phones]
        for address in own.addresses:
            values += _address(address, digester)
        staff = [OwnName.of(name, digester) for name in own.names]
        domains = frozenset(normal.domain(domain) for domain in own.domains)
        return cls(
            limits,
            digester,
            domains,
            frozenset(values).union(*(one.whole for one in staff)),
            frozenset().union(*(one.alone for one in staff)),
            monitor or limits.monitor.all,
            frozenset(map(digester.domain, domains)),
            routes=routes,
            test_addresses=frozenset(map(normal.email, own.test_addresses)),
        )

    def ruling(self, inspection: Inspection, mode: SourceMode | None = None) -> Ruling:
        """What is to be asked of who approves this. mode: of its source; None is what it was."""
        return Ruling(self.routes, grounds_met(inspection, self.limits.report) if self.routes else (), mode)

    def outside(self, recipients: Iterable[str]) -> list[str]:
        """Distinct recipients that are not in the organisation's own domains."""
        distinct = dict.fromkeys(normal.email(address) for address in recipients)
        return [address for address in distinct if normal.domain(address.rpartition("@")[2]) not in self.domains]

    def rehearsal(self, recipients: Iterable[str]) -> bool:
        """Whether nobody but the organisation itself, and its test addresses, gets it."""
        return self.test_addresses.issuperset(self.outside(recipients))


def _address(value: str, digester: Digester) -> Iterator[bytes]:
    """An address with and without its building, and its postal code, each a value of its own."""
    if match := _POSTAL.match(value):
        yield digester.of(str(Kind.POSTAL_CODE), normal.postal_code(match[1]))
        value = value[match.end() :]
    yield digester.address(value)
    street = re.split(r"\s", value.strip())
    for words in range(1, len(street)):
        shorter = " ".join(street[:words])
        if _NUMBERED.fullmatch(shorter):
            yield digester.address(shorter)
