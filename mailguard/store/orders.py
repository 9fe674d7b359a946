"""What can be asked for that needs a second person's consent, as it is kept until then. Passwords are argon2 hashes."""

from typing import Self

import msgspec

from mailguard.model import Source, SourceMode


class Fact(msgspec.Struct, frozen=True):
    """One value before and after; `name` is stable, addresses are masked."""

    name: str
    before: str
    after: str


class _Order(msgspec.Struct, frozen=True, tag_field="kind"):
    @property
    def kind(self) -> str:
        """Its stable name."""
        return str(self.__struct_config__.tag)


class AddPerson(_Order, frozen=True, tag="person.add"):
    """Somebody new, with the id that the person will have."""

    id: str
    login: str
    name: str
    email: str
    role: str
    organisation: str
    language: str
    secret: str | None


class EnablePerson(_Order, frozen=True, tag="person.enable"):
    """Undo `person.disable`."""

    person_id: str


class DisablePerson(_Order, frozen=True, tag="person.disable"):
    """Nobody logs in or decides as this person any more."""

    person_id: str


class SetRole(_Order, frozen=True, tag="person.role"):
    """Another role."""

    person_id: str
    role: str


class GivePassword(_Order, frozen=True, tag="person.password"):
    """A password that somebody else made, for who cannot log in: good for choosing another one."""

    person_id: str
    secret: str


class SetOrganisation(_Order, frozen=True, tag="person.organisation"):
    """Another organisation; "" is the own company."""

    person_id: str
    organisation: str


class AddDeputy(_Order, frozen=True, tag="deputy.add"):
    """Who decides for whom, on which days in Japan."""

    absent_id: str
    deputy_id: str
    first_day: str
    last_day: str


class EndDeputy(_Order, frozen=True, tag="deputy.end"):
    """Call a deputy off."""

    deputy: str


class _SourceOrder(_Order, frozen=True):
    id: str
    title: str
    operators: tuple[str, ...]
    mode: SourceMode
    organisation: str
    logins: tuple[str, ...]
    networks: tuple[str, ...]
    from_domains: tuple[str, ...]

    @classmethod
    def of(cls, source: Source) -> Self:
        """The order that makes a source as this one is."""
        return cls(
            source.id, source.title, tuple(source.operators), source.mode,
            source.organisation, tuple(source.logins), tuple(source.networks), tuple(source.from_domains),
        )  # fmt: skip

    @property
    def source(self) -> Source:
        """The source it makes."""
        return Source(
            self.id, self.title, self.operators, self.mode,
            self.organisation, self.logins, self.networks, self.from_domains,
        )  # fmt: skip


class AddSource(_SourceOrder, frozen=True, tag="source.add"):
    """A new source."""


class ChangeSource(_SourceOrder, frozen=True, tag="source.change"):
    """A source as it shall be."""


class RemoveSource(_Order, frozen=True, tag="source.remove"):
    """A source that is to recognise nothing any more."""

    source_id: str


class RemoveStopEntry(_Order, frozen=True, tag="stop_list.remove"):
    """An entry that is to go off the stop list."""

    entry_id: str


class LoseStopEntries(_Order, frozen=True, tag="stop_list.lose"):
    """Entries that a file of the stop list has no more, and that stay until then. file: key of its path; digest: of what is kept."""

    file: str
    digest: str


class TakeSettings(_Order, frozen=True, tag="settings.take"):
    """Policy, monitoring, own contacts and retention; see settings.py of the store."""

    content: str


Order = (
    AddPerson
    | EnablePerson
    | DisablePerson
    | SetRole
    | SetOrganisation
    | GivePassword
    | AddDeputy
    | EndDeputy
    | AddSource
    | ChangeSource
    | RemoveSource
    | RemoveStopEntry
    | LoseStopEntries
    | TakeSettings
)
