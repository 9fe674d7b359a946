"""To how many recipients a mailing went until now: tools send one message to each.

In: messages with a picture that nothing here reads, as they come. Out: different recipients of the same source and
subject, or of the same source and picture, in the last hours. Kept in memory, as digests, by each process that takes mail.
"""

from collections import OrderedDict

from mailguard import normal
from mailguard.model import Envelope, Inspection, Source
from mailguard.policy.whole import Policy

_MOST = 10_000  # mailings remembered; of each no more recipients than it takes
_Key = tuple[str, bytes]


class Mailings:
    """Not for threads."""

    def __init__(self) -> None:
        self._sent: OrderedDict[_Key, dict[bytes, float]] = OrderedDict()

    def recipients(
        self, envelope: Envelope, inspection: Inspection, source: Source, policy: Policy, now: float
    ) -> int | None:
        """With those of this message; None when it has no such picture. now: seconds of a clock that nobody sets."""
        pictures = {problem.key for problem in inspection.problems if problem.picture}
        if not pictures:
            return None
        rule = policy.limits.pictures
        to = {policy.digester.email(normal.email(address)) for address in envelope.rcpt_to}
        keys = [(source.id, key) for key in (inspection.subject_key, *pictures)]
        return max(self._count(key, to, now, now - rule.hours * 3_600, rule.recipients + 1) for key in keys)

    def _count(self, key: _Key, to: set[bytes], now: float, since: float, enough: int) -> int:
        sent = {who: when for who, when in self._sent.pop(key, {}).items() if when >= since}
        sent |= dict.fromkeys(to, now)
        # The latest ones: they stay within the hours for longest.
        self._sent[key] = dict(sorted(sent.items(), key=lambda item: item[1])[-enough:])
        while len(self._sent) > _MOST:
            self._sent.popitem(last=False)
        return len(sent)
