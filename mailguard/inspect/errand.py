"""One mail on its way through a scanner worker: what this worker lacks, what it says, what the others may learn of it.

In: a parcel and the results of earlier mails. Out: an Inspection. Of what a worker says only what it found in pieces that
were sent to it this very time is kept.
"""

import msgspec

from mailguard.inspect.letter import Answer, Given, Parcel, Unread
from mailguard.inspect.results import Results
from mailguard.model import Inspection
from mailguard.sandbox import CrashedError, Memory

_LIGHT_BYTES = 16 * 1024  # of the skeleton of a mail that is read in no time when its pieces are known
_KNOWN = 1_000  # pieces that one worker is believed to know; it says when it does not


class _Answer(Answer, frozen=True, array_like=True):
    """An answer of which the inspection is read too."""

    inspection: Inspection | None


_ANSWER = msgspec.msgpack.Decoder(_Answer)
_encode = msgspec.msgpack.Encoder().encode


class Errand:
    """Asked by the scanner: `begin` for each worker that tries, `more` for each answer.

    light: somebody has read its pieces before; what is between them is short.
    """

    job = "mail"

    def __init__(
        self, parcel: Parcel, results: Results, unread: tuple[Unread, ...] = (), *, light: bool = False
    ) -> None:
        self._parcel, self._results, self._unread = parcel, results, unread
        self._closed = {out.piece for out in unread}
        self.light = light and not unread and len(parcel.skeleton) <= _LIGHT_BYTES
        self._whole = False
        self.sent: set[int] = set()
        self.inspection: Inspection | None = None

    def begin(self, memory: Memory) -> bytes:
        """The skeleton, and of each piece nothing, what somebody found in it, or its bytes."""
        self._whole = False
        self.sent = set()
        given: list[Given] = []
        for number, key in enumerate(self._parcel.keys):
            if number in self._closed:
                continue
            varies = self._results.varies(key)
            if key in memory and not varies:
                memory.move_to_end(key)
                continue
            found = self._results.of(key)
            given += [Given((number,), scan_key, packed) for scan_key, packed in found]
            if not found or varies:
                self.sent.add(number)
        return self._letter(given)

    def more(self, answer: bytes, memory: Memory) -> bytes | None:
        """All bytes, for a worker that lacks some; None when it has read the mail."""
        try:
            said = _ANSWER.decode(answer)
        except msgspec.DecodeError:
            raise CrashedError("a scanner worker gave an answer that cannot be read") from None
        if said.inspection is None:
            return self._all()
        self.inspection = said.inspection
        self._remember(memory, said)
        return None

    def _all(self) -> bytes:
        if self._whole:
            raise CrashedError("a scanner worker asked twice for the same bytes")
        self._whole = True
        for key in self._parcel.keys:
            self._results.missed(key)
        self.sent = set(range(len(self._parcel.keys))) - self._closed
        return self._letter([])

    def _letter(self, given: list[Given]) -> bytes:
        return _encode(self._parcel.letter(self.sent.__contains__, given, self._unread))

    def _remember(self, memory: Memory, said: Answer) -> None:
        keys = self._parcel.keys
        for number, key in enumerate(keys):
            if number in said.loose:
                memory.pop(key, None)
            elif number not in self._closed:
                memory[key] = None
        while len(memory) > _KNOWN:
            memory.popitem(last=False)
        for fresh in said.fresh:
            if fresh.pieces and self.sent.issuperset(fresh.pieces):
                for number in fresh.pieces:
                    self._results.keep(keys[number], fresh.scan_key, fresh.packed)
