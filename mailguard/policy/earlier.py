"""What differs from the earlier runs of the same mailing: pure.

In: a message, or what all of a run adds up to, and runs before it. Out: stable codes, the gravest first; and a verdict that
says so, or holds for it when the policy file wants that. Mailings without an earlier run differ from nothing.
"""

from collections.abc import Sequence
from dataclasses import replace

from mailguard.digest import Digester
from mailguard.model import Action, Inspection, Run, Verdict, attached

DIFFERS = "differs_from_earlier_runs"


def differences(now: Run, earlier: Sequence[Run], factor: float) -> tuple[str, ...]:
    """How a run, or one message of it, differs from the runs before. factor: of recipients that are more."""
    if not earlier:
        return ()
    found = []
    if now.shapes and not any(run.shapes for run in earlier):
        found.append("attachment_added")
    elif now.leaves and _other_files(now, earlier):
        found.append("attachment_other")
    if not now.senders <= frozenset().union(*(run.senders for run in earlier)):
        found.append("sender_other")
    if not now.kinds <= frozenset().union(*(run.kinds for run in earlier)):
        found.append("kinds_new")
    if now.recipients > factor * max(run.recipients for run in earlier):
        found.append("recipients_more")
    return tuple(found)


def _other_files(now: Run, earlier: Sequence[Run]) -> bool:
    """A file of another name; or another file where each run had the same."""
    if now.leaves <= frozenset().union(*(run.leaves for run in earlier)):
        return False
    named = now.shapes <= frozenset().union(*(run.shapes for run in earlier))
    return not named or (len(earlier) > 1 and bool(frozenset.intersection(*(run.leaves for run in earlier))))


def differing(
    inspection: Inspection, verdict: Verdict, codes: Sequence[str], digester: Digester, *, hold: bool
) -> Verdict:
    """The verdict on a message that differs so: the reason beside others; where there is none, it holds if `hold` says so."""
    if not codes:
        return verdict
    if verdict.action is Action.HOLD:
        return replace(verdict, reasons=(*verdict.reasons, DIFFERS))
    if not hold:
        return verdict
    # An approval covers these files and this way of being other, and no more.
    files = {part.key for part in inspection.parts if attached(part.path) and part.key}
    key = digester.of("differs", b"\0".join([inspection.subject_key, *(code.encode() for code in sorted(codes))]))
    return Verdict(Action.HOLD, (DIFFERS,), tuple(sorted({key, *files, *inspection.uncounted})), verdict.findings)
