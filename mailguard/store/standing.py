"""Who stands where towards a hold: operators, people who took part in sending, and so who may decide.

In: a transaction, a hold, and perhaps one more message of it. Out: `Sending` of lifecycle.py, which judges. Compares
digests, never addresses.
"""

from collections.abc import Collection, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, replace
from typing import Any

from sqlalchemy import Connection, bindparam, func, insert, or_, select

from mailguard import lifecycle
from mailguard.lifecycle import Candidate, Choice, Sending
from mailguard.model import Envelope
from mailguard.routes import Needs
from mailguard.store import routing, standins
from mailguard.store.context import Context
from mailguard.store.people import approvers, candidate, organisation, selves
from mailguard.store.schema import claimed, decisions, operators, participants, past_operators, people, sources
from mailguard.store.statement import Lookup

_KNOWN = Lookup(
    lambda keys: select(participants.c.role, participants.c.key).where(
        participants.c.hold_id == bindparam("hold"), participants.c.key.in_(keys)
    )
)

LACKING = frozenset({"not_approver", "other_organisation"})
"""What somebody lacks who may decide as the deputy of one who has it; whoever took part in sending never may."""

Marks = AbstractSet[tuple[str, bytes]]
"""(role, digest) of who took part in sending, as `participants` keeps them."""


@dataclass(frozen=True, slots=True)
class Sender:
    """Who sends one message: envelope, digests of From and Sender, and what its source says."""

    envelope: Envelope
    authors: tuple[bytes, ...]
    operators: tuple[str, ...] = ()
    declared: bool = True

    def marks(self, context: Context) -> Marks:
        """Who took part in sending this message."""
        envelope = self.envelope
        marks = {("author", author) for author in self.authors}
        marks.add(("author", context.mail_key(envelope.mail_from)))
        if envelope.login:
            marks.add(("login", context.login_key(envelope.login)))
            # A login may be the mail address of its owner.
            marks.add(("author", context.mail_key(envelope.login)))
        return frozenset((role, key) for role, key in marks if key)


def staffed(tx: Connection, source_id: str) -> bool:
    """Whether a source is known, with operators."""
    return tx.execute(select(operators).where(operators.c.source_id == source_id).limit(1)).first() is not None


def operates(tx: Connection, source_id: str, person_id: str) -> bool:
    """Whether a person is one of the operators of a declared source."""
    mine = (operators.c.source_id == source_id, operators.c.person_id == person_id)
    return tx.execute(select(operators).where(*mine)).first() is not None


def crew(tx: Connection, hold: Any) -> Sequence[Any]:
    """Rows of the people who operate the source of a hold, or a source that its mail claims to come from."""
    of_source = select(operators.c.person_id).where(operators.c.source_id == hold.source_id)
    of_claims = select(claimed.c.person_id).where(claimed.c.hold_id == hold.id)
    query = select(people).where(or_(people.c.id.in_(of_source), people.c.id.in_(of_claims)))
    return tx.execute(query.order_by(people.c.added_at)).all()


def crews(tx: Connection, rows: Sequence[Any]) -> dict[str, list[Any]]:
    """`crew` of many holds, by their ids."""
    sources_, ids = {row.source_id for row in rows}, [row.id for row in rows]
    staff: dict[str, set[str]] = {}
    for table, key, wanted in ((operators, operators.c.source_id, sources_), (claimed, claimed.c.hold_id, ids)):
        for owner, person in tx.execute(select(key, table.c.person_id).where(key.in_(wanted))):
            staff.setdefault(owner, set()).add(person)
    everybody = set().union(*staff.values())
    folk = tx.execute(select(people).where(people.c.id.in_(everybody)).order_by(people.c.added_at)).all()
    of = {row.id: staff.get(row.source_id, set()) | staff.get(row.id, set()) for row in rows}
    return {hold_id: [person for person in folk if person.id in mine] for hold_id, mine in of.items()}


def sent_by(tx: Connection, rows: Sequence[Any], staff: Mapping[str, Sequence[Any]]) -> dict[str, Sending]:
    """`sending` of many holds by their ids, without any person's part in it. staff: their crews."""
    query = select(sources.c.id, sources.c.organisation_key).where(sources.c.id.in_({row.source_id for row in rows}))
    owners = {row.id: row.organisation_key or b"" for row in tx.execute(query)}
    return {row.id: _sending(row, staff[row.id], owners.get(row.source_id, b"")) for row in rows}


def _before(tx: Connection, hold: Any) -> frozenset[str]:
    """Who operated the source of a hold while its mail came, and does not any more."""
    mine = (past_operators.c.source_id == hold.source_id, past_operators.c.last_hold >= hold.serial)
    return frozenset(tx.execute(select(past_operators.c.person_id).where(*mine)).scalars())


def sending(tx: Connection, hold: Any, persons: Collection[Any]) -> Sending:
    """What of the sending concerns `persons` (rows of people): a mailing of thousands has thousands of authors."""
    keys = [row.login_key for row in persons] + [row.mail_key for row in persons if row.mail_key]
    found = set(_KNOWN.rows(tx, keys, hold=hold.id))
    facts = _sending(hold, crew(tx, hold), _owner(tx, hold), found)
    return replace(facts, operators=selves(tx, {*facts.operators, *_before(tx, hold)}))


def _sending(hold: Any, staff: Sequence[Any], owner: bytes, found: Marks = frozenset()) -> Sending:
    return Sending(
        operators=frozenset(row.id for row in staff),
        logins=frozenset(key.hex() for role, key in found if role == "login"),
        authors=frozenset(key for role, key in found if role == "author"),
        declared=hold.declared and bool(staff),
        organisation=owner,
    )


@dataclass(frozen=True, slots=True)
class Right:
    """Whether a person may decide: `code` says why not. voice: as whom, the person or the deputy of somebody absent."""

    code: str | None
    voice: Candidate
    facts: Sending


def right(tx: Connection, hold: Any, person: Any, day: str) -> Right:
    """Of a person (a row of people), on a day in Japan: the own right first, then as a deputy."""
    away = standins.absent(tx, person.id, day)
    facts, own = sending(tx, hold, [person, *away]), candidate(person)
    code = lifecycle.refusal(own, facts)
    if code in LACKING:
        lent = (replace(own, absent=candidate(row)) for row in away)
        if voice := next((voice for voice in lent if lifecycle.refusal(voice, facts) is None), None):
            return Right(None, voice, facts)
    return Right(code, own, facts)


@dataclass(frozen=True, slots=True)
class Voice:
    """A decision that still counts. row: of the person who made it; lent: of whose role and organisation count in it."""

    row: Any
    candidate: Candidate
    lent: Any

    @property
    def authority(self) -> str:
        """Whose right was used."""
        return self.candidate.authority


def voices(tx: Connection, hold: Any, spoken: Sequence[Any]) -> tuple[list[Voice], Sending]:
    """Of decisions with their people, the oldest first, those that still count: no authority twice, nobody twice.

    Who has the e-mail address of another is not another. Also what the sending of the hold says of them. Rows of `people`
    with `acting_for` of their decision.
    """
    keys = {row.acting_for for row in spoken if row.acting_for}
    away = {row.id: row for row in tx.execute(select(people).where(people.c.id.in_(keys)))} if keys else {}
    facts = sending(tx, hold, [*spoken, *away.values()])
    used: dict[str | bytes, str] = {}  # id or address of whose right it was → who used it
    heard: dict[str | bytes, str] = {}  # address of who spoke → who that was
    rights: dict[str, str] = {}  # who spoke → whose right that was
    found = []
    for row in spoken:
        lent, own = away.get(row.acting_for, row), candidate(row)
        voice = Voice(row, own if lent is row else replace(own, absent=candidate(lent)), lent)
        right, own_mail = [key for key in (lent.id, lent.mail_key) if key], row.mail_key or row.id
        before = {*[used.get(key, row.id) for key in right], heard.get(own_mail, row.id)}
        alone = before == {row.id} and rights.get(row.id, voice.authority) == voice.authority
        if alone and lifecycle.refusal(voice.candidate, facts) is None:
            used |= dict.fromkeys(right, row.id)
            heard[own_mail], rights[row.id] = row.id, voice.authority
            found.append(voice)
    return found, facts


@dataclass(frozen=True, slots=True)
class Vouchers:
    """Those who approved a hold, with what its sending says of them: read once, asked for many messages.

    organisations: theirs, by id; needs: what its routes ask for up to its cap.
    """

    approved: tuple[Candidate, ...]
    facts: Sending
    needed: int
    organisations: Mapping[str, str]
    needs: Needs

    def vouch(self, marks: Marks, staff: Collection[str], *, declared: bool) -> bool:
        """Whether enough of them are second persons for one more message with these marks, whoever sends it.

        Without this somebody could approve a mailing of others and then send the same file himself.
        """
        known = self.facts
        facts = Sending(
            operators={*known.operators, *staff},
            logins={*known.logins, *(key.hex() for role, key in marks if role == "login")},
            authors={*known.authors, *(key for role, key in marks if role == "author")},
            declared=known.declared and declared,
            organisation=known.organisation,
        )
        able = {person.id for person in self.approved if lifecycle.refusal(person, facts) is None}
        least = max(self.needed, lifecycle.approvals_needed(facts))
        return not self.needs.missing([self.organisations[key] for key in sorted(able)], least)


def vouchers(context: Context, tx: Connection, hold: Any) -> Vouchers:
    """Who may vouch for later messages of an approved hold."""
    found, facts = voices(tx, hold, _approvals(tx, hold))
    reach = routing.approved_reach(tx, hold)  # hold by hold nobody gets round what the whole mailing needs
    return Vouchers(
        tuple(voice.candidate for voice in found),
        facts,
        hold.approvals_needed,
        {voice.row.id: organisation(context, voice.lent) for voice in found},
        routing.kept(context, hold).needs.at(reach.recipients, reach.persons),
    )


def agreed(tx: Connection, hold: Any, choice: Choice = Choice.APPROVE) -> list[Voice]:
    """Who made this choice at the hold's revision and may still decide; their rows have the `cap` of each, and whose pool it is.

    Who gave two caps is there twice, the last one last.
    """
    query = (
        select(decisions.c.cap, decisions.c.acting_for, decisions.c.together, people)
        .join(people, people.c.id == decisions.c.person_id)
        .where(
            decisions.c.hold_id == hold.id, decisions.c.revision == hold.revision, decisions.c.choice == choice.value
        )
        .order_by(decisions.c.serial)
    )
    return voices(tx, hold, tx.execute(query).all())[0]


def deciders(tx: Connection, hold: Any, day: str) -> list[Any]:
    """Rows of everybody who may approve this hold on a day in Japan, deputies last."""
    rows = approvers(tx)
    facts = sending(tx, hold, rows)
    able = [row for row in rows if lifecycle.refusal(candidate(row), facts) is None]
    known = {row.id for row in able}
    duty = (row for row in standins.on_duty(tx, day) if row.id not in known)
    return able + [row for row in duty if right(tx, hold, row, day).code is None]


def watchers(tx: Connection, hold: Any, day: str) -> list[Any]:
    """Rows of the approvers who see this hold, and of those who decide it as deputies."""
    seeing = [row for row in approvers(tx) if row.organisation_key in {b"", _owner(tx, hold)}]
    known = {row.id for row in seeing}
    return seeing + [row for row in deciders(tx, hold, day) if row.id not in known]


def _owner(tx: Connection, hold: Any) -> bytes:
    query = select(sources.c.organisation_key).where(sources.c.id == hold.source_id)
    return tx.execute(query).scalar_one_or_none() or b""


def remember(tx: Connection, hold_id: str, marks: Marks, staff: Collection[str]) -> None:
    """Note who sent messages of a hold, and the operators of the sources that its mail only claims to come from."""
    wanted = sorted(marks)
    known = set(_KNOWN.rows(tx, [key for _, key in wanted], hold=hold_id))
    fresh = [{"hold_id": hold_id, "role": role, "key": key} for role, key in wanted if (role, key) not in known]
    if fresh:
        tx.execute(insert(participants), fresh)
    if staff:
        _remember_claims(tx, hold_id, staff)


def _remember_claims(tx: Connection, hold_id: str, staff: Collection[str]) -> None:
    known = set(tx.execute(select(claimed.c.person_id).where(claimed.c.hold_id == hold_id)).scalars())
    fresh = [{"hold_id": hold_id, "person_id": person} for person in sorted(set(staff) - known)]
    if fresh:
        tx.execute(insert(claimed), fresh)


def _approvals(tx: Connection, hold: Any) -> Sequence[Any]:
    """Rows of the people whose approvals made a hold approved, with `acting_for`."""
    approvals = (decisions.c.hold_id == hold.id, decisions.c.choice == Choice.APPROVE.value)
    # Nothing is approved twice: the newest approvals are those of the revision that became approved.
    last = select(func.max(decisions.c.revision)).where(*approvals).scalar_subquery()
    query = (
        select(people, decisions.c.acting_for)
        .join(decisions, decisions.c.person_id == people.c.id)
        .where(*approvals, decisions.c.revision == last)
        .order_by(decisions.c.serial)
    )
    return tx.execute(query).all()
