"""Of whose mail an entry is about: sources and From domains, named or left out ("!invoices").

In: texts such as "mailer;!invoices". Out: whether a sender is meant. A mail that only claims to come from a source is
meant by the entries of that source, but is not spared as the source would be: nothing vouches for the claim.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Self

from mailguard import normal

SEPARATOR, NOT = ";", "!"
_NONE: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Sender:
    """sources: ids, or those that an undeclared mail claims to come from; from_domains: of the header From, None: not known."""

    sources: frozenset[str]
    declared: bool
    from_domains: frozenset[str] | None = None


@dataclass(frozen=True, slots=True)
class Scope:
    """Empty sets mean everybody; what is left out is left out whatever else is named."""

    sources: frozenset[str] = _NONE
    not_sources: frozenset[str] = _NONE
    from_domains: frozenset[str] = _NONE
    not_from_domains: frozenset[str] = _NONE

    @classmethod
    def of(cls, sources: str | Iterable[str] = "", from_domains: str | Iterable[str] = "") -> Self:
        """From the texts of a file, or from their items."""
        named, spared = _parted(sources)
        domains, other = _parted(from_domains)
        return cls(named, spared, frozenset(map(normal.domain, domains)), frozenset(map(normal.domain, other)))

    def covers(self, sender: Sender) -> bool | None:
        """Whether mail of this sender is meant; None: that depends on a From header that is not known."""
        if sender.declared and self.not_sources & sender.sources:
            return False
        answers = [self._by_source(sender), self._by_domain(sender.from_domains)]
        if False in answers:
            return False
        return None if None in answers else True

    def plain(self) -> dict[str, list[str]]:
        """As it is written: {"sources": ["mailer", "!invoices"], "from_domains": []}."""
        return {
            "sources": [*sorted(self.sources), *(NOT + name for name in sorted(self.not_sources))],
            "from_domains": [*sorted(self.from_domains), *(NOT + name for name in sorted(self.not_from_domains))],
        }

    def _by_source(self, sender: Sender) -> bool | None:
        if not self.sources or self.sources & sender.sources:
            return True
        return None if not sender.declared and sender.from_domains is None else False

    def _by_domain(self, domains: frozenset[str] | None) -> bool | None:
        if not self.from_domains and not self.not_from_domains:
            return True
        if domains is None:
            return None
        if self.not_from_domains & domains:
            return False
        return not self.from_domains or bool(self.from_domains & domains)


def _parted(names: str | Iterable[str]) -> tuple[frozenset[str], frozenset[str]]:
    items = names.split(SEPARATOR) if isinstance(names, str) else names
    found = [name for item in items if (name := item.strip())]
    spared = {name.removeprefix(NOT).strip() for name in found if name.startswith(NOT)}
    return frozenset(name for name in found if not name.startswith(NOT)), frozenset(spared)
