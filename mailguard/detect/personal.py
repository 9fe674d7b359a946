"""Which columns of a table tell persons from each other: names, what ties a household, what identifies.

In: a Layout. Out: its columns sorted by that; what is an organisation's or its staff's is left out.
"""

from dataclasses import dataclass

from mailguard.detect.layout import Column, Layout
from mailguard.detect.name_again import once
from mailguard.detect.name_groups import NameGroup, by_role, name_groups, staff_apart
from mailguard.model import Kind

_IDENTS = (Kind.MEMBER_NUMBER, Kind.EMPLOYEE_NUMBER, Kind.EMAIL, Kind.PHONE)


@dataclass(frozen=True, slots=True)
class Personal:
    """height: data rows; addresses: columns of one address together; idents: the best first; unsure: rows that may be about nobody."""

    height: int
    groups: list[NameGroup]
    staff: list[NameGroup]
    ties: list[Column]
    addresses: list[list[Column]]
    idents: list[Column]
    unsure: frozenset[int]

    @classmethod
    def of(cls, layout: Layout) -> "Personal":
        """Sort the columns."""
        columns = layout.columns
        own, staff = staff_apart(once(name_groups(columns)), organisations=layout.beside_organisations)
        personal = [column for column in columns if not column.organisation and not column.staff]
        if layout.organisations:
            personal = []
        return cls(
            height=len(columns[0].cells),
            groups=own,
            staff=staff,
            ties=[column for column in personal if column.kind in {Kind.EMAIL, Kind.PHONE}],
            addresses=by_role([column for column in personal if column.kind is Kind.ADDRESS]),
            idents=[column for kind in _IDENTS for column in personal if column.kind is kind],
            unsure=layout.unsure,
        )
