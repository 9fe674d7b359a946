"""The real engine with a detector that does what the text tells it: nap, abort, hang. Quick to build."""

import os
import time
from collections.abc import Callable

import msgspec

from mailguard.detect.evidence import Evidence
from mailguard.digest import Digester
from mailguard.inspect.engine import Engine
from mailguard.inspect.letter import Answer, Need
from mailguard.inspect.worker import _LETTER
from mailguard.sandbox import Programs
from mailguard.unpack.budget import Limits


class Obedient:
    version = "for tests"

    def text(self, text, key):
        if "abort" in text.text:
            os.abort()
        if "hang" in text.text:
            time.sleep(3600)
        if "nap" in text.text:
            time.sleep(0.4)
        return Evidence()

    def table(self, table, key):
        return Evidence()

    def file_name(self, path, key):
        return Evidence()

    def senders(self, lines, path, key):
        return Evidence()

    def skeleton(self, text):
        return ""

    def subject(self, subject):
        return subject, subject

    def japanese_name(self, display):
        return None

    def spans(self, text):
        return []


def engine(key: bytes = b"k" * 32) -> Engine:
    return Engine(Obedient(), Digester(key), Limits())


def build(init: bytes, programs: Programs) -> Callable[[str, memoryview], bytes]:
    worker = engine(init)

    def answer(job: str, body: memoryview) -> bytes:
        try:
            return msgspec.msgpack.encode(worker.read(_LETTER.decode(body)))
        except Need:
            return msgspec.msgpack.encode(Answer(None))

    return answer
