"""mailguard with inspection switched off, for the benchmark alone: what does inspection cost?

Python imports this file in every process that has this folder in PYTHONPATH. mailguard itself has no such switch.
"""

from mailguard.inspect.client import Inspector
from mailguard.model import Inspection


async def _nothing(_self: Inspector, *_: object, **__: object) -> Inspection:
    return Inspection()


Inspector.mail = _nothing  # type: ignore[assignment,method-assign]
