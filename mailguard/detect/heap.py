"""Memory of long tables goes back to the system once it is not needed: glibc keeps it, and what is done next needs other sizes.

In: nothing. Out: nothing. Where the C library is another one nothing happens.
"""

import ctypes

# For a million rows 2 and 16 MB take 12 to 30 MB less at the peak than 4 and 32 MB, and no longer.
_LARGE = 2 << 20  # bytes: stretches of the arrays of a table of a million rows
_KEPT = 16 << 20  # bytes at the end of the heap
_TRIM_THRESHOLD, _MMAP_THRESHOLD = -1, -3  # malloc.h

_libc = ctypes.CDLL(None)
_mallopt, _malloc_trim = getattr(_libc, "mallopt", None), getattr(_libc, "malloc_trim", None)


def keep_large_apart() -> None:
    """From now on what is large comes from the system and goes back at once, in the whole process; the threshold rises no more."""
    if _mallopt is not None:
        _mallopt(_TRIM_THRESHOLD, _KEPT)
        _mallopt(_MMAP_THRESHOLD, _LARGE)


def give_back() -> None:
    """What lies free in the heap. Some milliseconds, and page faults later: only behind a step that took tens of megabytes."""
    if _malloc_trim is not None:
        _malloc_trim(0)
