"""Who sees which holds: hidden ones are, for that person, not there.

In: a transaction, a person, the day. Out: conditions on holds and on source ids. An operator sees the mail of the sources he
operates and mail that claims to be theirs; others of the own company see everything, those of an organisation what its
sources send; a deputy also what the absent approver sees.
"""

from typing import Any

from sqlalchemy import ColumnElement, Connection, false, or_, select, true, update

from mailguard.errors import NotFoundError
from mailguard.store import standins
from mailguard.store.context import Context
from mailguard.store.schema import claimed, holds, operators, people, sources

OPERATOR = "operator"
NO_HOLD = "No such hold. `mailguard hold list` shows what there is."


class HiddenError(NotFoundError):
    """There is such a hold, and this person is not to know."""


def seen_by(tx: Connection, person: Any, day: str) -> ColumnElement[bool]:
    """A condition on `holds`: those that a person (a row of people) sees."""
    names_him = select(claimed.c.hold_id).where(claimed.c.person_id == person.id)
    return or_(of_sources(tx, person, day, holds.c.source_id), holds.c.id.in_(names_him))


def of_sources(tx: Connection, person: Any, day: str, source_id: ColumnElement[str]) -> ColumnElement[bool]:
    """A condition on a column of source ids: those whose mail a person sees."""
    operated = select(operators.c.source_id).where(operators.c.person_id == person.id)
    eyes = [row for row in standins.absent(tx, person.id, day) if row.enabled and row.role == "approver"]
    ranges = [_range(row, source_id) for row in (person, *eyes) if row.role != OPERATOR]
    return or_(source_id.in_(operated), *ranges)


def sources_seen(
    context: Context, tx: Connection, viewer_id: str | None, source_id: ColumnElement[str]
) -> ColumnElement[bool]:
    """`of_sources` for the id of a person today; None sees everything (the service, the command line)."""
    return true() if viewer_id is None else of_sources(tx, viewer(tx, viewer_id), context.today(), source_id)


def source_ids_seen(context: Context, tx: Connection, viewer_id: str | None) -> frozenset[str] | None:
    """The declared sources that a person sees; None sees all there are, those without a name too."""
    if viewer_id is None:
        return None
    seen = sources_seen(context, tx, viewer_id, sources.c.id)
    return frozenset(tx.execute(select(sources.c.id).where(seen)).scalars())


def holds_seen(context: Context, tx: Connection, viewer_id: str | None) -> ColumnElement[bool]:
    """`seen_by` for the id of a person today; None sees everything."""
    return true() if viewer_id is None else seen_by(tx, viewer(tx, viewer_id), context.today())


def check(tx: Connection, hold: Any, person_id: str, day: str) -> None:
    """Raises HiddenError when a person does not see a hold, NotFoundError for nobody."""
    person = viewer(tx, person_id)
    found = tx.execute(select(holds.c.id).where(holds.c.id == hold.id, seen_by(tx, person, day))).first()
    if found is None:
        raise HiddenError(NO_HOLD)


def of_own(tx: Connection, person_id: str, day: str) -> bool:
    """Whether somebody is of the own company, or the deputy of an approver who is."""
    person = viewer(tx, person_id)
    eyes = [row for row in standins.absent(tx, person_id, day) if row.enabled and row.role == "approver"]
    return any(row.organisation_key == b"" for row in (person, *eyes))


def viewer(tx: Connection, person_id: str) -> Any:
    """The row of who looks."""
    row = tx.execute(select(people).where(people.c.id == person_id)).one_or_none()
    if row is None:
        raise NotFoundError("No such person. `mailguard person list` shows everybody.")
    return row


def fill(context: Context) -> None:
    """Give people and sources of an older version the digests of their organisations, which a migration cannot make."""
    unfilled = [(table, table.c.organisation_key.is_(None)) for table in (people, sources)]
    with context.database.read() as tx:
        if not any(tx.execute(select(table.c.id).where(empty).limit(1)).first() for table, empty in unfilled):
            return
    with context.database.write(announced=True) as tx:
        for table, empty in unfilled:
            place = "person" if table is people else "source"
            for row in tx.execute(select(table).where(empty)).all():
                facts = context.vault.open_json(row.sealed, f"{place}:{row.id}", dict[str, Any])
                key = context.organisation_key(str(facts.get("organisation", "")))
                tx.execute(update(table).where(table.c.id == row.id).values(organisation_key=key))


def _range(person: Any, source_id: ColumnElement[str]) -> ColumnElement[bool]:
    if person.organisation_key == b"":
        return true()
    if person.organisation_key is None:  # not known yet: sees nothing
        return false()
    own = select(sources.c.id).where(sources.c.organisation_key == person.organisation_key)
    return source_id.in_(own)
