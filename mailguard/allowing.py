"""The allow list on the path of a message: the policy, with the contacts that are public now.

In: a policy. Out: the same with digests to subtract. Raises StoreError when the list cannot be read: the client hears 451.
"""

from dataclasses import replace

from mailguard.model import Action, Inspection, Verdict
from mailguard.policy import Policy
from mailguard.store import Store
from mailguard.store.public_contacts import KINDS
from mailguard.together import Latest


class Allowing:
    """Asks the store only for what would be held because of a contact; clean mail never does."""

    def __init__(self, store: Store) -> None:
        self._lists = Latest(store.public_contacts.latest)
        self._made: tuple[Policy, frozenset[bytes], Policy] | None = None

    @staticmethod
    def matters(inspection: Inspection, verdict: Verdict) -> bool:
        """Whether the list could change a verdict."""
        stopped = verdict.action is Action.HOLD or bool(verdict.watched)
        return stopped and any(finding.kind in KINDS for finding in inspection.findings)

    async def policy(self, policy: Policy, deadline: float) -> Policy:
        """With what is public now; `policy` itself when nothing is. deadline: time of the event loop."""
        public = await self._lists.get(deadline)
        if not public:
            return policy
        if self._made is None or self._made[0] is not policy or self._made[1] is not public:
            self._made = policy, public, replace(policy, public=public)
        return self._made[2]
