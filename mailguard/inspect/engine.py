"""One message from letter to Inspection, inside the scanner worker: split, look up, unpack, detect, count.

Each top-level part is known by its scan key, a digest of everything that changes its reading: a part seen before is
neither sent nor decoded nor unpacked nor scanned again. What could not be finished (encrypted, damaged on the way) is not
kept; a part that a password opened is, for every mail with it: its bytes hold what they hold. A letter whose pieces do not
stand in its parts as they should is read as the plain mail it stands for.
"""

import time
from collections.abc import Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from functools import lru_cache

import msgspec

from mailguard.detect.persons import Count, Record
from mailguard.detect.tally import count
from mailguard.detect.whole import Detector
from mailguard.digest import Digester
from mailguard.inspect.bodies import Bodies, Body
from mailguard.inspect.heading import Heading, Headings
from mailguard.inspect.known import Cost, Found, Known, Latest, joined
from mailguard.inspect.letter import Answer, Given, Letter, Unread
from mailguard.inspect.reading import Reader
from mailguard.inspect.unlocking import Candidates, Unlocking, is_writing
from mailguard.model import Inspection, Part, PartInfo, Problem, ProblemKind, Text, attached
from mailguard.unpack.budget import Budget, Limits
from mailguard.unpack.cid import shown_by
from mailguard.unpack.mail import Mail, split
from mailguard.unpack.tools import NoTools, Tools
from mailguard.unpack.transfer import RawPart, decode

_PASSING = {ProblemKind.ENCRYPTED, ProblemKind.TIMED_OUT, ProblemKind.CRASHED}
_WORTH_SECONDS = 0.002  # what took longer, or is larger, is told to the parent for the other workers
_WORTH_BYTES = 32_768
_WORTH_TELLING = 8_000_000  # bytes of it at most
_BODIES = 512  # of which something is known again
_SUMS = 64  # counts of persons known again
_FEW = 20  # records of a part that are compared one by one
_NO_HEADING = Heading()
_PACKED = msgspec.msgpack.Decoder(Found)


@dataclass(frozen=True, slots=True)
class _Leaf:
    """A leaf, the pieces in it, the key under which it is known, and the one under which its beginning is.

    body: what it is when it differs from others in its first line.
    """

    raw: RawPart
    pieces: tuple[int, ...]
    scan_key: bytes
    first_key: bytes = b""
    body: Body | None = None

    @property
    def keys(self) -> tuple[bytes, ...]:
        """Under which of these to look for it: the whole before its beginning."""
        return (self.scan_key, self.first_key) if self.first_key else (self.scan_key,)


class Engine:
    """Inspects messages, files and lines of text. One per worker; not for threads."""

    def __init__(
        self,
        detector: Detector,
        digester: Digester,
        limits: Limits,
        tools: Tools | None = None,
        unlocking: Unlocking | None = None,
    ) -> None:
        self._detector, self._digester, self._limits = detector, digester, limits
        self._tools = tools or NoTools()
        self._unlocking = unlocking or Unlocking(digester, limits)
        self._headings, self._reader = Headings(detector, digester), Reader(detector, digester, self._unlocking)
        self._known, self._greeted = Known(), Bodies(limits)
        self._shown: Latest[bytes, frozenset[str]] = Latest(_BODIES)
        self._sums: Latest[tuple[bytes | tuple[Record, ...], ...], Count] = Latest(_SUMS)
        # Records hold hashes of this process and its forks: what another zygote's worker found is not for us.
        self._reading = repr((detector.version, limits, hash("records"))).encode()
        self._body_key = lru_cache(_BODIES)(lambda keys: digester.of("body", keys))

    def mail(self, content: bytes) -> Inspection:
        """Inspect one mail, headers and body."""
        inspection: Inspection = self.read(Letter.plain(content)).inspection
        return inspection

    def read(self, letter: Letter) -> Answer:
        """Inspect a mail of which large pieces may be missing; raises Need when a part in them is not known."""
        mail = split(letter.skeleton, self._limits)
        if letter.keys and not self._stands(mail, letter):
            whole: Inspection = self.read(letter.whole()).inspection
            return Answer(whole, loose=tuple(range(len(letter.keys))))
        leaves = [self._leaf(raw, letter) for raw in self._marked(mail, letter)]
        for leaf in leaves:
            self._look(leaf, letter)
        candidates = Candidates(self._unlocking, letter, mail.subject, [leaf.raw for leaf in leaves])
        work = _Work(letter, Budget(self._limits, letter.size, self._tools, candidates.all), candidates)
        found = self._parts(leaves, work)
        about = [self._headings.found(mail)]
        if mail.problems:
            about.append(Found(problems=self._trouble(mail, letter)))
        people = self._count(leaves, found, about[0])
        inspection = self._inspection([*about, *found], people, self._headings.heading(mail))
        if told := candidates.told():
            inspection = replace(inspection, passwords=told.sealed, passwords_key=told.key)
        return Answer(inspection, tuple(work.fresh), tuple(work.loose))

    def file(self, name: str, data: bytes, *, beginning: bool = False) -> Inspection:
        """Inspect one file as if it were an attachment of that name. beginning: of long tables only the first rows."""
        candidates = Candidates(self._unlocking, Letter.plain(b""), "", ())
        budget = Budget(self._limits, len(data), self._tools, candidates.all)
        found = candidates.hear(self._reader.read(Part((name,), data), budget, beginning=beginning))
        return self._inspection([found], count(found.records, found.rows))

    def spans(self, texts: Iterable[str]) -> list[list[tuple[str, int, int]]]:
        """(kind, start, end) for each text, offsets in code points of the original."""
        return [self._detector.spans(text) for text in texts]

    def _stands(self, mail: Mail, letter: Letter) -> bool:
        """Whether each piece stands in one leaf, whole. What is wrong with the structure is known by the whole content."""
        covered = letter.covered([raw.raw for raw in mail.parts])
        if letter.unread and not covered:
            raise ValueError("a piece that cannot be read stands in no part")
        return bool(letter.unread) or (covered and not mail.problems)

    def _trouble(self, mail: Mail, letter: Letter) -> tuple[Problem, ...]:
        whole = self._digester.of("content", letter.named(letter.skeleton) if letter.keys else letter.skeleton)
        return tuple(replace(problem, key=problem.key or whole) for problem in mail.problems)

    def _leaf(self, raw: RawPart, letter: Letter) -> _Leaf:
        pieces = letter.tokens(raw.raw)
        if not pieces and (body := self._greeted.read(raw)):
            return _Leaf(raw, pieces, self._digester.of("leaf", body.data), body=body)
        known_by = replace(raw, raw=letter.named(raw.raw)) if pieces else raw
        label = "scan of pieces" if pieces else "scan"
        key = self._digester.of(label, self._reading + known_by.fingerprint())
        first = pieces and letter.beginning and not self._known.get(key)
        return _Leaf(raw, pieces, key, self._digester.of("scan of a beginning", key) if first else b"")

    def _marked(self, mail: Mail, letter: Letter) -> Sequence[RawPart]:
        """The leaves, with those marked that an HTML page in a piece shows by Content-ID (RFC 2392)."""
        if not letter.keys or not any(raw.content_id for raw in mail.parts):
            return mail.parts
        pages = [raw for raw in mail.parts if raw.media_type == "text/html" and letter.tokens(raw.raw)]
        shown = {cid for page in pages for cid in self._shown_by(page, letter)}
        return [replace(raw, inline=True) if raw.content_id and raw.content_id in shown else raw for raw in mail.parts]

    def _shown_by(self, page: RawPart, letter: Letter) -> frozenset[str]:
        if any(unread.piece in letter.tokens(page.raw) for unread in letter.unread):
            return frozenset()
        key = self._digester.of("shown", page.encoding.encode() + b"\0" + letter.named(page.raw))
        shown = self._shown.get(key)
        if shown is None:
            shown = shown_by(replace(page, raw=letter.restored(page.raw)), self._limits)
            self._shown.keep(key, shown)
        return shown

    def _look(self, leaf: _Leaf, letter: Letter) -> None:
        """Take over what another worker found; raises Need before anything is read in vain."""
        if not leaf.pieces or self._recall(leaf):
            return
        for given in letter.given:
            if given.scan_key in leaf.keys and set(given.pieces) <= set(leaf.pieces):
                with suppress(msgspec.DecodeError):
                    self._known.keep(given.scan_key, _PACKED.decode(given.packed))
                    return
        if not any(unread.piece in leaf.pieces for unread in letter.unread):
            letter.restored(leaf.raw.raw)

    def _recall(self, leaf: _Leaf) -> Found | None:
        return next((found for key in leaf.keys if (found := self._known.get(key))), None)

    def _parts(self, leaves: Sequence[_Leaf], work: "_Work") -> list[Found]:
        """Texts first: what is encrypted may be opened by what they tell."""
        found = {}
        for number in sorted(range(len(leaves)), key=lambda number: not is_writing(leaves[number].raw)):
            found[number] = work.candidates.hear(self._part(leaves[number], work))
        return [found[number] for number in range(len(leaves))]

    def _part(self, leaf: _Leaf, work: "_Work") -> Found:
        if leaf.body and (cost := leaf.body.cost()).fits(work.budget):
            cost.charge(work.budget)
            return self._body(leaf.body, leaf.scan_key)
        known = self._recall(leaf)
        if known and known.cost.fits(work.budget):
            known.cost.charge(work.budget)
            return known
        for unread in work.letter.unread:
            if unread.piece in leaf.pieces:
                return self._unread(leaf, unread, work.letter)
        return self._still_locked(leaf, work) or self._fresh(leaf, work)

    def _still_locked(self, leaf: _Leaf, work: "_Work") -> Found | None:
        """What is known of a part that stayed encrypted, when there is nothing new to try."""
        locked = self._unlocking.locked.get(leaf.scan_key)
        work.budget.secrets.skip = locked.skip if locked else frozenset()
        if not locked or not locked.found.cost.fits(work.budget) or work.candidates.fresh(locked):
            return None
        locked.found.cost.charge(work.budget)
        work.loose += leaf.pieces
        return locked.found

    def _fresh(self, leaf: _Leaf, work: "_Work") -> Found:
        raw = replace(leaf.raw, raw=work.letter.restored(leaf.raw.raw)) if leaf.pieces else leaf.raw
        started, alone = time.perf_counter(), work.budget.untouched
        found = self._decoded(raw, work.budget, beginning=work.letter.beginning)
        key = leaf.first_key if found.uncounted else leaf.scan_key
        # What was cut short because of the parts before it is not what this part holds.
        whole = (alone or not (work.budget.gone or work.budget.short)) and not work.budget.late
        if key and whole and found.bounded and not any(problem.kind in _PASSING for problem in found.problems):
            self._known.keep(key, found)
            if not leaf.pieces:
                self._greeted.learn(raw, found)
            worth = len(raw.raw) >= _WORTH_BYTES or time.perf_counter() - started >= _WORTH_SECONDS
            if leaf.pieces and worth:
                work.tell(leaf, key, found)
        else:
            work.loose += leaf.pieces
            if whole and found.bounded and not found.uncounted:
                self._unlocking.remember(leaf.scan_key, found, work.budget.secrets)
        return found

    def _body(self, body: Body, key: bytes) -> Found:
        """A body of which all but the first line is known to be text, and nothing else."""
        info = body.info(key)
        evidence = self._detector.text(Text(info.path, body.text), key)
        body_key = self._digester.of("body", self._detector.skeleton(body.text))
        return Found.of([(info.path, evidence)], (), (info,), body_key=body_key, said=body.said)

    def _unread(self, leaf: _Leaf, unread: Unread, letter: Letter) -> Found:
        raw = leaf.raw
        key = self._digester.of("unread", letter.named(raw.raw))
        problem = Problem(raw.path, unread.kind, "the scan of this part did not finish", key)
        info = PartInfo(raw.path, raw.media_type, unread.size, raw.depth, key)
        named = [(raw.path, self._detector.file_name(raw.path, key))] if attached(raw.path) else []
        return Found.of(named, (problem,), (info,))

    def _decoded(self, raw: RawPart, budget: Budget, *, beginning: bool) -> Found:
        before = Cost.so_far(budget)
        part = decode(raw, budget)
        if isinstance(part, Problem):
            key = part.key or self._digester.of("leaf", raw.raw)
            info = PartInfo(raw.path, raw.media_type, len(raw.raw), raw.depth, key)
            found = Found.of([], (replace(part, key=key),), (info,))
        else:
            found = self._reader.read(part, budget, beginning=beginning)
        # A part at which the budget ended costs nothing more; it is known again only if it was the first.
        return found if budget.gone else replace(found, cost=Cost.between(before, budget))

    def _count(self, leaves: Sequence[_Leaf], found: Sequence[Found], head: Found) -> Count:
        """Persons of all parts; counted once for parts met before: long ones by scan key, short ones by what they say.

        The bodies of a mailing differ by a greeting, which is no record.
        """
        known_by: list[bytes | tuple[Record, ...]] = [head.records] if head.records else []
        for leaf, part in zip(leaves, found, strict=True):
            if part.records or part.rows:
                few = len(part.records) <= _FEW and not part.rows
                scan_key = leaf.first_key if part.uncounted else leaf.scan_key
                known_by.append(part.records if few else scan_key)
        key = tuple(known_by)
        people = self._sums.get(key)
        if people is None:
            parts = (head, *found)
            records = [record for part in parts for record in part.records]
            people = count(records, [rows for part in parts for rows in part.rows])
            if b"" not in key:  # a beginning that is not known again
                self._sums.keep(key, people)
        return people

    def _inspection(self, found: Sequence[Found], people: Count, heading: Heading = _NO_HEADING) -> Inspection:
        bodies = b"".join([part.body_key for part in found])
        unread = sum([part.unread for part in found])
        return Inspection(
            findings=joined([part.findings for part in found]),
            problems=joined([part.problems for part in found]),
            persons=people.persons + unread,
            persons_exact=people.exact and not unread,
            households=people.households,
            people=joined([part.people for part in found]),
            crowded=joined([part.crowded for part in found]),
            parts=joined([part.parts for part in found]),
            subject=heading.subject,
            subject_key=heading.subject_key,
            body_key=self._body_key(bodies),
            addressees=heading.addressees,
            authors=heading.authors,
            from_domains=heading.from_domains,
            ruleset=self._detector.version,
            persons_least=people.persons if unread and people.exact else 0,
            uncounted=joined([part.uncounted for part in found]) if unread else (),
            mailing_key=heading.mailing_key,
            list_key=heading.list_key,
        )


class _Work:
    """One letter being read."""

    def __init__(self, letter: Letter, budget: Budget, candidates: Candidates) -> None:
        self.letter, self.budget, self.candidates = letter, budget, candidates
        self.fresh: list[Given] = []
        self.loose: list[int] = []

    def tell(self, leaf: _Leaf, key: bytes, found: Found) -> None:
        """Let the other workers know."""
        packed = msgspec.msgpack.encode(found)
        if len(packed) <= _WORTH_TELLING:
            self.fresh.append(Given(leaf.pieces, key, packed))
