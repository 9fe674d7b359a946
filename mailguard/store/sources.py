"""Sending systems: declared with their operators, recognised by login or network. Never changed by a mail.

A From header proves nothing: whoever it names is kept from approving, and the mail counts as undeclared.
"""

import ipaddress
import urllib.parse
from collections.abc import Collection, Sequence
from typing import Any

import msgspec
from sqlalchemy import Connection, insert, select

from mailguard.errors import ConflictError, RefusedError
from mailguard.model import Source, SourceMode
from mailguard.normal import domain as normal_domain
from mailguard.store.audit import Audit
from mailguard.store.context import Context
from mailguard.store.schema import operators, people, sources

UNDECLARED = Source(id="", title="未登録の送信システム", declared=False)
CLAIM = "from:"  # begins the id of what only claims to be a source: never under an approval of the source itself
TITLE = 200  # characters of a title that the table takes


class _Signs(msgspec.Struct, frozen=True):
    organisation: str
    logins: tuple[str, ...]
    networks: tuple[str, ...]
    from_domains: tuple[str, ...]


class Sources:
    """The sources of one database."""

    def __init__(self, context: Context, audit: Audit) -> None:
        self._context = context
        self._audit = audit

    def add(self, source: Source, actor: str) -> None:
        """Declare a source. Its id, logins and networks belong to it alone; its operators must be known."""
        _check(source)
        signs = msgspec.json.encode(_Signs(source.organisation, source.logins, source.networks, source.from_domains))
        row = {
            "id": source.id, "title": source.title, "mode": source.mode.value,
            "sealed": self._context.vault.seal(signs, f"source:{source.id}"),
        }  # fmt: skip
        with self._context.database.write() as tx:
            if any(clash(source, other) for other in self._read(tx)):
                raise ConflictError("Another source has this id, login or network. Each belongs to one source.")
            found = set(tx.execute(select(people.c.id).where(people.c.id.in_(source.operators))).scalars())
            if set(source.operators) - found:
                raise RefusedError("unknown_person", "An operator is not known. Add the person first.")
            tx.execute(insert(sources), row)
            pairs = [{"source_id": source.id, "person_id": person} for person in dict.fromkeys(source.operators)]
            if pairs:
                tx.execute(insert(operators), pairs)
            self._audit.append(tx, actor, "source.added", source.id, operators=sorted(found), mode=source.mode.value)

    def all(self) -> list[Source]:
        """Every declared source, the first added first."""
        with self._context.database.read() as tx:
            return self._read(tx)

    def match(self, *, login: str | None, client: str, from_domains: Collection[str]) -> Source:
        """The source of a mail: by SMTP login, else by client network (the narrowest).

        Else undeclared, with the operators of every source that a From domain names.
        """
        return recognise(self.all(), login, client, from_domains)

    def _read(self, tx: Connection) -> list[Source]:
        crew: dict[str, list[str]] = {}
        for pair in tx.execute(select(operators).order_by(operators.c.person_id)):
            crew.setdefault(pair.source_id, []).append(pair.person_id)
        rows = tx.execute(select(sources).order_by(sources.c.serial)).all()
        return [self._source(row, tuple(crew.get(row.id, ()))) for row in rows]

    def _source(self, row: Any, crew: tuple[str, ...]) -> Source:
        signs = self._context.vault.open_json(row.sealed, f"source:{row.id}", _Signs)
        return Source(
            row.id, row.title, crew, SourceMode(row.mode),
            signs.organisation, signs.logins, signs.networks, signs.from_domains,
        )  # fmt: skip


def recognise(known: Sequence[Source], login: str | None, client: str, from_domains: Collection[str]) -> Source:
    """Pure: which of `known` sent a mail, or UNDECLARED."""
    return _by_login(known, login) or _by_network(known, client) or _by_domain(known, from_domains)


def clash(one: Source, other: Source) -> bool:
    """Whether two sources could not be told apart."""
    logins = {login.casefold() for login in other.logins}
    return (
        one.id == other.id
        or any(login.casefold() in logins for login in one.logins)
        or bool(set(map(ipaddress.ip_network, one.networks)) & set(map(ipaddress.ip_network, other.networks)))
    )


def _check(source: Source) -> None:
    if not source.id.strip() or not source.title.strip():
        raise RefusedError("bad_source", "A source needs an id and a title.")
    if source.id.startswith(CLAIM):
        raise RefusedError("bad_source", f"The id of a source cannot begin with {CLAIM}. Choose another one.")
    for network in source.networks:
        try:
            ipaddress.ip_network(network)
        except ValueError:
            raise RefusedError("bad_network", 'A network is written as in "10.0.0.0/8".') from None


def _by_login(known: Sequence[Source], login: str | None) -> Source | None:
    if not login:
        return None
    return next((source for source in known if login.casefold() in {name.casefold() for name in source.logins}), None)


def _by_network(known: Sequence[Source], client: str) -> Source | None:
    try:
        address = ipaddress.ip_address(client)
    except ValueError:
        return None
    if isinstance(address, ipaddress.IPv6Address) and address.ipv4_mapped:
        address = address.ipv4_mapped
    best: tuple[int, Source] | None = None
    for source in known:
        for network in map(ipaddress.ip_network, source.networks):
            if address in network and (best is None or network.prefixlen > best[0]):
                best = network.prefixlen, source
    return best[1] if best else None


def _by_domain(known: Sequence[Source], from_domains: Collection[str]) -> Source:
    seen = {normal_domain(name) for name in from_domains}
    named = [source for source in known if seen & {normal_domain(name) for name in source.from_domains}]
    if not named:
        return UNDECLARED
    names = sorted(urllib.parse.quote(source.id, safe="") for source in named)
    title = f"{UNDECLARED.title}（From: {'、'.join(source.title for source in named)}）"
    return Source(
        CLAIM + "+".join(names),
        title[:TITLE],
        tuple(dict.fromkeys(person for source in named for person in source.operators)),
        _strictest([source.mode for source in named]),
        declared=False,
    )


def _strictest(modes: Collection[SourceMode]) -> SourceMode:
    """Of several sources; a claim alone never makes it laxer than the default."""
    for mode in (SourceMode.EVERY_MAILING, SourceMode.NO_ATTACHMENTS):
        if mode in modes:
            return mode
    return SourceMode.FINDINGS
