"""Memory that a long table took goes back to the system."""

import subprocess
import sys

# In a process of its own: what others allocate and free meanwhile would be measured, too.
MEASURED = """
from pathlib import Path

import numpy as np

from mailguard.detect.heap import give_back, keep_large_apart

MB = 1 << 20


def resident():
    return int(Path("/proc/self/statm").read_text().split()[1]) * 4096


keep_large_apart()
before = resident()
pins = []
for _ in range(4):  # glibc by itself takes the second one from its heap, and keeps what it had
    large = [np.ones(16 * MB, np.int8) for _ in range(3)]
    pins.append(bytearray(100_000))
    assert resident() - before > 40 * MB, "taken"
    del large
assert resident() - before < 12 * MB, "large"
small = [np.ones(MB, np.int8) for _ in range(96)]
kept = small[-1]
del small
give_back()
assert resident() - before < 24 * MB, "small"
assert len(pins) == 4 and kept.all()
"""


def test_large_arrays_go_back_at_once_and_small_ones_when_asked():
    measured = subprocess.run([sys.executable, "-c", MEASURED], capture_output=True, text=True, check=False, timeout=60)
    assert (measured.returncode, measured.stderr) == (0, "")
