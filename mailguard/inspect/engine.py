"""One message from letter to Inspection, inside the scanner worker: split, look up, unpack, detect, count.

Each top-level part is known by its scan key, a digest of everything that changes its reading: a part seen before is
neither sent nor decoded nor unpacked nor scanned again. What could not be finished (encrypted, damaged on the way) is not
kept; a part that a password opened is, for every mail with it: its bytes hold what they hold. A letter whose pieces do not stand in its parts as they should is read as the plain mail it stands for.
"""

import time
from collections import Counter
from collections.abc import Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from functools import lru_cache
from itertools import chain
from typing import TypeVar

import msgspec

from mailguard.detect import Detector
from mailguard.detect.evidence import Evidence, name_digests
from mailguard.detect.people_files import lists_people
from mailguard.detect.persons import Count, Record
from mailguard.detect.tally import count
from mailguard.digest import Digester
from mailguard.inspect.bodies import Bodies, Body
from mailguard.inspect.known import Cost, Found, Known, Latest
from mailguard.inspect.letter import Answer, Given, Letter, Unread
from mailguard.inspect.sealing import Said
from mailguard.inspect.unlocking import Candidates, Unlocking, is_writing
from mailguard.model import (
    HEADERS,
    SENDERS,
    Addressee,
    Inspection,
    LongTable,
    Part,
    PartInfo,
    PartPath,
    Problem,
    ProblemKind,
    Table,
    Text,
    attached,
)
from mailguard.unpack import Budget, Limits, Mail, RawPart, decode, shown_by, split, unpack
from mailguard.unpack.tools import NoTools, Tools

_PASSING = {ProblemKind.ENCRYPTED, ProblemKind.TIMED_OUT, ProblemKind.CRASHED}
_WORTH_SECONDS = 0.002  # what took longer, or is larger, is told to the parent for the other workers
_WORTH_BYTES = 32_768
_WORTH_TELLING = 8_000_000  # bytes of it at most
_HEADS = 512  # header texts and mailboxes known again
_HEAD_CHARS = 2_000
_SUMS = 64  # counts of persons known again
_FEW = 20  # records of a part that are compared one by one
_T = TypeVar("_T")
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


@dataclass(frozen=True, slots=True)
class _Envelope:
    """What an Inspection says about the header block."""

    subject: str = ""
    subject_key: bytes = b""
    addressees: tuple[Addressee, ...] = ()
    authors: tuple[bytes, ...] = ()
    from_domains: tuple[str, ...] = ()
    mailing_key: bytes = b""
    list_key: bytes = b""


_NO_ENVELOPE = _Envelope()


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
        self._known, self._greeted = Known(), Bodies(limits)
        self._shown: Latest[bytes, frozenset[str]] = Latest(_HEADS)
        self._sums: Latest[tuple[bytes | tuple[Record, ...], ...], Count] = Latest(_SUMS)
        # Records hold hashes of this process and its forks: what another zygote's worker found is not for us.
        self._reading = repr((detector.version, limits, hash("records"))).encode()
        self._known_head = lru_cache(_HEADS)(self._head)
        self._known_addressee = lru_cache(_HEADS)(self._addressee)
        self._known_domain = lru_cache(_HEADS)(digester.domain)
        self._email = lru_cache(_HEADS)(digester.email)
        self._subject = lru_cache(_HEADS)(self._masked)
        self._body_key = lru_cache(_HEADS)(self._bodies)
        self._mailing_key = lru_cache(_HEADS)(self._named)

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
        about = [self._headers(mail)]
        if mail.problems:
            about.append(Found(problems=self._trouble(mail, letter)))
        people = self._count(leaves, found, about[0])
        inspection = self._inspection([*about, *found], people, self._envelope(mail))
        if told := candidates.told():
            inspection = replace(inspection, passwords=told.sealed, passwords_key=told.key)
        return Answer(inspection, tuple(work.fresh), tuple(work.loose))

    def file(self, name: str, data: bytes, *, beginning: bool = False) -> Inspection:
        """Inspect one file as if it were an attachment of that name. beginning: of long tables only the first rows."""
        candidates = Candidates(self._unlocking, Letter.plain(b""), "", ())
        budget = Budget(self._limits, len(data), self._tools, candidates.all)
        found = candidates.hear(self._open(Part((name,), data), budget, beginning=beginning))
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
        return _found([(info.path, evidence)], (), (info,), body_key, said=body.said)

    def _unread(self, leaf: _Leaf, unread: Unread, letter: Letter) -> Found:
        raw = leaf.raw
        key = self._digester.of("unread", letter.named(raw.raw))
        problem = Problem(raw.path, unread.kind, "the scan of this part did not finish", key)
        info = PartInfo(raw.path, raw.media_type, unread.size, raw.depth, key)
        named = [(raw.path, self._detector.file_name(raw.path, key))] if attached(raw.path) else []
        return _found(named, (problem,), (info,))

    def _decoded(self, raw: RawPart, budget: Budget, *, beginning: bool) -> Found:
        before = Cost.so_far(budget)
        part = decode(raw, budget)
        if isinstance(part, Problem):
            key = part.key or self._digester.of("leaf", raw.raw)
            info = PartInfo(raw.path, raw.media_type, len(raw.raw), raw.depth, key)
            found = _found([], (replace(part, key=key),), (info,))
        else:
            found = self._open(part, budget, beginning=beginning)
        # A part at which the budget ended costs nothing more; it is known again only if it was the first.
        return found if budget.gone else replace(found, cost=Cost.between(before, budget))

    def _open(self, part: Part, budget: Budget, *, beginning: bool = False) -> Found:
        problems, parts, found, bodies, uncounted = [], [], [], [], []
        said: list[Said] = []
        budget.secrets.taken()
        titled: set[PartPath] = set()
        characters: Counter[PartInfo] = Counter()
        rows: Counter[PartInfo] = Counter()
        blank: dict[bytes, bool] = {}  # by key: a file of two names has two lines
        for leaf in unpack(part, budget, lambda data: self._digester.of("leaf", data)):
            named = leaf.path if isinstance(leaf, PartInfo) else leaf.item.path
            if attached(named) and named not in titled:
                titled.add(named)
                found.append((named, self._detector.file_name(named, leaf.key)))
            if isinstance(leaf, PartInfo):
                parts.append(leaf)
                continue
            blank[leaf.key] = blank.get(leaf.key, True) and _says_nothing(leaf.item)
            if isinstance(leaf.item, Problem):
                problems.append(replace(leaf.item, key=leaf.key))
            else:
                evidence = self._detect(leaf.item, leaf.key, beginning=beginning)
                found.append((leaf.item.path, evidence))
                uncounted += [leaf.key] if evidence.unread else []
                if isinstance(leaf.item, Table):
                    rows[leaf.info] += leaf.item.length
                else:
                    characters[leaf.info] += len(leaf.item.text)
                    said += self._unlocking.said(leaf.item, leaf.info)
                if isinstance(leaf.item, Text) and not attached(leaf.item.path):
                    bodies.append(self._detector.skeleton(leaf.item.text))
        body_key = self._digester.of("body", "\f".join(bodies)) if bodies else b""
        read = [
            replace(
                info, characters=characters[info], rows=rows[info], blank=blank.get(info.key, False) and not info.passed
            )
            for info in parts
        ]
        opened = tuple((path, self._unlocking.digest(password)) for path, password in budget.secrets.taken())
        gave = _found(found, tuple(problems), tuple(read), body_key, tuple(uncounted))
        return replace(gave, said=tuple(said), opened=opened) if said or opened else gave

    def _detect(self, item: Text | Table, key: bytes, *, beginning: bool) -> Evidence:
        if beginning and isinstance(item, LongTable):
            evidence = self._detector.beginning(item, key)
            if evidence.findings:  # enough to hold; without any the rest decides
                return evidence
        return self._detector.table(item, key) if isinstance(item, Table) else self._detector.text(item, key)

    def _headers(self, mail: Mail) -> Found:
        """What people read in the header block, and what programs may have written there."""
        text = "\n\n".join([mail.subject, *(text for _, text in (*mail.other, *mail.within))])
        known = len(text) + sum(map(len, mail.senders)) <= _HEAD_CHARS
        return self._known_head(text, mail.senders) if known else self._head(text, mail.senders)

    def _head(self, text: str, senders: tuple[str, ...]) -> Found:
        path: PartPath = (HEADERS,)
        found = [(path, self._detector.text(Text(path, text), b""))]
        if senders:
            key = self._digester.of("senders", "\n".join(senders))
            found.append((SENDERS, self._detector.senders(senders, SENDERS, key)))
        return _found(found, (), ())

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

    def _inspection(self, found: Sequence[Found], people: Count, envelope: _Envelope = _NO_ENVELOPE) -> Inspection:
        bodies = b"".join([part.body_key for part in found])
        unread = sum([part.unread for part in found])
        return Inspection(
            findings=_all([part.findings for part in found]),
            problems=_all([part.problems for part in found]),
            persons=people.persons + unread,
            persons_exact=people.exact and not unread,
            households=people.households,
            people=_all([part.people for part in found]),
            crowded=_all([part.crowded for part in found]),
            parts=_all([part.parts for part in found]),
            subject=envelope.subject,
            subject_key=envelope.subject_key,
            body_key=self._body_key(bodies),
            addressees=envelope.addressees,
            authors=envelope.authors,
            from_domains=envelope.from_domains,
            ruleset=self._detector.version,
            persons_least=people.persons if unread and people.exact else 0,
            uncounted=_all([part.uncounted for part in found]) if unread else (),
            mailing_key=envelope.mailing_key,
            list_key=envelope.list_key,
        )

    def _envelope(self, mail: Mail) -> _Envelope:
        subject, key = self._subject(mail.subject) if len(mail.subject) <= _HEAD_CHARS else self._masked(mail.subject)
        shown = (*mail.reply_to, *mail.resent)
        return _Envelope(
            subject,
            key,
            (
                *[self._known_addressee(mailbox) for mailbox in (*mail.to, *mail.cc, *mail.bcc)],
                *[replace(self._known_addressee(mailbox), recipient=False) for mailbox in shown],
            ),
            tuple([self._email(address) for _, address in (*mail.from_, *mail.sender)]),
            tuple(dict.fromkeys([address.rpartition("@")[2].lower() for _, address in mail.from_])),
            self._mailing_key(mail.mailing) if mail.mailing else b"",
            self._mailing_key(mail.mailing_list) if mail.mailing_list else b"",
        )

    def _masked(self, subject: str) -> tuple[str, bytes]:
        masked, skeleton = self._detector.subject(subject)
        return masked, self._digester.of("subject", skeleton)

    def _named(self, mailing: str) -> bytes:
        return self._digester.of("mailing name", mailing)

    def _bodies(self, keys: bytes) -> bytes:
        return self._digester.of("body", keys)

    def _addressee(self, mailbox: tuple[str, str]) -> Addressee:
        name, address = mailbox
        person = self._detector.japanese_name(name)
        names = name_digests(self._digester, person) if person else ()
        if person and len(names) == 1:  # a surname no dictionary knows: the greeting may say any beginning of the name
            names += tuple(self._digester.name(person[:size]) for size in (2, 1, 3) if size < len(person))
        return Addressee(self._digester.email(address), self._known_domain(address.rpartition("@")[2]), names)


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


def _says_nothing(item: Text | Table | Problem) -> bool:
    return not (item.text.strip() if isinstance(item, Text) else isinstance(item, Problem) or item.length)


def _found(
    found: Sequence[tuple[PartPath, Evidence]],
    problems: tuple[Problem, ...],
    parts: tuple[PartInfo, ...],
    body_key: bytes = b"",
    uncounted: tuple[bytes, ...] = (),
    said: tuple[Said, ...] = (),
) -> Found:
    return Found(
        findings=_all([evidence.findings for _, evidence in found]),
        problems=tuple(replace(problem, listing=lists_people(problem.path)) for problem in problems),
        records=_all([evidence.records for _, evidence in found]),
        people=_all([evidence.people for _, evidence in found]),
        crowded=tuple([path for path, evidence in found if evidence.crowded]),
        parts=parts,
        body_key=body_key,
        rows=_all([evidence.rows for _, evidence in found]),
        unread=sum([evidence.unread for _, evidence in found]),
        uncounted=uncounted,
        said=said,
    )


def _all(tuples: Sequence[tuple[_T, ...]]) -> tuple[_T, ...]:
    """All of them in one."""
    filled = [items for items in tuples if items]
    return filled[0] if len(filled) == 1 else tuple(chain.from_iterable(filled))
