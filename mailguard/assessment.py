"""What is made of one message: everything that is known beside its bytes, brought together into a verdict.

    inspection (sandboxed worker) · source · stop list · what others told of passwords → judge
        · published contacts · emergency stops · earlier runs · what was filed in advance → verdict

In: an envelope and the pieces of a content. Out: an `Assessed`. Decides nothing by itself and sends nothing; what cannot be
read raises, and the client hears 451.
"""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from mailguard.allowing import Allowing
from mailguard.hints import Hints
from mailguard.model import Action, Envelope, Inspection, Source, SourceMode, Verdict
from mailguard.pieces import Pieces
from mailguard.policy import Mailings, Policy, bound, judge, stopped
from mailguard.policy.earlier import differences, differing
from mailguard.recalling import Recalling
from mailguard.store import Store
from mailguard.store.grouping import campaign_key
from mailguard.store.register import Register
from mailguard.store.standstill import Standstill
from mailguard.suppression import Suppression
from mailguard.together import Latest
from mailguard.traits import traits


class Inspects(Protocol):
    """What looks into a mail; another may take its place between two mails."""

    async def mail(
        self, pieces: Pieces, seconds: float, *, beginning: bool = False, secrets: Sequence[bytes] = ()
    ) -> Inspection:
        """Inspect a mail; raises ScannerBusyError when no scanner comes free in time. The rest as in `Inspector.mail`."""


@dataclass(frozen=True, slots=True)
class Assessed:
    """envelope: without whom nothing is sent to, the one that came in when it names all. policy: the one that judged."""

    envelope: Envelope
    source: Source
    inspection: Inspection
    verdict: Verdict
    policy: Policy


@dataclass(slots=True)
class Assessor:
    """rules: inspector and policy in force, replaced together. wait_seconds: the longest wait for a scanner."""

    store: Store
    rules: Callable[[], tuple[Inspects, Policy]]
    wait_seconds: float
    hints: Hints
    recalling: Recalling
    suppression: Suppression | None
    _allowing: Allowing = field(init=False)
    _mailings: Mailings = field(init=False, default_factory=Mailings)
    _registers: Latest[Register] = field(init=False)
    _standstills: Latest[Standstill] = field(init=False)
    _requests: Latest[Mapping[tuple[str, bytes], bytes]] = field(init=False)

    def __post_init__(self) -> None:
        self._allowing = Allowing(self.store)
        self._registers = Latest(self.store.sources.register)
        self._standstills = Latest(self.store.stops.latest)
        self._requests = Latest(self.store.requests.latest)

    async def assess(self, envelope: Envelope, pieces: Pieces, deadline: float, *, beginning: bool = False) -> Assessed:
        """Inspected and judged by one version of rules and policy, though they be replaced meanwhile.

        Without the recipients on the stop list: who is left is who the mail is for.
        """
        inspector, policy = self.rules()
        inspection = await inspector.mail(pieces, self.wait_seconds, beginning=beginning)
        source = await self.source(envelope, inspection.from_domains, deadline)
        envelope = await self._without_listed(envelope, source, inspection)
        secrets = await self.hints.given(envelope, source, inspection)
        if secrets:
            inspection = await inspector.mail(pieces, self.wait_seconds, beginning=beginning, secrets=secrets)
        recipients = self._mailings.recipients(envelope, inspection, source, policy, asyncio.get_running_loop().time())
        verdict = judge(envelope, inspection, policy, source.mode, recipients=recipients)
        if self._allowing.matters(inspection, verdict):
            strict, policy = policy, await self._allowing.policy(policy, deadline)
            if policy is not strict:
                verdict = judge(envelope, inspection, policy, source.mode, recipients=recipients)
        if verdict.action is Action.PASS and await self.stopped(source, inspection, deadline):
            verdict = stopped(inspection, verdict, self.store.digester)
        monitored = policy.monitor or source.mode is SourceMode.MONITOR
        if not monitored:
            verdict = await self._compared(envelope, inspection, source, policy, verdict)
        if not monitored and (filed := await self._filed(source, inspection, deadline)):
            verdict = bound(inspection, verdict, filed, self.store.digester)
        return Assessed(envelope, source, inspection, verdict, policy)

    async def _compared(
        self, envelope: Envelope, inspection: Inspection, source: Source, policy: Policy, verdict: Verdict
    ) -> Verdict:
        """With the reason that it differs from the earlier runs of its mailing. Asked of what is held, or where that holds."""
        rule = policy.limits.earlier_runs
        if verdict.action is Action.PASS and not rule.hold:
            return verdict
        earlier = await self.recalling.earlier(source, inspection)
        codes = differences(traits(envelope, inspection, self.store.digester), earlier, rule.factor)
        return differing(inspection, verdict, codes, self.store.digester, hold=rule.hold)

    async def _without_listed(self, envelope: Envelope, source: Source, inspection: Inspection) -> Envelope:
        """Without those who are on the stop list for this From header; others were left out at RCPT."""
        if self.suppression is None:
            return envelope
        listed = await self.suppression.at_dot(source, inspection.from_domains, envelope.rcpt_to)
        return envelope.without(listed) if any(listed) else envelope

    async def source(self, envelope: Envelope, from_domains: Sequence[str], deadline: float) -> Source:
        """A source counts from the next message on; a store that is down is noticed within a second, and then 451."""
        register = await self._registers.get(deadline)
        return register.match(login=envelope.login, client=envelope.client, from_domains=from_domains)

    async def stopped(self, source: Source, inspection: Inspection, deadline: float) -> bool:
        """Whether an emergency stop covers the mail; what is held anyway, or goes under an approval, the store asks itself.

        Asked when a mail is judged and again before its final dot.
        """
        found = await self._standstills.get(deadline)
        key = campaign_key(self.store.digester, source, inspection) if found else b""
        return found.holds_back(source.id, inspection.subject_key, campaign_key=key)

    async def _filed(self, source: Source, inspection: Inspection, deadline: float) -> bytes | None:
        """What a mailing must be that was filed in advance, and approved; None: nobody filed it."""
        filed = await self._requests.get(deadline)
        return filed.get((source.id, inspection.subject_key)) if filed else None
