"""What a hold shows of its mail, sealed, and a digest of what a rule of a decision may look at in it.

In: an inspection. Out: two columns of `holds`, which are always written together.
"""

from typing import Any

import msgspec

from mailguard.digest import Digester
from mailguard.model import Inspection, Kind
from mailguard.store.vault import Vault


def columns(vault: Vault, hold_id: str, inspection: Inspection) -> dict[str, Any]:
    """Both columns."""
    sealed = vault.seal(msgspec.msgpack.encode(inspection), f"inspection:{hold_id}")
    return {"inspection": sealed, "likeness": likeness(vault.digester, inspection)}


def likeness(digester: Digester, inspection: Inspection) -> bytes:
    """Equal where rules, kinds, problems and the number of My Numbers are."""
    numbers = [(finding.count, finding.distinct) for finding in inspection.findings if finding.kind is Kind.MY_NUMBER]
    found = {(finding.kind.value, finding.rule) for finding in inspection.findings}
    problems = sorted({problem.kind.value for problem in inspection.problems})
    return digester.of("likeness", msgspec.msgpack.encode((sorted(found), problems, numbers)))
