"""The real scanner entry, with two marks in the bytes that stand for a library that aborts, or never ends."""

import os
import time
from collections.abc import Callable

from mailguard.inspect.worker import worker as real
from mailguard.sandbox import Programs


def worker(init: bytes, programs: Programs) -> Callable[[str, memoryview], bytes]:
    answer = real(init, programs)

    def spoilt(job: str, body: memoryview) -> bytes:
        content = bytes(body)
        if b"X-Test: abort" in content:
            os.abort()
        if b"X-Test: hang" in content:
            time.sleep(3600)
        return answer(job, body)

    return spoilt
