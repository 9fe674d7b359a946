"""What opens encrypted parts: passwords of the mail itself, of others of its sender, and of the configured list.

In: the texts of a mail, candidates sealed by other workers, the list. Out: candidates for its budget, asked for when something
encrypted is met; whose password it was; and, sealed, what this mail may tell about the next one. Clear text stays here.
"""

import os
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import date

from mailguard.digest import Digester
from mailguard.inspect.known import Found, Latest
from mailguard.inspect.letter import Letter, Need
from mailguard.inspect.sealing import Said, Sealer
from mailguard.model import BODY, HTML, Part, PartInfo, ProblemKind, Text
from mailguard.unpack.budget import Budget, Limits
from mailguard.unpack.opening import Leaf, unpack
from mailguard.unpack.password_candidates import found, told
from mailguard.unpack.password_patterns import written
from mailguard.unpack.passwords import Passwords
from mailguard.unpack.transfer import RawPart, decode

MAIL, OTHER, LIST = "mail", "other", "list"
"""Where a password was found: in the same mail, in another one of the same sender, in the configured list."""

_LOCKED = 1_000  # parts remembered that stayed encrypted
_TEXT_BYTES = 100_000  # of a part that is read again for what may be a password
_UNFINISHED = {ProblemKind.TIMED_OUT, ProblemKind.CRASHED}
_READ = frozenset({"text/plain", "text/html"})
_JAPAN = 9 * 3600  # seconds; no summer time since 1951


def _today() -> date:
    """By the clock of the machine: a clock that is wrong costs a try."""
    return date(*time.gmtime(time.time() + _JAPAN)[:3])


def is_writing(raw: RawPart) -> bool:
    """Whether a leaf is read before those that may be encrypted."""
    return raw.media_type in _READ or raw.path in {(BODY,), (HTML,)}


@dataclass(frozen=True, slots=True)
class Locked:
    """A part that stayed encrypted, and what was tried. tried is no reason to skip where another password opened a piece of it."""

    found: Found
    tried: frozenset[str]

    @property
    def skip(self) -> frozenset[str]:
        """What need not be tried again."""
        return frozenset() if self.found.opened else self.tried


class Unlocking:
    """Of one worker. key: seals what leaves it; without one nothing does. listed: the configured list."""

    def __init__(
        self,
        digester: Digester,
        limits: Limits,
        key: bytes = b"",
        listed: Sequence[str] = (),
        today: Callable[[], date] = _today,
    ) -> None:
        self.digester, self.limits, self.tells = digester, limits, bool(key)
        self.sealer = Sealer(key or os.urandom(32), digester)
        self._listed, self._today = tuple(listed), today
        self.locked: Latest[bytes, Locked] = Latest(_LOCKED)

    def listed(self) -> tuple[str, ...]:
        """The configured passwords, as they are written today."""
        return tuple(written(self._listed, self._today()))

    def said(self, item: Text, info: PartInfo) -> tuple[Said, ...]:
        """What a text tells, if it speaks of a password."""
        if info.media_type not in _READ or not told(item.text):
            return ()
        words = found([item.text])
        return (self.sealer.seal(words),) if words else ()

    def remember(self, scan_key: bytes, found: Found, passwords: Passwords) -> None:
        """Take note of a part that stayed encrypted, unless it might not with more time."""
        kinds = {problem.kind for problem in found.problems}
        if ProblemKind.ENCRYPTED in kinds and kinds.isdisjoint(_UNFINISHED) and not passwords.ended:
            self.locked.keep(scan_key, Locked(found, passwords.skip.union(passwords.all)))

    def digest(self, password: str) -> bytes:
        """By which a password is known outside."""
        return self.digester.of("password", password)


class Candidates:
    """Of one mail, read from its leaves as they are found."""

    def __init__(self, unlocking: Unlocking, letter: Letter, subject: str, raws: Sequence[RawPart]) -> None:
        self._unlocking, self._letter, self._subject = unlocking, letter, subject
        self._raws = [raw for raw in raws if is_writing(raw)]
        self._said: list[Said] = []
        self._own: dict[int, tuple[str, ...]] = {}
        self._others: tuple[str, ...] | None = None
        self._short: list[str] | None = None

    def hear(self, part: Found) -> Found:
        """Take in what a part tells, and name whose passwords opened something in it."""
        self._said += part.said
        if not part.opened:
            return part
        whose = {path: self._whose(digest) for path, digest in part.opened}
        return replace(part, parts=tuple(replace(info, opened=whose.get(info.path, "")) for info in part.parts))

    def all(self) -> tuple[str, ...]:
        """The likeliest first: of this mail, of others, of the list."""
        if self._others is None:
            opened = (self._unlocking.sealer.open(sealed) for sealed in self._letter.secrets)
            self._others = tuple(word for words in opened for word in words)
        return (*self.own(), *self._others, *self._unlocking.listed())

    def fresh(self, locked: Locked) -> bool:
        """Whether there is something that was not tried on a part."""
        return not locked.tried.issuperset(self.all())

    def own(self) -> tuple[str, ...]:
        """Of this mail, as far as its texts were read."""
        known = len(self._said)
        if known not in self._own:
            heard = (word for said in self._said for word in self._unlocking.sealer.open(said.sealed))
            self._own[known] = tuple(dict.fromkeys((*found([self._subject, *self._texts()]), *heard)))
        return self._own[known]

    def told(self) -> Said | None:
        """What other mails of the sender may be opened with, sealed; None when this mail does not speak of passwords."""
        if not self._unlocking.tells:
            return None
        if told(self._subject):
            words = self.own()
            return self._unlocking.sealer.seal(words) if words else None
        if len(self._said) < 2:
            return self._said[0] if self._said else None
        heard = (word for said in self._said for word in self._unlocking.sealer.open(said.sealed))
        return self._unlocking.sealer.seal(dict.fromkeys(heard))

    def _whose(self, digest: bytes) -> str:
        digested = self._unlocking.digest
        if digest in map(digested, self.own()):
            return MAIL
        return LIST if digest in map(digested, self._unlocking.listed()) else OTHER

    def _texts(self) -> list[str]:
        """The short texts of the mail, read once more: what opened nothing so far was not kept."""
        if self._short is None:
            self._short = [text for raw in self._raws for text in self._read(raw)]
        return self._short

    def _read(self, raw: RawPart) -> list[str]:
        try:
            whole = self._letter.restored(raw.raw)
        except Need:
            return []
        if len(whole) > _TEXT_BYTES:
            return []
        budget = Budget(self._unlocking.limits, len(whole))
        part = decode(replace(raw, raw=whole), budget)
        if not isinstance(part, Part):
            return []
        leaves = unpack(part, budget, lambda _: b"")
        return [leaf.item.text for leaf in leaves if isinstance(leaf, Leaf) and isinstance(leaf.item, Text)]
