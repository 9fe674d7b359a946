"""Detection of Japanese personal data in text and tables.

In: Text or Table and the digest of its file. Out: `Evidence`: masked findings, records to count persons by, persons.
One detector per kind (`kinds.py`). Clear values go no further than this package.
"""

import re
from bisect import bisect_right
from collections.abc import Iterable, Sequence
from dataclasses import replace
from functools import lru_cache
from pathlib import Path

from mailguard.detect import kinds, long_tables, ruleset
from mailguard.detect.blocks import Grid, Line, grids_of, lines_of
from mailguard.detect.cells import tells
from mailguard.detect.columns import Reader
from mailguard.detect.distinct import Distinct
from mailguard.detect.evidence import Evidence
from mailguard.detect.fields import FIRST_ROWS, Fields
from mailguard.detect.folding import fold
from mailguard.detect.greeting import greets, literal_name
from mailguard.detect.groups import Hit
from mailguard.detect.layout import Layout
from mailguard.detect.mailing import RULE as GREETING
from mailguard.detect.mailing import Mailing, greeting, lone
from mailguard.detect.mask import mask
from mailguard.detect.memory import Memory
from mailguard.detect.organisation import names_organisation
from mailguard.detect.passages import Passage, cut, joined, opening
from mailguard.detect.people_files import lists_people, surer
from mailguard.detect.ruleset import Ruleset
from mailguard.detect.sender import is_data
from mailguard.detect.span import Span, moved
from mailguard.detect.special_care import about_somebody, names_somebody
from mailguard.detect.strays import Strays
from mailguard.detect.table import table_evidence
from mailguard.detect.text import TextReader
from mailguard.digest import Digester
from mailguard.model import FILE_NAME, Finding, Kind, LongTable, PartPath, Table, Text, attached

__all__ = ["Detector", "Evidence"]

_BLANK_LINES = re.compile(r"\n[ \t\r\u3000]*\n\s*")
MEMORY = 24 << 20  # bytes of what was met before, about: half for passages, a quarter for each other memory
SHORT = 1000  # characters of a text that is known as a whole: headers, and bodies that all mails of a mailing share
SURE_NAME = 0.8  # a family name alone in a file name may be a place or a product
_LINK = re.compile(r"(https?://[^/\s\"'<>]*)[^\s\"'<>]*")
_FIGURE = re.compile("[0-9]")
_TOGETHER = {frozenset({Kind.POSTAL_CODE, Kind.ADDRESS})}  # kinds that may share characters


class Detector:
    """All kinds together. Built once a process; what it remembers between calls only spares it the same work again."""

    def __init__(self, rules: Ruleset, digester: Digester, memory: int = MEMORY) -> None:
        self.version = rules.version
        self._digester = digester
        self._paragraphs: Memory[str, list[Span]] = Memory(memory // 4)
        self._passages: Memory[str, Passage] = Memory(memory // 2)
        self._texts: Memory[tuple[Text, bytes], Evidence] = Memory(memory // 4)
        self._mailings: Memory[tuple[PartPath, int, str], Mailing] = Memory(memory // 4)
        self._skeletons: Memory[str, str] = Memory(memory // 4)
        self._last: tuple[str, list[Passage]] = "", []
        self._subjects = lru_cache(256)(self._subject)
        detectors = kinds.build(rules)
        self._all, self._names = detectors.all, detectors.name
        self._care = detectors.care
        self._figureless = detectors.figureless
        self._stray = Strays(detectors.all, detectors.figureless, detectors.name)
        self._nameless = tuple(detector for detector in detectors.figureless if detector.kind is not Kind.NAME)
        names = detectors.name
        self._reader = Reader(
            header=rules.header_kind,
            cells={detector.kind: detector.cell for detector in detectors.all},
            family=names.family,
            given=names.given,
            labels=rules.headers.labels,
            read=names.reading,
            word=names.word,
        )
        self._fields = Fields(rules.header_kind, self._reader.cells, rules.headers.labels)

    @classmethod
    def build(cls, rules_dir: Path, digester: Digester) -> "Detector":
        """Read rules and dictionaries; raises ConfigError."""
        return cls(ruleset.load(rules_dir), digester)

    def table(self, table: Table, key: bytes) -> Evidence:
        """Columns by header and content; stray contacts in columns that mean nothing by themselves."""
        return _as_called(table.path, self._rows(table, key))

    def _rows(self, table: Table, key: bytes) -> Evidence:
        if isinstance(table, LongTable):
            first = self._reader.layout(table.rows[:FIRST_ROWS]).first
            return long_tables.whole(table, table.rows[:first], self._table, key)
        opening_rows = table.rows[:FIRST_ROWS]  # a form shows at once that it is one
        form = self._fields.in_rows(table.rows) if self._fields.in_rows(opening_rows) else None
        if form is None:
            return self._table(table, key)
        rest = [row for number, row in enumerate(table.rows) if number not in form.places]
        own, other = self._table(Table(table.path, form.rows), key), self._table(Table(table.path, rest), key)
        return _together([own, _apart(other, "表")])

    def beginning(self, table: LongTable, key: bytes) -> Evidence:
        """What the first rows of a long table say, and how many persons it may name at most."""
        return _as_called(table.path, long_tables.beginning(table, self._table, key))

    def _table(self, table: Table, key: bytes, distinct: Distinct | None = None, first: int | None = None) -> Evidence:
        if not table.rows:
            return Evidence()
        layout = about_somebody(self._reader.layout(table.rows, first))
        evidence = table_evidence(table, layout, self._digester, key, distinct=distinct)
        return replace(evidence, findings=(*evidence.findings, *self._strays(table, layout, key)))

    def text(self, text: Text, key: bytes) -> Evidence:
        """Names, contacts and numbers in running text, and lists pasted into it."""
        return _as_called(text.path, self._known_text(text, key))

    def _known_text(self, text: Text, key: bytes) -> Evidence:
        if len(text.text) > SHORT:
            return self._text(text, key)
        known = text, b"" if not attached(text.path) else key  # what a reader sees first has keys of its own
        evidence = self._texts.get(known)
        if evidence is None:
            evidence = self._texts.put(known, self._text(text, key), 4 * SHORT)
        return evidence

    def _text(self, text: Text, key: bytes) -> Evidence:
        start = 0 if attached(text.path) else opening(text.text)
        first = self._known_passage(text.text[:start]) if start else None
        hit = greeting(first) if first else None
        if first is None or hit is None:
            return self._passages_of(text, key)
        place = text.path, len(first.lines), text.text[start:]
        mailing = self._mailings.get(place)
        if mailing is not None:
            return mailing.to(hit, self._digester)
        evidence = self._passages_of(text, key)
        mailing = Mailing.of(evidence, hit, self._digester)
        if mailing is not None:
            held = len(evidence.findings) + len(evidence.records) + len(evidence.people)
            self._mailings.put(place, mailing, 500 + 4 * len(text.text) + 500 * held)
        return evidence

    def _passages_of(self, text: Text, key: bytes) -> Evidence:
        passages = self._read(text.text)
        if any(passage.grid for passage in passages) or sum(map(self._names_in, passages)) > 1:
            return self.whole_text(text, key)
        lines, hits = joined(passages)
        if not hits:
            return Evidence()
        whole = all(passage.telling or not passage.text.strip() for passage in passages)
        return TextReader(self._digester, text.path, key, body=not attached(text.path), whole=whole).evidence(
            lines, hits
        )

    def whole_text(self, text: Text, key: bytes) -> Evidence:
        """The same without passages, whatever the file is called: for texts with tables in them."""
        folded = fold(text.text).text
        lines = lines_of(folded)
        reader = TextReader(self._digester, text.path, key, body=not attached(text.path))
        tables, taken = self._grids(text, lines, reader)
        hits = [hit for hit in self._hits(folded, lines) if hit.line.number not in taken]
        return _together([*tables, reader.evidence(lines, hits)])

    def file_name(self, path: PartPath, key: bytes) -> Evidence:
        """Names and contacts in the name of a file or sheet: 履歴書_山田花子.pdf."""
        name = fold(path[-1]).text.rpartition(".")[0] or path[-1]
        text = re.sub(r"[_\-()\[\]]+", " ", name)
        [line] = lines_of(text)[:1]
        hits = [hit for hit in self._hits(text, [line]) if hit.span.confidence >= SURE_NAME]
        evidence = TextReader(self._digester, path, key, body=False).evidence([line], hits)
        return replace(
            evidence,
            findings=tuple(replace(f, where=FILE_NAME, blocks=(FILE_NAME,)) for f in evidence.findings),
            people=tuple(replace(person, block=FILE_NAME) for person in evidence.people),
        )

    def senders(self, lines: Sequence[str], path: PartPath, key: bytes) -> Evidence:
        """What the display names of senders say beside who sends, one in a line."""
        telling = []
        for line in lines:
            text = " ".join(fold(line).text.split())
            if is_data(self._hits(text, lines_of(text))):
                telling.append(text)
        text = "\n".join(telling)
        if not text:
            return Evidence()
        found = lines_of(text)
        evidence = TextReader(self._digester, path, key, body=False).evidence(found, self._hits(text, found))
        return replace(evidence, people=())  # nobody here is whom the mail is for, or wrongly for

    def personal_rows(self, rows: Sequence[list[str]]) -> tuple[int, list[int]]:
        """Where the data of a table begins, and which rows hold a value of a column that means something, or one by itself."""
        layout = about_somebody(self._reader.layout(rows))
        kinds = {column.index: column.kind for column in layout.columns}

        def personal(row: Sequence[str]) -> bool:
            meant = any(at in kinds and tells(kinds[at], fold(cell).text.strip()) for at, cell in enumerate(row))
            return meant or any(self.spans(cell) for cell in row if len(cell) > 1)

        return layout.first, [at for at in range(layout.first, len(rows)) if personal(rows[at])]

    def spans(self, text: str) -> list[tuple[str, int, int]]:
        """(kind, start, end) in code points of the original text, in order."""
        folded = fold(text)
        found = self._resolved(folded.text)
        return [(str(span.kind), *folded.original(span.start, span.end)) for span in found]

    def subject(self, subject: str) -> tuple[str, str]:
        """(masked for the page, skeleton in which digits and names are equal for a whole mailing)."""
        return self._subjects(subject) if len(subject) <= SHORT else self._subject(subject)

    def _subject(self, subject: str) -> tuple[str, str]:
        text = fold(subject).text
        masked, skeleton = list(text), ["0" if char.isdecimal() else char for char in text]
        for span in self._resolved(text):
            masked[span.start : span.end] = mask(span.kind, text[span.start : span.end])
            skeleton[span.start : span.end] = [""] * (span.end - span.start)
        return "".join(masked), " ".join("".join(skeleton).casefold().split())

    def skeleton(self, text: str) -> str:
        """A body without names, contacts and what links carry: equal for all messages of a mailing."""
        start = opening(text)
        if not start:
            return self._rest_of(text)
        rest = self._skeletons.get(text[start:])
        if rest is None:
            rest = self._skeletons.put(text[start:], self._rest_of(text[start:]), 300 + 8 * len(text))
        return " ".join(filter(None, (self._rest_of(text[:start]), rest)))

    def _rest_of(self, text: str) -> str:
        pieces = []
        for passage in self._read(text):
            if passage.skeleton is None:
                linked = "http" in passage.text
                passage.skeleton = self.whole_skeleton(passage.text) if linked else _without(passage.text, passage.hits)
            if passage.skeleton:
                pieces.append(passage.skeleton)
        return " ".join(pieces)

    def whole_skeleton(self, folded: str) -> str:
        """The same without passages, of a folded text."""
        folded = _LINK.sub(r"\1", folded)
        return _without(folded, self._hits(folded, lines_of(folded)))

    def japanese_name(self, display: str) -> str | None:
        """A display name of To, if it is a person's name in Japanese writing; without its honorific."""
        name = fold(display).text.strip().strip('"').removesuffix("様").strip()
        japanese = any("\u3041" <= char <= "\u9fff" for char in name)
        return name if japanese and self._names.cell(name) >= 0.5 else None

    def _read(self, text: str) -> list[Passage]:
        if self._last[0] is not text:  # a body is asked for its evidence, then for its skeleton
            self._last = text, [self._known_passage(piece) for piece in cut(text)]
        return self._last[1]

    def _known_passage(self, piece: str) -> Passage:
        return self._passages.get(piece) or self._passage(piece)

    def _passage(self, piece: str) -> Passage:
        folded = fold(piece).text
        lines = lines_of(folded)
        hits = self._hits(folded, lines)
        lines = lines if lines[-1].text or len(lines) == 1 else lines[:-1]
        passage = Passage(
            folded,
            lines,
            hits,
            telling=bool(hits) or any(names_organisation(line.text) for line in lines),
            grid=bool(grids_of(lines)),
            greets=any(hit.greeted for hit in hits),
        )
        return self._passages.put(piece, passage, 16 * len(piece) + 500 * (len(lines) + len(hits)))

    def _names_in(self, passage: Passage) -> int:
        if passage.names is None:
            passage.names = self._fields.names(passage.lines)
        return passage.names

    def _resolved(self, text: str) -> list[Span]:
        """Spans of all kinds in order. Bodies of one mailing differ by a greeting: a paragraph seen before is known."""
        spans: list[Span] = []
        start = 0
        for match in [*_BLANK_LINES.finditer(text), None]:
            end = match.start() if match else len(text)
            paragraph = text[start:end]
            found = self._paragraphs.get(paragraph)
            if found is None:
                found = self._paragraph(paragraph)
                self._paragraphs.put(paragraph, found, 300 + 4 * len(paragraph) + 200 * len(found))
            spans += [moved(span, start) for span in found] if start else found
            start = match.end() if match else end
        return spans

    def _paragraph(self, text: str) -> list[Span]:
        """Spans of all kinds, the surer and longer one first where two would share characters."""
        detectors = self._all if _FIGURE.search(text) else self._figureless
        spans = [span for detector in detectors for span in detector.find(text)]
        if len(spans) < 2:
            return spans
        spans.sort(key=lambda span: (-span.confidence, span.start - span.end, span.start))
        kept: list[Span] = []
        owner: dict[int, Kind] = {}
        for span in spans:
            others = {owner[position] for position in range(span.start, span.end) if position in owner}
            if all(frozenset({other, span.kind}) in _TOGETHER for other in others):
                kept.append(span)
                owner.update(dict.fromkeys(range(span.start, span.end), span.kind))
        return sorted(kept, key=lambda span: span.start)

    def _hits(self, text: str, lines: Sequence[Line]) -> list[Hit]:
        span = lone(lines)
        # Of 「X 様」 alone no other names count: only whether it is something else too must be looked up.
        if span and not any(True for detector in self._nameless for _ in detector.find(text)):
            return [Hit(span, text[span.start : span.end], lines[0], greeted=True)]
        return self._all_hits(text, lines)

    def _all_hits(self, text: str, lines: Sequence[Line]) -> list[Hit]:
        starts = [line.start for line in lines]
        hits = []
        for span in self._resolved(text):
            line = lines[bisect_right(starts, span.start) - 1]
            greeted = span.kind is Kind.NAME and greets(line, span.end)
            hits.append(Hit(span, text[span.start : span.end], line, greeted))
        literal = {line.number: stretch for line in lines if (stretch := literal_name(line))}
        # 「南 麗子 様」 alone in a line names her, whatever part of it the dictionaries know.
        hits = [hit for hit in hits if hit.span.kind is not Kind.NAME or hit.line.number not in literal]
        for line in lines:
            if line.number in literal:
                span = Span(Kind.NAME, *literal[line.number], GREETING, 0.85)
                hits.append(Hit(span, text[span.start : span.end], line, greeted=True))
        return sorted(hits, key=lambda hit: hit.span.start)

    def _grids(self, text: Text, lines: Sequence[Line], reader: TextReader) -> tuple[list[Evidence], set[int]]:
        """Evidence of the tables inside a text, and the numbers of the lines they take."""
        found: list[Evidence] = []
        taken: set[int] = set()
        for look in (self._fields.grids_of, grids_of):
            for grid in look([line for line in lines if line.number not in taken]):
                evidence = self._grid(text, grid, reader, lines)
                kinds_found = {finding.kind for finding in evidence.findings}
                if len(kinds_found) >= 2 and (Kind.NAME in kinds_found or not grid.loose):
                    found.append(evidence)
                    taken |= {line.number for line in grid.lines}
        return found, taken

    def _grid(self, text: Text, grid: Grid, reader: TextReader, lines: Sequence[Line]) -> Evidence:
        key = reader.key_of(lines, *grid.lines)
        return _apart(self._rows(Table(text.path, grid.rows), key), str(grid.lines[0].number))

    def _strays(self, table: Table, layout: Layout, key: bytes) -> Iterable[Finding]:
        """Contacts and numbers inside remarks and the like; names only with an honorific behind them."""
        find = self._care.phrases if names_somebody(layout) else _nothing
        for index, cells in layout.free:
            header = self._reader.header(layout.title(index))
            for found in self._stray.values(cells, find, code=header is not None and header.code):
                yield found.finding(self._digester, table.path, f"列 {layout.title(index)}", key)


def _as_called(path: PartPath, evidence: Evidence) -> Evidence:
    """The same, surer where the file or sheet is called a list of people."""
    if evidence.findings and attached(path) and lists_people(path):
        return replace(evidence, findings=surer(evidence.findings))
    return evidence


def _nothing(text: str) -> Iterable[Span]:
    del text
    return ()


def _together(parts: Sequence[Evidence]) -> Evidence:
    return Evidence(
        findings=tuple(finding for part in parts for finding in part.findings),
        records=tuple(record for part in parts for record in part.records),
        people=tuple(person for part in parts for person in part.people),
        crowded=any(part.crowded for part in parts),
        rows=tuple(rows for part in parts for rows in part.rows),
        unread=sum(part.unread for part in parts),
    )


def _apart(evidence: Evidence, where: str) -> Evidence:
    """With blocks that no other part of the same file has."""
    if not evidence.findings:
        return evidence
    return replace(
        evidence,
        findings=tuple(replace(f, blocks=tuple(f"{where} {block}" for block in f.blocks)) for f in evidence.findings),
        people=tuple(replace(person, block=f"{where} {person.block}") for person in evidence.people),
    )


def _without(folded: str, hits: Sequence[Hit]) -> str:
    """What is left of a text without its hits, its spaces made one."""
    pieces, end = [], 0
    for hit in hits:
        pieces.append(folded[end : hit.span.start])
        end = max(end, hit.span.end)
    return " ".join("".join([*pieces, folded[end:]]).split())
