"""The page as one ASGI application.

In: the store, the settings of the page, a clock. Out: a FastAPI application with its guard around it. It holds no state
of its own: two of them on one store are the same page.
"""

from collections.abc import Callable
from pathlib import Path

from fastapi import FastAPI
from starlette.requests import Request
from starlette.responses import RedirectResponse
from starlette.staticfiles import StaticFiles

from mailguard import config as settings
from mailguard.policy import Policy
from mailguard.store import Store
from mailguard.web.api import Api
from mailguard.web.campaigns import CampaignPages
from mailguard.web.campaigns_api import CampaignApi
from mailguard.web.changes import ChangePages
from mailguard.web.changes_api import ChangesApi
from mailguard.web.contacts import ContactApi, ContactPages
from mailguard.web.deputies import DeputyPages
from mailguard.web.guard import Guard
from mailguard.web.holds import HoldPages
from mailguard.web.login import LoginPages
from mailguard.web.monitored import MonitoredPages
from mailguard.web.parts import Opens, PartApi, PartPages
from mailguard.web.password import PasswordPages
from mailguard.web.people import PeoplePages
from mailguard.web.report import ReportPages
from mailguard.web.requests import RequestApi, RequestPages
from mailguard.web.site import Clock, build
from mailguard.web.sources import SourcePages
from mailguard.web.stop_list import StopListApi
from mailguard.web.stops import StopPages
from mailguard.web.stops_api import StopApi
from mailguard.web.switch import SwitchPages
from mailguard.web.trouble import Trouble


def create_app(
    store: Store,
    *,
    config: settings.Web,
    clock: Clock,
    release: settings.Release | None = None,
    policy: Callable[[], Policy] | None = None,
    reporting: settings.ReportSection | None = None,
    opener: Opens | None = None,
) -> FastAPI:
    """Everything people and programs see on the page's port. No API browser: its scripts come from elsewhere.

    `release` (hours and rate) and `policy` (that in force, asked each time) are only told about. `reporting`: who is told
    of a leak. `opener`: shows what is in a part, without it nobody is.
    """
    site = build(store, config, clock, release or settings.Release(), policy, reporting)
    trouble = Trouble(site)
    app = FastAPI(title="mailguard", openapi_url=None, docs_url=None, redoc_url=None)
    app.include_router(LoginPages(site).router)
    app.include_router(PasswordPages(site).router)
    app.include_router(ReportPages(site).router)
    app.include_router(HoldPages(site).router)
    app.include_router(CampaignPages(site).router)
    app.include_router(SwitchPages(site).router)
    app.include_router(ContactPages(site).router)
    app.include_router(MonitoredPages(site).router)
    app.include_router(StopPages(site).router)
    app.include_router(PartPages(site, opener).router)
    app.include_router(PartApi(site, opener).router)
    app.include_router(Api(site).router)
    app.include_router(CampaignApi(site).router)
    app.include_router(ContactApi(site).router)
    app.include_router(StopListApi(site).router)
    app.include_router(StopApi(site).router)
    app.include_router(RequestPages(site).router)
    app.include_router(RequestApi(site).router)
    app.include_router(ChangePages(site).router)
    app.include_router(DeputyPages(site).router)
    app.include_router(PeoplePages(site).router)
    app.include_router(SourcePages(site).router)
    app.include_router(ChangesApi(site).router)
    app.mount("/static", StaticFiles(directory=Path(__file__).parent / "static"), name="static")
    app.add_api_route("/", _home, methods=["GET"], response_model=None)
    trouble.install(app)
    app.add_middleware(Guard, refuse=trouble.answer, https=site.https)
    return app


def _home(request: Request) -> RedirectResponse:
    del request
    return RedirectResponse("/holds", 303)
