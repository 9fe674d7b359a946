"""The stop list by the JSON API: what stands on it, adding, removing, and who was not sent to.

In: addresses in bodies, never in a URL. Out: masks and counts. Who may change it is the store's to say.
"""

from typing import Annotated, Any

from fastapi import APIRouter
from pydantic import Field
from starlette.requests import Request

from mailguard.store.orders import RemoveStopEntry
from mailguard.store.stop_list import StopEntry
from mailguard.web import show
from mailguard.web.entrance import Entrance, Strict
from mailguard.web.site import Site

Json = dict[str, Any]
Name = Annotated[str, Field(max_length=320)]
Names = Annotated[list[Name], Field(max_length=100)]


class EntryBody(Strict):
    """Body of a new entry: an address or a domain; "!name" leaves a source or From domain out."""

    address: Name = ""
    domain: Name = ""
    sources: Names = Field(default_factory=list)
    from_domains: Names = Field(default_factory=list)
    reason: str = Field("", max_length=1000)


class AddressBody(Strict):
    """Body of a question about one address."""

    address: Name


class StopListApi(Entrance):
    """Routes under /api/stop-list."""

    def __init__(self, site: Site) -> None:
        super().__init__(site)
        self.router = APIRouter(prefix="/api/stop-list")
        add = self.router.add_api_route
        add("", self.overview, methods=["GET"])
        add("", self.add, methods=["POST"])
        add("/spared", self.spared, methods=["POST"])
        add("/{entry_id}", self.remove, methods=["DELETE"])

    def overview(self, request: Request) -> Json:
        """Entries that people added, files that were read, and recipients not sent to of the last days."""
        session, _ = self._session(request)
        store, viewer = self._site.store, session.person.id
        return {
            "entries": [_entry(entry) for entry in store.stop_list.entries(viewer)],
            "files": [
                {"path": file.path, "entries": file.entries, "kept": file.kept, "read_at": show.iso(file.read_at)}
                for file in store.stop_list.files(viewer)
            ],
            "days": [
                {"day": day.day, "source": day.source_id, "recipients": day.recipients, "messages": day.messages}
                for day in store.suppressions.days(viewer=viewer)
            ],
        }

    def add(self, request: Request, body: EntryBody) -> Json:
        """Add an entry; answers with it."""
        session, _ = self._changing(request)
        entry = self._site.store.stop_list.add(
            session.person.id,
            address=body.address.strip(),
            domain=body.domain.strip(),
            sources=body.sources,
            from_domains=body.from_domains,
            reason=body.reason,
        )
        return _entry(entry)

    def remove(self, request: Request, entry_id: str) -> Json:
        """Take an entry off, as soon as somebody else consents. Those of files are taken off there."""
        session, _ = self._changing(request)
        change = self._site.store.changes.submit(session.person.id, RemoveStopEntry(entry_id))
        return {"change": change.id if change else None}

    def spared(self, request: Request, body: AddressBody) -> Json:
        """Which messages an address was spared: the answer to "why did I not get it?"."""
        session, _ = self._changing(request)
        found = self._site.store.suppressions.of(body.address, session.person.id)
        return {"messages": [{"id": key, "stage": stage, "at": show.iso(at)} for key, stage, at in found]}


def _entry(entry: StopEntry) -> Json:
    return {
        "id": entry.id,
        "shown": entry.shown,
        **entry.scope.plain(),
        "reason": entry.reason,
        "added_by": entry.added_by,
        "added_at": show.iso(entry.added_at),
    }
