"""Persons and contacts of a table row by row: the persons one by one, and the records of a table of few rows.

In: a Layout. Out: `Record` and `Person`. `table_arrays` reads the same from long tables, column by column.
"""

from collections.abc import Iterator

from mailguard.detect.cells import house, several, tells, tie_form
from mailguard.detect.evidence import contacts, name_digests
from mailguard.detect.named import Named, names_of, spelt
from mailguard.detect.organisation import shared_mailbox
from mailguard.detect.personal import Personal
from mailguard.detect.persons import Record, aligned, hashes
from mailguard.digest import Digester
from mailguard.model import Kind, PartPath, Person


class TableRows:
    """Reads persons and contacts row by row from decided columns."""

    def __init__(self, personal: Personal) -> None:
        self._of = personal

    def names(self, row: int) -> list["Named"]:
        """The persons named in a row, each once."""
        found: dict[str, Named] = {}
        for group in self._of.groups:
            for named in names_of(group, row):
                found.setdefault(named.form, named)
        return list(found.values())

    def staff(self) -> dict[str, int]:
        """Those who serve many rows, once a name, with the first row that names them."""
        found: dict[str, int] = {}
        for group in self._of.staff:
            for row in range(self._of.height):
                for named in names_of(group, row):
                    found.setdefault(named.form, row)
        return found

    def ties(self, row: int) -> list[tuple[Kind, str]]:
        """Contacts of a row; an address ties only with a house number in it."""
        found = [
            (c.kind, one)
            for c in self._of.ties
            if c.cells[row] and tells(c.kind, c.cells[row])
            for one in several(c.kind, c.cells[row])
        ]
        for columns in self._of.addresses:
            joined = "".join(column.cells[row] for column in columns)
            if house(joined):
                found.append((Kind.ADDRESS, joined))
        return found

    def idents(self, row: int) -> list[tuple[str, str]]:
        """What tells a person without a name from others, the best first."""
        return [(str(c.kind), c.cells[row]) for c in self._of.idents if tells(c.kind, c.cells[row])]

    def records(self) -> Iterator[Record]:
        """The rows as the count of persons needs them, then the staff."""
        yield from map(self._record, range(self._of.height))
        for name in self.staff():
            forms = hashes([("name", name)])
            yield Record(forms, tuple(hash(("staff", form)) for form in forms))

    def _record(self, row: int) -> Record:
        named = self.names(row)
        return Record(
            names=hashes(("name", one.form) for one in named),
            ties=hashes((str(kind), tie_form(kind, value)) for kind, value in self.ties(row)),
            idents=hashes(self.idents(row)),
            readings=aligned("reading", [one.reading for one in named]),
            families=aligned("name", [one.family for one in named]),
            spelt=hashes(("name", one.form) for one in named if one.reading and spelt(one.form)),
            unsure=row in self._of.unsure,
        )

    def people(self, path: PartPath, digester: Digester, key: bytes) -> Iterator[Person]:
        """The persons of a small table one by one."""
        for row in range(self._of.height):
            tied = contacts(digester, self.ties(row))
            forms = [one.form for one in self.names(row)]
            for name in forms or ([""] if tied or self.idents(row) else []):
                names = name_digests(digester, name) if name else ()
                yield Person(path, block(row), names, tied, self._emails(row, digester), identified=True, key=key)

        for name, row in self.staff().items():
            yield Person(path, block(row), name_digests(digester, name), identified=True, key=key)

    def _emails(self, row: int, digester: Digester) -> tuple[bytes, ...]:
        found = [value for kind, value in self.ties(row) if kind is Kind.EMAIL and not shared_mailbox(value)]
        return tuple(map(digester.email, found))


def block(row: int) -> str:
    """How findings and persons name a row."""
    return f"行 {row + 1}"
