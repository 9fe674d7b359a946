"""One part, opened to its leaves, each given to the detector: what it holds, and what it says of itself.

In: a decoded part and the budget of its mail. Out: a `Found`. Nothing is known again here; that is the engine's.
"""

from collections import Counter
from dataclasses import replace

from mailguard.detect.evidence import Evidence
from mailguard.detect.whole import Detector
from mailguard.digest import Digester
from mailguard.inspect.known import Found
from mailguard.inspect.sealing import Said
from mailguard.inspect.unlocking import Unlocking
from mailguard.model import LongTable, Part, PartInfo, PartPath, Problem, Table, Text, attached
from mailguard.unpack.budget import Budget
from mailguard.unpack.opening import Leaf, unpack


class Reader:
    """Of one worker."""

    def __init__(self, detector: Detector, digester: Digester, unlocking: Unlocking) -> None:
        self._detector, self._digester, self._unlocking = detector, digester, unlocking

    def read(self, part: Part, budget: Budget, *, beginning: bool = False) -> Found:
        """What it holds. beginning: of long tables only the first rows, where these have findings."""
        budget.secrets.taken()
        tally = _Tally()
        for leaf in unpack(part, budget, lambda data: self._digester.of("leaf", data)):
            named = leaf.path if isinstance(leaf, PartInfo) else leaf.item.path
            if tally.names(named):
                tally.evidence.append((named, self._detector.file_name(named, leaf.key)))
            if isinstance(leaf, PartInfo):
                tally.parts.append(leaf)
                continue
            tally.met(leaf)
            if not isinstance(leaf.item, Problem):
                self._detected(leaf.item, leaf, tally, beginning=beginning)
        opened = tuple((path, self._unlocking.digest(password)) for path, password in budget.secrets.taken())
        return Found.of(
            tally.evidence,
            tally.problems,
            tally.measured(),
            body_key=self._digester.of("body", "\f".join(tally.bodies)) if tally.bodies else b"",
            uncounted=tuple(tally.uncounted),
            said=tuple(tally.said),
            opened=opened,
        )

    def _detected(self, item: Text | Table, leaf: Leaf, tally: "_Tally", *, beginning: bool) -> None:
        evidence = self._evidence(item, leaf.key, beginning=beginning)
        tally.evidence.append((item.path, evidence))
        if evidence.unread:
            tally.uncounted.append(leaf.key)
        if isinstance(item, Text):
            tally.said += self._unlocking.said(item, leaf.info)
            if not attached(item.path):
                tally.bodies.append(self._detector.skeleton(item.text))

    def _evidence(self, item: Text | Table, key: bytes, *, beginning: bool) -> Evidence:
        if beginning and isinstance(item, LongTable):
            evidence = self._detector.beginning(item, key)
            if evidence.findings:  # enough to hold; without any the rest decides
                return evidence
        return self._detector.table(item, key) if isinstance(item, Table) else self._detector.text(item, key)


class _Tally:
    """What was met in one part."""

    def __init__(self) -> None:
        self.parts: list[PartInfo] = []
        self.problems: list[Problem] = []
        self.evidence: list[tuple[PartPath, Evidence]] = []
        self.bodies: list[str] = []
        self.uncounted: list[bytes] = []
        self.said: list[Said] = []
        self._named: set[PartPath] = set()
        self._characters: Counter[PartInfo] = Counter()
        self._rows: Counter[PartInfo] = Counter()
        self._blank: dict[bytes, bool] = {}  # by key: a file of two names has two lines

    def names(self, path: PartPath) -> bool:
        """Whether a file is met here for the first time."""
        first = attached(path) and path not in self._named
        self._named.add(path)
        return first

    def met(self, leaf: Leaf) -> None:
        """Count one leaf."""
        item = leaf.item
        if isinstance(item, Problem):
            self.problems.append(replace(item, key=leaf.key))
            says = True
        elif isinstance(item, Table):
            self._rows[leaf.info] += item.length
            says = item.length > 0
        else:
            self._characters[leaf.info] += len(item.text)
            says = bool(item.text.strip())
        self._blank[leaf.key] = self._blank.get(leaf.key, True) and not says

    def measured(self) -> tuple[PartInfo, ...]:
        """The parts, with how much of each was read."""
        return tuple([self._measure(info) for info in self.parts])

    def _measure(self, info: PartInfo) -> PartInfo:
        blank = self._blank.get(info.key, False) and not info.passed
        return replace(info, characters=self._characters[info], rows=self._rows[info], blank=blank)
