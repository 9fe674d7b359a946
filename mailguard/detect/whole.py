"""Detection of Japanese personal data in text and tables.

In: Text or Table and the digest of its file. Out: `Evidence`: masked findings, records to count persons by, persons.
One detector per kind (`kinds.py`). Clear values go no further than this package.
"""

import re
from collections.abc import Iterable, Sequence
from dataclasses import replace
from pathlib import Path

from mailguard.detect import kinds, long_tables, ruleset
from mailguard.detect.blocks import Grid, Line, beside, grids_of, lines_of
from mailguard.detect.cells import tells
from mailguard.detect.columns import Reader
from mailguard.detect.distinct import Distinct
from mailguard.detect.evidence import Evidence, apart, together
from mailguard.detect.fields import FIRST_ROWS, Fields
from mailguard.detect.finder import Finder
from mailguard.detect.folding import fold
from mailguard.detect.known_passages import KnownPassages
from mailguard.detect.layout import Layout
from mailguard.detect.mailing import Mailing, greeting
from mailguard.detect.memory import Memory
from mailguard.detect.mixed_cells import as_text, has_contact, names_persons, tells_persons
from mailguard.detect.passages import Passage, joined, opening
from mailguard.detect.people_files import lists_people, surer
from mailguard.detect.ruleset import Ruleset
from mailguard.detect.sender import is_data
from mailguard.detect.skeletons import Skeletons
from mailguard.detect.span import Span
from mailguard.detect.special_care import about_somebody, names_somebody
from mailguard.detect.strays import Strays
from mailguard.detect.table import table_evidence
from mailguard.detect.text import TextReader
from mailguard.digest import Digester
from mailguard.model import FILE_NAME, Kind, LongTable, PartPath, Table, Text, attached

__all__ = ["Detector", "Evidence"]

MEMORY = 24 << 20  # bytes of what was met before, about: half for passages, a quarter for each other memory
SHORT = 1000  # characters of a text that is known as a whole: headers, and bodies that all mails of a mailing share
SURE_NAME = 0.8  # a family name alone in a file name may be a place or a product


class Detector:
    """All kinds together. Built once a process; what it remembers between calls only spares it the same work again."""

    def __init__(self, rules: Ruleset, digester: Digester, memory: int = MEMORY) -> None:
        self.version = rules.version
        self._digester = digester
        detectors = kinds.build(rules)
        self._names, self._care = detectors.name, detectors.care
        self._finder = Finder(detectors, memory // 4)
        self._known = KnownPassages(self._finder, memory // 2)
        self._skeletons = Skeletons(self._finder, self._known, memory // 4)
        self._texts: Memory[tuple[Text, bytes], Evidence] = Memory(memory // 4)
        self._mailings: Memory[tuple[PartPath, int, str], Mailing] = Memory(memory // 4)
        self._stray = Strays(detectors.all, detectors.figureless, detectors.name)
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
        return together([own, apart(other, "表")])

    def beginning(self, table: LongTable, key: bytes) -> Evidence:
        """What the first rows of a long table say, and how many persons it may name at most."""
        return _as_called(table.path, long_tables.beginning(table, self._table, key))

    def _table(self, table: Table, key: bytes, distinct: Distinct | None = None, first: int | None = None) -> Evidence:
        if not table.rows:
            return Evidence()
        layout = about_somebody(self._reader.layout(table.rows, first))
        evidence = table_evidence(table, layout, self._digester, key, distinct=distinct)
        above = self._above(table, layout.first, key) if first is None else ()
        return together([evidence, *above, *self._strays(table, layout, key, opening=first is None)])

    def _above(self, table: Table, first: int, key: bytes) -> Iterable[Evidence]:
        """What stands above the data beside titles: 作成: 佐藤花子 090-1234-5678."""
        lines = [" ".join(filter(None, row)) for row in table.rows[:first]]
        text = fold("\n".join(lines)).text if any(map(has_contact, lines)) else ""
        if text and {span.kind for span in self._finder.spans(text)} & {Kind.PHONE, Kind.EMAIL}:
            yield apart(self._mixed(table, text, "表の上", key), "表の上")

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
        first = self._known.one(text.text[:start]) if start else None
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
        if attached(text.path):
            folded = fold(text.text).text
            lines = lines_of(folded)
            grids = grids_of(lines)
            if grids or self._fields.names(lines) > 1:  # no passage is read that is read again as part of the whole
                return self._whole(text, key, folded, lines, grids)
        passages = self._known.of(text.text)
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
        return self._whole(text, key, folded, lines, grids_of(lines))

    def _whole(self, text: Text, key: bytes, folded: str, lines: Sequence[Line], grids: Sequence[Grid]) -> Evidence:
        reader = TextReader(self._digester, text.path, key, body=not attached(text.path))
        tables, taken = self._grids(text, lines, reader, grids)
        hits = [hit for hit in self._finder.hits(beside(folded, lines, taken), lines) if hit.line.number not in taken]
        return together([*tables, reader.evidence(lines, hits)])

    def file_name(self, path: PartPath, key: bytes) -> Evidence:
        """Names and contacts in the name of a file or sheet: 履歴書_山田花子.pdf."""
        name = fold(path[-1]).text.rpartition(".")[0] or path[-1]
        text = re.sub(r"[_\-()\[\]]+", " ", name)
        [line] = lines_of(text)[:1]
        hits = [hit for hit in self._finder.hits(text, [line]) if hit.span.confidence >= SURE_NAME]
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
            if is_data(self._finder.hits(text, lines_of(text))):
                telling.append(text)
        text = "\n".join(telling)
        if not text:
            return Evidence()
        found = lines_of(text)
        evidence = TextReader(self._digester, path, key, body=False).evidence(found, self._finder.hits(text, found))
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
        found = self._finder.spans(folded.text)
        return [(str(span.kind), *folded.original(span.start, span.end)) for span in found]

    def subject(self, subject: str) -> tuple[str, str]:
        """(masked for the page, skeleton in which digits and names are equal for a whole mailing)."""
        return self._skeletons.subject(subject)

    def skeleton(self, text: str) -> str:
        """A body without names, contacts and what links carry: equal for all messages of a mailing."""
        return self._skeletons.body(text)

    def japanese_name(self, display: str) -> str | None:
        """A display name of To, if it is a person's name in Japanese writing; without its honorific."""
        name = fold(display).text.strip().strip('"').removesuffix("様").strip()
        japanese = any("\u3041" <= char <= "\u9fff" for char in name)
        return name if japanese and self._names.cell(name) >= 0.5 else None

    def _names_in(self, passage: Passage) -> int:
        if passage.names is None:
            passage.names = self._fields.names(passage.lines)
        return passage.names

    def _grids(
        self, text: Text, lines: Sequence[Line], reader: TextReader, grids: Sequence[Grid]
    ) -> tuple[list[Evidence], set[int]]:
        """Evidence of the tables inside a text, and the numbers of the lines they take. grids: those that are no forms."""
        found: list[Evidence] = []
        taken: set[int] = set()

        def read(grid: Grid) -> None:
            evidence = self._grid(text, grid, reader, lines)
            kinds_found = {finding.kind for finding in evidence.findings}
            if len(kinds_found) >= 2 and (Kind.NAME in kinds_found or not grid.loose):
                found.append(evidence)
                taken.update(line.number for line in grid.lines)

        for form in self._fields.grids_of(lines):
            read(form)
        for grid in grids_of([line for line in lines if line.number not in taken]) if taken else grids:
            read(grid)
        return found, taken

    def _grid(self, text: Text, grid: Grid, reader: TextReader, lines: Sequence[Line]) -> Evidence:
        key = reader.key_of(lines, *grid.lines)
        return apart(self._rows(Table(text.path, grid.rows), key), str(grid.lines[0].number))

    def _strays(self, table: Table, layout: Layout, key: bytes, *, opening: bool) -> Iterable[Evidence]:
        """Contacts and numbers inside remarks and the like; names only with an honorific behind them, or where most cells name somebody.

        opening: no later batch of a long table, whose cells are not asked for names again.
        """
        find = self._care.phrases if names_somebody(layout) else _nothing
        for index, cells in layout.free:
            where = f"列 {layout.title(index)}"
            header = self._reader.header(layout.title(index))
            found = list(self._stray.values(cells, find, code=header is not None and header.code))
            if not layout.columns and (
                tells_persons(found, cells) or (opening and not found and names_persons(self._finder.spans, cells))
            ):
                yield apart(self._mixed(table, as_text(cells), where, key), where)
            elif found:
                yield Evidence(tuple(values.finding(self._digester, table.path, where, key) for values in found))

    def _mixed(self, table: Table, text: str, where: str, key: bytes) -> Evidence:
        lines = lines_of(text)
        reader = TextReader(self._digester, table.path, key, body=False)
        evidence = reader.evidence(lines, self._finder.hits(text, lines))
        return replace(evidence, findings=tuple(replace(finding, where=where) for finding in evidence.findings))


def _as_called(path: PartPath, evidence: Evidence) -> Evidence:
    """The same, surer where the file or sheet is called a list of people."""
    if evidence.findings and attached(path) and lists_people(path):
        return replace(evidence, findings=surer(evidence.findings))
    return evidence


def _nothing(text: str) -> Iterable[Span]:
    del text
    return ()
