"""Names that a label in front or an honorific behind a blank tells: 氏名:比嘉里桜, 契約者 祁答院 宏 様. Morphology alone misses one in seven.

In: folded text. Out: spans of names without honorific. What is labelled must still look like a name: 氏名:記入してください is none.
"""

from collections.abc import Callable, Iterable, Iterator

import regex

from mailguard.detect.person_dictionary import PersonDictionary
from mailguard.detect.span import Span, Taken
from mailguard.model import Kind

_LETTERS = r"\p{Han}\p{Hiragana}\p{Katakana}々ヶー"
_MARK = regex.compile(r"[:=】\]\t]")
_VALUE = regex.compile(
    rf"[ \t]{{0,4}}+(?P<name>(?:[{_LETTERS}・]{{1,14}}+(?: [{_LETTERS}・]{{1,14}}+)?+)|[A-Z][A-Za-z'-]{{0,18}}+,? [A-Z][A-Za-z'-]{{0,18}}+)"
)
_POLITE = regex.compile(r"(?<=[者員人主徒童生])[様名]$")  # 契約者様, 会員名
_PAREN = regex.compile(r" ?\([^()\n]{1,10}\)$")
_HONORIFIC = regex.compile(r"(?<=..) ?(?:様|さま|さん|殿|氏|先生)$")
_CALLED = regex.compile(rf"[ \t](?:様|殿|さま|さん|氏|先生)(?![{_LETTERS}])|[ \t](?:様|殿|さま)(?=[\p{{Hiragana}}])")
_BEFORE = regex.compile(
    rf"(?<![{_LETTERS}・])(?P<first>[{_LETTERS}・]{{1,9}}+) (?P<second>[{_LETTERS}]{{1,8}}+)$|(?<![{_LETTERS}・])(?P<only>[{_LETTERS}・]{{2,12}}+)$"
    r"|(?<![A-Za-z@.'-])(?P<latin>[A-Z][A-Za-z'-]{1,18}+,? [A-Z][A-Za-z'-]{1,18}+)$"
)
_FAMILY = regex.compile(r"[\p{Han}々]{1,4}|[\p{Katakana}ー]{2,7}")  # as unknown ones are written
_REACH = 24  # characters before a mark or an honorific that are looked at
_LOOKS, _SURE = 0.5, 0.9


class LabelledNames:
    """roles: what stands in front (氏名, 契約者); cell: how sure a stretch is a name by itself."""

    def __init__(self, roles: Iterable[str], persons: PersonDictionary, cell: Callable[[str], float]) -> None:
        self._roles = tuple(sorted(roles, key=len, reverse=True))
        self._persons, self._cell = persons, cell

    def find(self, text: str) -> Iterator[Span]:
        """Spans, labelled ones first."""
        labelled = [
            span
            for mark in _MARK.finditer(text)
            if self._label(text[max(0, mark.start() - _REACH) : mark.start()])
            for span in self._labelled(text, mark.end())
        ]
        yield from labelled
        called = (span for mark in _CALLED.finditer(text) for span in self._called(text, mark.start()))
        yield from filter(Taken(labelled).free, called)

    def _label(self, before: str) -> bool:
        """Whether a label ends a text. One of a single character stands alone: 父, and no 公演."""
        before = _POLITE.sub("", _PAREN.sub("", before.rstrip(" \t")))
        if not before.endswith(self._roles):  # most marks
            return False
        role = next(role for role in self._roles if before.endswith(role))
        return len(role) > 1 or not before.removesuffix(role)[-1:].isalpha()

    def _labelled(self, text: str, start: int) -> Iterator[Span]:
        match = _VALUE.match(text, start)
        if match is None:
            return
        whole = _HONORIFIC.sub("", match["name"])
        for name in dict.fromkeys((whole, whole.partition(" ")[0])):
            if self._cell(name) >= _LOOKS:
                yield Span(Kind.NAME, match.start("name"), match.start("name") + len(name), "name.labelled", _SURE)
                return

    def _called(self, text: str, end: int) -> Iterator[Span]:
        match = _BEFORE.search(text, max(0, end - _REACH), end)
        if match is None:
            return
        first, last = match["first"] or "", match["second"] or match["only"] or match["latin"]
        whole = f"{first} {last}"
        greeted = text.startswith(("様", "殿", "さま"), end + 1)
        family = self._persons.is_family(first) or _FAMILY.fullmatch(first) is not None
        if first and family and self._cell(whole) >= _LOOKS:
            yield Span(Kind.NAME, end - len(whole), end, "name.labelled", _SURE, greeted)
        elif len(last) > 2 and self._cell(last) >= _LOOKS:
            yield Span(Kind.NAME, end - len(last), end, "name.labelled", _SURE, greeted)
