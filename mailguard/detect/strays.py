"""Contacts and numbers inside remarks and the like, in columns that mean nothing by themselves; names only with an honorific.

In: a column's cells. Out: `Values` by kind. Each distinct cell is read once, and counted as often as it stands.
"""

import re
from bisect import bisect_right
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import accumulate

from mailguard.detect.categorical import Categorical
from mailguard.detect.detector import Detector
from mailguard.detect.evidence import Values
from mailguard.detect.long_text import stretches
from mailguard.detect.patterns import AFTER, BEFORE
from mailguard.detect.span import Span, moved
from mailguard.model import Kind

_HONORIFIC = re.compile(" ?(?:様|さま|さん|氏|殿)")
# 仕様 and 模様 behind kana or marks honour nobody.
_HONOURED = re.compile("[様さ氏殿](?:(?<=様)(?<![^々一-龥][仕模]様)|(?<=さ)[まん]|(?<=[氏殿]))")
_SEVERAL = 3  # names with an honorific; one alone may be a product's
_APART = {Kind.NAME, Kind.NAME_KANA, Kind.SPECIAL_CARE}
_NUMBERED = {Kind.PHONE, Kind.POSTAL_CODE}  # what serial numbers and permits look like
_FIGURE = re.compile("[0-9]")


class Strays:
    """figureless: those of `all` that may find something where no figure is; names: the detector of names."""

    def __init__(self, every: Sequence[Detector], figureless: Sequence[Detector], names: Detector) -> None:
        self._all = [detector for detector in every if detector.kind not in _APART]
        self._figureless = [detector for detector in figureless if detector.kind not in _APART]
        self._names = names

    def values(
        self, cells: Categorical, also: Callable[[str], Iterable[Span]], *, code: bool = False
    ) -> Iterable[Values]:
        """What stands in a column, by kind; `also` finds more in the same text. code: its header says that things are numbered."""
        met = [value for value in cells.values if value]
        empty = cells.values.index("") if len(met) < len(cells.values) else len(met)
        text = "\n".join(met)
        contacts = (span for span in self._contacts(text) if not (code and span.kind in _NUMBERED))
        spans = [*contacts, *self._honoured(text), *also(text)]
        starts = list(accumulate((len(value) + 1 for value in met), initial=0)) if spans else []
        values: dict[Kind, Values] = {}
        found: dict[Kind, dict[int, list[str]]] = defaultdict(lambda: defaultdict(list))
        for span in spans:
            values.setdefault(span.kind, Values(span.kind, span.rule, span.confidence))
            place = bisect_right(starts, span.start) - 1
            found[span.kind][place + (place >= empty)].append(text[span.start : span.end])
        for kind, of_kind in found.items():
            rows = cells.rows([code in of_kind for code in range(len(cells.values))])
            values[kind].clear = [value for code in cells.codes[rows].tolist() for value in of_kind[code]]
        return [kept for kept in values.values() if kept.clear]

    def _honoured(self, text: str) -> list[Span]:
        """Names in remarks (「山田 花子様より入電」), when there are several."""
        found = []
        for start, end in stretches(_HONOURED, text, BEFORE, AFTER):
            spans = self._names.find(text[start:end])
            found += [moved(span, start) for span in spans if _HONORIFIC.match(text, start + span.end)]
        return found if len({text[span.start : span.end] for span in found}) >= _SEVERAL else []

    def _contacts(self, text: str) -> Iterator[Span]:
        """Toll-free numbers are an organisation's."""
        for detector in self._all if _FIGURE.search(text) else self._figureless:
            yield from (span for span in detector.find(text) if not span.rule.endswith("toll_free"))
