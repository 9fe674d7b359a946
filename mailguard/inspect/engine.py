"""One message from bytes to Inspection, inside the scanner worker: split, look up, unpack, detect, count.

Each top-level part is known by its scan key, a digest of everything that changes its reading: a part seen before is
neither decoded nor unpacked nor scanned again. What could not be finished (encrypted, damaged on the way) is not kept.
"""

from collections import OrderedDict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from mailguard.detect import Detector
from mailguard.detect.evidence import Evidence, name_digests
from mailguard.detect.persons import Record, count
from mailguard.digest import Digester
from mailguard.model import (
    HEADERS,
    Addressee,
    Finding,
    Inspection,
    Part,
    PartInfo,
    PartPath,
    Person,
    Problem,
    ProblemKind,
    Table,
    Text,
    attached,
)
from mailguard.unpack import Budget, Limits, Mail, RawPart, decode, split, unpack

CACHED_PARTS = 256  # parts of one worker's memory
CACHED_RECORDS = 20_000  # a part with more rows than this is read again rather than kept
_PASSING = {ProblemKind.ENCRYPTED, ProblemKind.TIMED_OUT, ProblemKind.CRASHED}


@dataclass(frozen=True, slots=True)
class Piece:
    """What one top-level part gave."""

    findings: tuple[Finding, ...] = ()
    problems: tuple[Problem, ...] = ()
    records: tuple[Record, ...] = ()
    people: tuple[Person, ...] = ()
    crowded: tuple[PartPath, ...] = ()
    parts: tuple[PartInfo, ...] = ()
    body_key: bytes = b""


class Engine:
    """Inspects messages, files and lines of text. One per worker; not for threads."""

    def __init__(self, detector: Detector, digester: Digester, limits: Limits) -> None:
        self._detector, self._digester, self._limits = detector, digester, limits
        self._seen: OrderedDict[bytes, Piece] = OrderedDict()
        self._reading = repr((detector.version, limits)).encode()

    def mail(self, content: bytes) -> Inspection:
        """Inspect one mail, headers and body."""
        budget = Budget(self._limits, len(content))
        mail = split(content, self._limits)
        trouble = tuple(
            replace(problem, key=problem.key or self._digester.of("content", content)) for problem in mail.problems
        )
        pieces = [self._headers(mail), Piece(problems=trouble), *(self._part(raw, budget) for raw in mail.parts)]
        return self._envelope(mail, self._sum(pieces))

    def file(self, name: str, data: bytes) -> Inspection:
        """Inspect one file as if it were an attachment of that name."""
        budget = Budget(self._limits, len(data))
        return self._sum([self._open(Part((name,), data), budget)])

    def _part(self, raw: RawPart, budget: Budget) -> Piece:
        scan_key = self._digester.of("scan", self._reading + raw.fingerprint())
        if known := self._seen.get(scan_key):
            self._seen.move_to_end(scan_key)
            return known
        part = decode(raw, budget)
        if isinstance(part, Problem):
            key = part.key or self._digester.of("leaf", raw.raw)
            info = PartInfo(raw.path, raw.media_type, len(raw.raw), raw.depth, key)
            return Piece(problems=(replace(part, key=key),), parts=(info,))
        piece = self._open(part, budget)
        if len(piece.records) <= CACHED_RECORDS and not any(problem.kind in _PASSING for problem in piece.problems):
            self._seen[scan_key] = piece
            if len(self._seen) > CACHED_PARTS:
                self._seen.popitem(last=False)
        return piece

    def _open(self, part: Part, budget: Budget) -> Piece:
        problems, parts, found, bodies = [], [], [], []
        titled: set[PartPath] = set()
        for leaf in unpack(part, budget, lambda data: self._digester.of("leaf", data)):
            named = leaf.path if isinstance(leaf, PartInfo) else leaf.item.path
            if attached(named) and named not in titled:
                titled.add(named)
                found.append((named, self._detector.file_name(named, leaf.key)))
            if isinstance(leaf, PartInfo):
                parts.append(leaf)
            elif isinstance(leaf.item, Problem):
                problems.append(replace(leaf.item, key=leaf.key))
            else:
                found.append((leaf.item.path, self._detect(leaf.item, leaf.key)))
                if isinstance(leaf.item, Text) and not attached(leaf.item.path):
                    bodies.append(self._detector.skeleton(leaf.item.text))
        body_key = self._digester.of("body", "\f".join(bodies)) if bodies else b""
        return replace(_piece(found, tuple(problems), tuple(parts)), body_key=body_key)

    def _detect(self, item: Text | Table, key: bytes) -> Evidence:
        return self._detector.table(item, key) if isinstance(item, Table) else self._detector.text(item, key)

    def _headers(self, mail: Mail) -> Piece:
        """What people read in the header block, and what programs may have written there."""
        path = (HEADERS,)
        texts = [mail.subject, *(text for _, text in mail.other)]
        return _piece([(path, self._detector.text(Text(path, "\n\n".join(texts)), b""))], (), ())

    def _sum(self, pieces: Sequence[Piece]) -> Inspection:
        people = count([record for piece in pieces for record in piece.records])
        return Inspection(
            findings=tuple(finding for piece in pieces for finding in piece.findings),
            problems=tuple(problem for piece in pieces for problem in piece.problems),
            persons=people.persons,
            persons_exact=people.exact,
            households=people.households,
            people=tuple(person for piece in pieces for person in piece.people),
            crowded=tuple(path for piece in pieces for path in piece.crowded),
            parts=tuple(part for piece in pieces for part in piece.parts),
            body_key=self._digester.of("body", b"".join(piece.body_key for piece in pieces)),
            ruleset=self._detector.version,
        )

    def _envelope(self, mail: Mail, inspection: Inspection) -> Inspection:
        subject, skeleton = self._detector.subject(mail.subject)
        return replace(
            inspection,
            subject=subject,
            subject_key=self._digester.of("subject", skeleton),
            addressees=(
                *(self._addressee(mailbox) for mailbox in (*mail.to, *mail.cc, *mail.bcc)),
                *(replace(self._addressee(mailbox), recipient=False) for mailbox in (*mail.reply_to, *mail.resent)),
            ),
            authors=tuple(self._digester.email(address) for _, address in (*mail.from_, *mail.sender)),
            from_domains=tuple(dict.fromkeys(address.rpartition("@")[2].lower() for _, address in mail.from_)),
        )

    def _addressee(self, mailbox: tuple[str, str]) -> Addressee:
        name, address = mailbox
        person = self._detector.japanese_name(name)
        names = name_digests(self._digester, person) if person else ()
        return Addressee(self._digester.email(address), self._digester.domain(address.rpartition("@")[2]), names)

    def spans(self, texts: Iterable[str]) -> list[list[tuple[str, int, int]]]:
        """(kind, start, end) for each text, offsets in code points of the original."""
        return [self._detector.spans(text) for text in texts]


def _piece(
    found: Sequence[tuple[PartPath, Evidence]], problems: tuple[Problem, ...], parts: tuple[PartInfo, ...]
) -> Piece:
    return Piece(
        findings=tuple(finding for _, evidence in found for finding in evidence.findings),
        problems=problems,
        records=tuple(record for _, evidence in found for record in evidence.records),
        people=tuple(person for _, evidence in found for person in evidence.people),
        crowded=tuple(path for path, evidence in found if evidence.crowded),
        parts=parts,
    )
