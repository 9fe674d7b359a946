"""What runs in a scanner worker: rules and dictionaries loaded once, then an answer to each job.

In: settings, then jobs as client.py asks them. Out: an inspection, spans, rows or bytes of a part, packed. All that opens and
reads hostile bytes is imported here, and by nothing that the service runs itself.
"""

from collections.abc import Callable
from pathlib import Path

import msgspec

from mailguard.detect.whole import Detector
from mailguard.digest import Digester
from mailguard.inspect.engine import Engine
from mailguard.inspect.letter import Answer, Letter, Need
from mailguard.inspect.look import Wanted
from mailguard.inspect.settings import File, Settings
from mailguard.inspect.showing import Showing
from mailguard.inspect.tools import SandboxTools
from mailguard.inspect.unlocking import Unlocking
from mailguard.sandbox import Programs
from mailguard.unpack.opening import warm

_LETTER = msgspec.msgpack.Decoder(Letter)


def worker(init: bytes, programs: Programs) -> Callable[[str, memoryview], bytes]:
    """Entry of the scanner process: load dictionaries once, answer jobs."""
    settings = msgspec.msgpack.decode(init, type=Settings)
    digester = Digester(settings.digest_key)
    unlocking = Unlocking(digester, settings.limits, settings.password_key, settings.passwords)
    detector = Detector.build(Path(settings.rules_dir), digester)
    tools = SandboxTools(programs)
    engine = Engine(detector, digester, settings.limits, tools, unlocking)
    showing = Showing(detector, digester, settings.limits, tools, unlocking)
    warm()
    engine.file("warm.csv", "氏名,電話\n山田太郎,090-1234-5678\n".encode("cp932"))
    encode = msgspec.msgpack.Encoder().encode

    def answer(job: str, body: memoryview) -> bytes:
        match job:
            case "mail":
                letter = _LETTER.decode(body)
                body.release()  # it was copied: what is mapped need not stay in memory
                try:
                    return encode(engine.read(letter))
                except Need:
                    return encode(Answer(None))
            case "file":
                file = msgspec.msgpack.decode(body, type=File)
                body.release()
                return encode(engine.file(file.name, file.data, beginning=file.beginning))
            case "spans":
                return encode(engine.spans(msgspec.msgpack.decode(body, type=list[str])))
            case "rows":
                return encode(showing.rows(msgspec.msgpack.decode(body, type=Wanted)))
            case "part":
                return encode(showing.file(msgspec.msgpack.decode(body, type=Wanted)))
            case _:
                raise ValueError(job)

    return answer
