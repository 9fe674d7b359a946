"""Memory that the allocator keeps for later goes back to the system: what is done next needs other sizes.

In: nothing. Out: nothing. Only glibc keeps much; elsewhere nothing happens.
"""

import ctypes

_trim = getattr(ctypes.CDLL(None), "malloc_trim", None)


def give_back() -> None:
    """Some milliseconds; afterwards memory costs page faults anew, so only where a step has ended that took tens of megabytes."""
    if _trim is not None:
        _trim(0)
