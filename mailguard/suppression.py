"""What the stop list does to one mail: who is named in vain, at RCPT, at the final dot, and once more at release.

In: recipients and what is known of the sender. Out: whom nothing is sent to. At RCPT only entries count that need no From
header; the rest is decided when the mail is here. Raises StoreError when the list cannot be read: then nobody is sent to.
"""

import asyncio
import logging
import urllib.parse
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field, replace

from mailguard import normal
from mailguard.config import StopListSection
from mailguard.metrics import SUPPRESSED
from mailguard.model import Source
from mailguard.stoplist import Sender, StopList, keys_of
from mailguard.store import Store
from mailguard.store.register import CLAIM, Register
from mailguard.store.suppressions import Spared
from mailguard.together import Latest, Together

_LOG = logging.getLogger("mailguard.suppression")
_MOST = 200  # messages that one commit takes


@dataclass(slots=True)
class Suppression:
    """`refuses`: who is on the list hears 550 at RCPT instead of 250."""

    store: Store
    settings: StopListSection
    seconds: float = 30.0
    _lists: Latest[StopList] = field(init=False)
    _registers: Latest[Register] = field(init=False)
    _records: Together[Spared, None] = field(init=False)
    _made: tuple[StopList, StopList] | None = field(default=None, init=False)

    def __post_init__(self) -> None:
        self._lists = Latest(self.store.stop_list.latest)
        self._registers = Latest(self.store.sources.register)
        self._records = Together(self.store.suppressions.record_all, most=_MOST)

    def obey(self, settings: StopListSection) -> None:
        """Other settings from now on."""
        self.settings, self._made = settings, None

    @property
    def refuses(self) -> bool:
        """Whether RCPT is answered with 550."""
        return self.settings.reply == 550

    async def at_rcpt(self, login: str | None, client: str, recipients: Sequence[str]) -> list[bool]:
        """Whom nothing will be sent to, whatever the mail says in From."""
        listed = await self._list()
        if not listed:
            return [False] * len(recipients)
        register = await self._registers.get(self._deadline())
        source = register.match(login=login, client=client, from_domains=())
        return self._named(listed, sender_of(source.id, None), recipients)

    async def at_dot(self, source: Source, from_domains: Collection[str], recipients: Sequence[str]) -> list[bool]:
        """Whom nothing is sent to, now that the header From is known."""
        return self._named(await self._list(), sender_of(source.id, from_domains), recipients)

    async def at_release(
        self, source_id: str, from_domains: Collection[str] | None, recipients: Sequence[str]
    ) -> list[bool]:
        """The same for held mail. Where From is not known, an entry that asks for it counts."""
        return self._named(await self._list(), sender_of(source_id, from_domains), recipients, in_doubt=True)

    async def record(self, spared: Spared) -> None:
        """Note who was spared, count it, and have the operators told. Raises StoreError."""
        await self._records.ask(spared, self._deadline())
        SUPPRESSED.labels(spared.stage).inc(len(spared.recipients))
        _LOG.info(
            "suppressed message=%s stage=%s recipients=%s", spared.message_id, spared.stage, len(spared.recipients)
        )

    async def _list(self) -> StopList:
        found = await self._lists.get(self._deadline())
        if self._made is None or self._made[0] is not found:
            self._made = found, replace(found, never=frozenset(self.settings.never_sources))
        return self._made[1]

    def _named(
        self, listed: StopList, sender: Sender, recipients: Sequence[str], *, in_doubt: bool = False
    ) -> list[bool]:
        if not listed:
            return [False] * len(recipients)
        digester = self.store.digester
        return [listed.names(keys_of(name, digester), sender, in_doubt=in_doubt) for name in recipients]

    def _deadline(self) -> float:
        return asyncio.get_running_loop().time() + self.seconds


def sender_of(source_id: str, from_domains: Collection[str] | None) -> Sender:
    """Who sends, by the source of a mail; one that is not declared may claim to be several, or none."""
    domains = None if from_domains is None else frozenset(map(normal.domain, from_domains))
    if source_id and not source_id.startswith(CLAIM):
        return Sender(frozenset({source_id}), declared=True, from_domains=domains)
    names = source_id.removeprefix(CLAIM).split("+") if source_id else []
    return Sender(frozenset(map(urllib.parse.unquote, names)), declared=False, from_domains=domains)
