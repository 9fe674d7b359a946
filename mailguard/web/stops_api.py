"""Emergency stops by the JSON API: what is stopped, stop, ask to go on, agree; and let one hold through.

In: JSON bodies. Out: stops with names and reasons. Who may do what is the store's to say.
"""

from typing import Annotated, Any, Literal

from fastapi import APIRouter, Query
from pydantic import Field
from starlette.requests import Request
from starlette.responses import Response

from mailguard.reachlist import FORMATS
from mailguard.store.reach import About, Reach
from mailguard.store.stops import Stop
from mailguard.web import show, stops
from mailguard.web.entrance import Entrance, Strict
from mailguard.web.site import Site

Json = dict[str, Any]
Id = Annotated[str, Query(max_length=100)]


class StopBody(Strict):
    """Body of a new stop: of everything, of a `source`, or of the mailing of a `hold` (or campaign)."""

    scope: Literal["all", "source", "campaign"]
    source: str = Field("", max_length=100)
    hold: str = Field("", max_length=20)
    reason: str = Field("", max_length=2000)


class EndBody(Strict):
    """Body of one of two steps: `ask` with a reason, `agree` by somebody else."""

    action: Literal["ask", "agree"]
    reason: str = Field("", max_length=2000)


class ReachBody(Strict):
    """Body of a list with addresses in clear: one of hold, source and campaign, and why."""

    hold: str = Field("", max_length=20)
    source: str = Field("", max_length=100)
    campaign: str = Field("", max_length=20)
    reason: str = Field("", max_length=2000)
    form: Literal["csv", "json"] = "json"


class StopApi(Entrance):
    """Routes under /api/stops."""

    def __init__(self, site: Site) -> None:
        super().__init__(site)
        self.router = APIRouter(prefix="/api")
        add = self.router.add_api_route
        add("/stops", self.overview, methods=["GET"])
        add("/stops", self.begin, methods=["POST"])
        add("/stops/{stop_id}/end", self.end, methods=["POST"])
        add("/reach", self.reach, methods=["GET"], response_model=None)
        add("/reach", self.clear, methods=["POST"], response_model=None)
        add("/holds/{hold_id}/let-through", self.let_through, methods=["POST"])

    def overview(self, request: Request) -> Json:
        """Stops, the newest first, those that ended included."""
        session, _ = self._session(request)
        return {"stops": [_stop(stop) for stop in self._site.store.stops.recent(viewer=session.person.id)]}

    def begin(self, request: Request, body: StopBody) -> Json:
        """Stop at once; answers with the stop."""
        session, _ = self._changing(request)
        store, person = self._site.store, session.person.id
        return _stop(stops.begin(store, person, body.scope, body.source, body.hold, body.reason))

    def end(self, request: Request, stop_id: str, body: EndBody) -> Json:
        """Ask to go on, or agree to it; answers with the stop as it is then."""
        session, _ = self._changing(request)
        if body.action == "ask":
            return _stop(self._site.store.stops.ask_end(session.person.id, stop_id, body.reason))
        return _stop(self._site.store.stops.agree_end(session.person.id, stop_id))

    def reach(
        self,
        request: Request,
        hold: Id = "",
        source: Id = "",
        campaign: Id = "",
        form: Literal["csv", "json"] = "json",
    ) -> Response:
        """Who was reached and who was not, of a hold, a source or the mailing of a hold; masked."""
        session, _ = self._session(request)
        about = About((hold,) if hold else (), source, campaign)
        return _file(self._site.store.reach.take(about, session.person.id), form)

    def clear(self, request: Request, body: ReachBody) -> Response:
        """The same with addresses in clear, for a reason."""
        session, _ = self._changing(request)
        about = About((body.hold,) if body.hold else (), body.source, body.campaign)
        return _file(self._site.store.reach.take(about, session.person.id, clear=True, reason=body.reason), body.form)

    def let_through(self, request: Request, hold_id: str, body: EndBody) -> Json:
        """Ask to let an approved hold through all stops over it, or agree to it."""
        session, _ = self._changing(request)
        letting = self._site.store.let_through
        if body.action == "ask":
            letting.ask(hold_id, session.person.id, body.reason)
        else:
            letting.agree(hold_id, session.person.id)
        return {
            "stops": [
                {
                    "stop": one.stop_id,
                    "asked_by": one.asked_name,
                    "agreed_by": one.agreed_name or None,
                    "reason": one.reason,
                }
                for one in letting.of(hold_id)
            ]
        }


def _file(reach: Reach, form: str) -> Response:
    headers = {"Content-Disposition": f'attachment; filename="mailguard-reached.{form}"'}
    return Response(reach.written(form), media_type=FORMATS[form], headers=headers)


def _stop(stop: Stop) -> Json:
    return {
        "id": stop.id,
        "scope": stop.scope.value,
        "source": stop.source_id or None,
        "hold": stop.hold_id or None,
        "reason": stop.reason or None,
        "by": stop.name or None,
        "at": show.iso(stop.at),
        "end_asked_by": stop.asked_name or None,
        "end_asked_at": show.iso(stop.asked_at) if stop.asked_at else None,
        "end_reason": stop.asked or None,
        "ended_by": stop.ended_name or None,
        "ended_at": show.iso(stop.ended_at) if stop.ended_at else None,
    }
